/**
 * The layers that the exporter writes, on TensorFlow.js' kernels: the same set as in Python's
 * `kerasport.runtime.layers`. All pictures come one by one, so every shape begins with 1.
 */

import { engine, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationName, LayerName } from '../constants.generated.js';
import type { Config } from '../model/topology.js';

/** The tensors of one layer by the last part of their name, in the shapes of the file. */
export type Weights = Readonly<Record<string, Tensor>>;

/** Computes a layer's output, a new tensor, from its inputs. */
export type Compute = (inputs: readonly Tensor[]) => Tensor;

/** Takes a tensor over for as long as the model lives. */
export type Keep = (tensor: Tensor) => Tensor;

/** Prepares a layer; `activation` is what the layer computes at its end. */
type Layer = (config: Config, weights: Weights, activation: ActivationName, keep: Keep) => Compute;

/** Runs one kernel of the current backend. */
function kernel(name: string, inputs: object, attributes: object = {}): Tensor {
  return engine().runKernel(
    name,
    inputs as Parameters<ReturnType<typeof engine>['runKernel']>[1],
    attributes as Parameters<ReturnType<typeof engine>['runKernel']>[2],
  ) as Tensor;
}

const unary = (name: string) => (x: Tensor) => kernel(name, { x });
const binary = (name: string) => (a: Tensor, b: Tensor) => kernel(name, { a, b });

const add = binary('Add');
const multiply = binary('Multiply');
const subtract = binary('Sub');
const divide = binary('RealDiv');

function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return kernel('Reshape', { x }, { shape });
}

function reduce(name: 'Max' | 'Mean' | 'Sum', x: Tensor, axis: number[], keepDims = false): Tensor {
  // The kernels name the same thing differently.
  return kernel(name, { x }, { axis, reductionIndices: axis, keepDims });
}

/** A number as a tensor that lives until the end of the answer. */
function scalar(value: number): Tensor {
  return engine().makeTensor(Float32Array.of(value), [], 'float32');
}

/** Numbers, one per channel, or one for all. */
function constant(values: ArrayLike<number>): Tensor {
  const shape = values.length === 1 ? [] : [values.length];
  return engine().makeTensor(Float32Array.from(values), shape, 'float32');
}

function softmax(x: Tensor): Tensor {
  return kernel('Softmax', { logits: x }, { dim: x.rank - 1 });
}

function logSoftmax(x: Tensor): Tensor {
  const axis = [x.rank - 1];
  const shifted = subtract(x, reduce('Max', x, axis, true));
  return subtract(shifted, unary('Log')(reduce('Sum', unary('Exp')(shifted), axis, true)));
}

function gelu(x: Tensor): Tensor {
  const erf = unary('Erf')(multiply(x, scalar(Math.SQRT1_2)));
  return multiply(multiply(x, scalar(0.5)), add(erf, scalar(1)));
}

/** Every activation that the exporter writes, by its name in the file. */
export const ACTIVATIONS: Readonly<Record<ActivationName, (x: Tensor) => Tensor>> = {
  linear: unary('Identity'),
  relu: unary('Relu'),
  relu6: unary('Relu6'),
  elu: unary('Elu'),
  selu: unary('Selu'),
  sigmoid: unary('Sigmoid'),
  softmax,
  logSoftmax,
  gelu,
  mish: (x) => multiply(x, unary('Tanh')(unary('Softplus')(x))),
  softplus: unary('Softplus'),
  softsign: (x) => divide(x, add(unary('Abs')(x), scalar(1))),
  tanh: unary('Tanh'),
  swish: (x) => multiply(x, unary('Sigmoid')(x)),
};

/** Whether a name in a file is that of an activation. */
export function isActivation(name: unknown): name is ActivationName {
  return typeof name === 'string' && Object.hasOwn(ACTIVATIONS, name);
}

/** Activations that every backend's fused kernels compute at no cost. */
export const FUSED: readonly ActivationName[] = ['linear', 'relu', 'relu6', 'elu'];

/** Runs a fused kernel, and behind it the activations that it does not know. */
function fused(activation: ActivationName, run: (known: ActivationName) => Tensor): Tensor {
  if (FUSED.includes(activation)) return run(activation);
  return ACTIVATIONS[activation](run('linear'));
}

const numbers = (value: unknown) => value as number[];

/** Attributes of a sliding window. */
function windowOf(config: Config): object {
  return {
    strides: config.strides,
    pad: config.padding,
    dataFormat: 'NHWC',
    dilations: config.dilation_rate ?? [1, 1],
    dimRoundingMode: undefined,
  };
}

const convolution =
  (name: 'FusedConv2D' | 'FusedDepthwiseConv2D', variable: string): Layer =>
  (config, weights, activation) => {
    const attributes = windowOf(config);
    const filter = weights[variable];
    const { bias } = weights;
    return ([x]) =>
      fused(activation, (known) =>
        kernel(name, { x, filter, ...(bias && { bias }) }, { ...attributes, activation: known }),
      );
  };

/** Matrices, as many as the first side says, each by one of the second tensor. */
const dense: Layer = (_config, weights, activation, keep) => {
  const { bias } = weights;
  const [rows, units] = weights.kernel.shape;
  const b = keep(reshape(weights.kernel, [1, rows, units]));
  return ([x]) => {
    const a = reshape(x, [1, x.size / rows, rows]);
    const attributes = { transposeA: false, transposeB: false };
    const product = fused(activation, (known) =>
      kernel('_FusedMatMul', { a, b, ...(bias && { bias }) }, { ...attributes, activation: known }),
    );
    return reshape(product, [...x.shape.slice(0, -1), units]);
  };
};

const transposed: Layer = (config, weights, activation) => {
  const [strides, sides] = [numbers(config.strides), numbers(config.kernel_size)];
  const isSame = config.padding === 'same';
  const { bias } = weights;
  const side = (length: number, axis: number) =>
    length * strides[axis] + (isSame ? 0 : Math.max(sides[axis] - strides[axis], 0));
  return ([x]) => {
    const [, height, width] = x.shape;
    const full = kernel(
      'Conv2DBackpropInput',
      { dy: x, filter: weights.kernel },
      {
        ...windowOf(config),
        inputShape: [1, side(height, 0), side(width, 1), weights.kernel.shape[2]],
      },
    );
    return ACTIVATIONS[activation](bias ? add(full, bias) : full);
  };
};

const pooling =
  (name: 'MaxPool' | 'AvgPool'): Layer =>
  (config) => {
    const attributes = { ...windowOf(config), filterSize: config.pool_size };
    return ([x]) => kernel(name, { x }, attributes);
  };

const globalPooling =
  (name: 'Max' | 'Mean'): Layer =>
  () =>
  ([x]) =>
    reduce(name, x, [1, 2]);

const batchNormalization: Layer = (config, weights, _activation, keep) => {
  // In double precision, and rounded once.
  const variance = weights.moving_variance.dataSync();
  const mean = weights.moving_mean.dataSync();
  const [gamma, beta] = [weights.gamma?.dataSync(), weights.beta?.dataSync()];
  const epsilon = config.epsilon as number;
  const factors = Float64Array.from(variance, (v, i) => (gamma?.[i] ?? 1) / Math.sqrt(v + epsilon));
  const offsets = factors.map((factor, i) => (beta?.[i] ?? 0) - mean[i] * factor);
  const [factor, offset] = [keep(constant(factors)), keep(constant(offsets))];
  return ([x]) => add(multiply(x, factor), offset);
};

const layerNormalization: Layer = (config, { gamma, beta }, _activation, keep) => {
  const epsilon = keep(constant([config.epsilon as number]));
  return ([x]) => {
    const axis = [x.rank - 1];
    const centered = subtract(x, reduce('Mean', x, axis, true));
    const variance = reduce('Mean', multiply(centered, centered), axis, true);
    const scaled = multiply(centered, unary('Rsqrt')(add(variance, epsilon)));
    const stretched = gamma ? multiply(scaled, gamma) : scaled;
    return beta ? add(stretched, beta) : stretched;
  };
};

const rescaling: Layer = (config, _weights, _activation, keep) => {
  const list = (value: unknown) => keep(constant(Array.isArray(value) ? value : [value as number]));
  const [scale, offset] = [list(config.scale), list(config.offset)];
  return ([x]) => add(multiply(x, scale), offset);
};

const relu: Layer = (config) => {
  const limit = (config.max_value as number | null | undefined) ?? undefined;
  if (limit === undefined) return ([x]) => ACTIVATIONS.relu(x);
  if (limit === 6) return ([x]) => ACTIVATIONS.relu6(x);
  return ([x]) => kernel('ClipByValue', { x }, { clipValueMin: 0, clipValueMax: limit });
};

const zeroPadding: Layer = (config) => {
  const paddings = [[0, 0], ...(config.padding as number[][]), [0, 0]];
  return ([x]) => kernel('PadV2', { x }, { paddings, constantValue: 0 });
};

const cropping: Layer = (config) => {
  const [[top, bottom], [left, right]] = config.cropping as number[][];
  return ([x]) => {
    const [, height, width, channels] = x.shape;
    const size = [1, height - top - bottom, width - left - right, channels];
    return kernel('Slice', { x }, { begin: [0, top, left, 0], size });
  };
};

const upsampling: Layer = (config) => {
  const [rows, columns] = numbers(config.size);
  return ([x]) => {
    const [, height, width] = x.shape;
    const size = [height * rows, width * columns];
    const attributes = { alignCorners: false, halfPixelCenters: false, size };
    return kernel('ResizeNearestNeighbor', { images: x }, attributes);
  };
};

const dot: Layer = (config) => {
  const [first, second] = numbers(config.axes);
  const attributes = { transposeA: first === 1, transposeB: second === 2 };
  return ([a, b]) => kernel('BatchMatMul', { a, b }, attributes);
};

const thresholded: Layer = (config, _weights, _activation, keep) => {
  const theta = keep(constant([config.theta as number]));
  return ([x]) => {
    const above = kernel('Greater', { a: x, b: theta });
    return multiply(x, kernel('Cast', { x: above }, { dtype: 'float32' }));
  };
};

/** One after the other: inputs may have sides of 1 that are broadcast. */
const merged =
  (combine: (a: Tensor, b: Tensor) => Tensor): Layer =>
  () =>
  ([first, ...rest]) =>
    rest.length ? rest.reduce(combine, first) : ACTIVATIONS.linear(first);

/** A layer that computes something: the input is there from the start. */
type ComputedLayer = Exclude<LayerName, 'InputLayer'>;

/** Every layer that the exporter writes. */
export const LAYERS: Readonly<Record<ComputedLayer, Layer>> = {
  Activation:
    (_config, _weights, activation) =>
    ([x]) =>
      ACTIVATIONS[activation](x),
  Add: merged(add),
  Average: () => (inputs) => divide(inputs.reduce(add), scalar(inputs.length)),
  AveragePooling2D: pooling('AvgPool'),
  BatchNormalization: batchNormalization,
  Concatenate: (config) => (inputs) => {
    const axis = config.axis as number;
    const attributes = { axis: axis < 0 ? axis + inputs[0].rank : axis };
    return kernel('Concat', [...inputs], attributes);
  },
  Conv2D: convolution('FusedConv2D', 'kernel'),
  Conv2DTranspose: transposed,
  Cropping2D: cropping,
  Dense: dense,
  DepthwiseConv2D: convolution('FusedDepthwiseConv2D', 'depthwise_kernel'),
  Dot: dot,
  Flatten:
    () =>
    ([x]) =>
      reshape(x, [1, x.size]),
  GlobalAveragePooling2D: globalPooling('Mean'),
  GlobalMaxPooling2D: globalPooling('Max'),
  LayerNormalization: layerNormalization,
  LeakyReLU:
    (config) =>
    ([x]) =>
      kernel('LeakyRelu', { x }, { alpha: config.alpha }),
  MaxPooling2D: pooling('MaxPool'),
  Maximum: merged(binary('Maximum')),
  Minimum: merged(binary('Minimum')),
  Multiply: merged(multiply),
  PReLU:
    (_config, { alpha }) =>
    ([x]) =>
      kernel('Prelu', { x, alpha }),
  Permute: (config) => {
    const perm = [0, ...numbers(config.dims)];
    return ([x]) => kernel('Transpose', { x }, { perm });
  },
  ReLU: relu,
  Rescaling: rescaling,
  Reshape: (config) => {
    const target = numbers(config.target_shape);
    const known = target.reduce((product, side) => (side < 0 ? product : product * side), 1);
    return ([x]) => reshape(x, [1, ...target.map((side) => (side < 0 ? x.size / known : side))]);
  },
  Softmax:
    () =>
    ([x]) =>
      softmax(x),
  ThresholdedReLU: thresholded,
  UpSampling2D: upsampling,
  ZeroPadding2D: zeroPadding,
};

/** Whether the class of a layer in a file is one of {@link LAYERS}. */
export function isLayer(className: string): className is ComputedLayer {
  return Object.hasOwn(LAYERS, className);
}
