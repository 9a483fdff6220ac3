/**
 * What each layer may be set to, and what follows: shapes, weights, work. A closed list, the twin of
 * `layer_rules.py`: every setting that is used is checked here, before a value is computed or a
 * byte reserved; others are ignored. Shapes are without the batch.
 */

import { bounded, dimensions, type Field, product } from '../bundle/fields.js';
import { type LayerName, MAX_LAYER_VALUES } from '../constants.generated.js';
import type { LayerEntry } from './topology.js';

/** Sides of a tensor without the batch. */
export type Shape = readonly number[];

/** What a layer comes to. */
export interface LayerPlan {
  /** Of its output. */
  readonly shape: Shape;
  /** Shapes by name; all of them must be there. */
  readonly weights?: Readonly<Record<string, Shape>>;
  /** For one picture. */
  readonly multiplyAdds?: number;
  /** Shape of the input with its padding, where it is laid out so. */
  readonly padded?: Shape;
  /** Whether it computes an activation of its choice. */
  readonly activates?: boolean;
}

type Rule = (layer: LayerEntry, inputs: readonly Shape[]) => LayerPlan;

/** Most sides of a tensor; with the batch, TensorFlow.js' kernels know six. */
const MAX_RANK = 5;

const setting = (layer: LayerEntry, key: string) => layer.entry.get('config').get(key);

const input: Rule = (layer) => {
  const sides = setting(layer, 'batch_input_shape');
  const [batch, ...rest] = sides.items();
  if (!batch || batch.value !== null || rest.length !== 3) {
    sides.fail('[null, height, width, channels]');
  }
  return { shape: rest.map(side) };
};

const dense: Rule = (layer, inputs) => {
  const shape = only(layer, inputs);
  const units = side(setting(layer, 'units'));
  const last = shape[shape.length - 1];
  const output = [...shape.slice(0, -1), units];
  return {
    shape: output,
    weights: { kernel: [last, units], ...bias(layer, units) },
    multiplyAdds: product(output) * last,
    activates: true,
  };
};

const convolution: Rule = (layer, inputs) => {
  const shape = picture(layer, inputs);
  const filters = side(setting(layer, 'filters'));
  const window = pair(setting(layer, 'kernel_size'));
  const { output, padded } = slide(layer, shape, 'kernel_size', window, true);
  return {
    shape: [...output, filters],
    weights: { kernel: [...window, shape[2], filters], ...bias(layer, filters) },
    multiplyAdds: product(output) * product(window) * shape[2] * filters,
    padded,
    activates: true,
  };
};

const depthwise: Rule = (layer, inputs) => {
  const shape = picture(layer, inputs);
  const multiplier = side(setting(layer, 'depth_multiplier'));
  const window = pair(setting(layer, 'kernel_size'));
  const { output, padded } = slide(layer, shape, 'kernel_size', window);
  const channels = shape[2] * multiplier;
  return {
    shape: [...output, channels],
    weights: {
      depthwise_kernel: [...window, shape[2], multiplier],
      ...bias(layer, channels),
    },
    multiplyAdds: product(output) * product(window) * channels,
    padded,
    activates: true,
  };
};

const transposed: Rule = (layer, inputs) => {
  const shape = picture(layer, inputs);
  const filters = side(setting(layer, 'filters'));
  const window = pair(setting(layer, 'kernel_size'));
  const strides = pair(setting(layer, 'strides'));
  onlyOnes(layer);
  const isSame = padding(layer) === 'same';
  const grown = strides.map((stride, axis) => shape[axis] * stride);
  const whole = grown.map((length, axis) => length + Math.max(window[axis] - strides[axis], 0));
  return {
    shape: [...(isSame ? grown : whole), filters],
    weights: { kernel: [...window, filters, shape[2]], ...bias(layer, filters) },
    multiplyAdds: product(shape) * product(window) * filters,
    padded: [...whole, filters],
    activates: true,
  };
};

const pooling: Rule = (layer, inputs) => {
  const shape = picture(layer, inputs);
  const window = pair(setting(layer, 'pool_size'));
  const { output, padded } = slide(layer, shape, 'pool_size', window);
  const result = [...output, shape[2]];
  return { shape: result, multiplyAdds: product(result) * product(window), padded };
};

const globalPooling: Rule = (layer, inputs) => {
  const shape = picture(layer, inputs);
  nothingBut(setting(layer, 'keepdims'), false);
  return { shape: shape.slice(2) };
};

const batchNormalization: Rule = (layer, inputs) => {
  const shape = only(layer, inputs);
  const channels = shape.slice(-1);
  const always = { moving_mean: channels, moving_variance: channels };
  return { shape, weights: { ...normalized(layer, shape), ...always } };
};

const layerNormalization: Rule = (layer, inputs) => {
  const shape = only(layer, inputs);
  return { shape, weights: normalized(layer, shape) };
};

function normalized(layer: LayerEntry, shape: Shape): Record<string, Shape> {
  lastAxis(layer, shape);
  setting(layer, 'epsilon').number(0);
  const channels = shape.slice(-1);
  return {
    ...(flag(setting(layer, 'scale')) && { gamma: channels }),
    ...(flag(setting(layer, 'center')) && { beta: channels }),
  };
}

const rescaling: Rule = (layer, inputs) => {
  const shape = only(layer, inputs);
  const channels = shape[shape.length - 1];
  for (const key of ['scale', 'offset']) {
    const values = setting(layer, key);
    if (!Array.isArray(values.value)) values.number();
    else if (![1, channels].includes(values.list((item) => item.number()).length)) {
      values.fail(`one number, or ${channels}`);
    }
  }
  return { shape };
};

const activation: Rule = (layer, inputs) => ({ shape: only(layer, inputs), activates: true });

/** The rule of layers that keep the shape and take these numbers. */
const unchanged =
  (...keys: string[]): Rule =>
  (layer, inputs) => {
    const shape = only(layer, inputs);
    for (const key of keys) setting(layer, key).number();
    return { shape };
  };

const relu: Rule = (layer, inputs) => {
  const shape = only(layer, inputs);
  setting(layer, 'max_value').optional((limit) => limit.number(0));
  return { shape };
};

const prelu: Rule = (layer, inputs) => {
  const shape = only(layer, inputs);
  return { shape, weights: { alpha: shape } };
};

const softmax: Rule = (layer, inputs) => {
  const shape = only(layer, inputs);
  lastAxis(layer, shape);
  return { shape };
};

const flatten: Rule = (layer, inputs) => {
  const shape = only(layer, inputs);
  channelsLast(layer);
  return { shape: [product(shape)] };
};

const reshape: Rule = (layer, inputs) => {
  const shape = only(layer, inputs);
  const target = setting(layer, 'target_shape');
  const sides = target.list((item) => (item.value === -1 ? -1 : side(item)));
  const count = product(shape);
  const known = bounded(sides.filter((each) => each !== -1));
  const unknown = sides.filter((each) => each === -1).length;
  if (sides.length < 1 || sides.length > MAX_RANK || unknown > 1 || count % known !== 0) {
    target.fail(`sides of ${dimensions(shape)} values`);
  }
  const output = sides.map((each) => (each === -1 ? count / known : each));
  if (bounded(output) !== count) target.fail(`sides of ${dimensions(shape)} values`);
  return { shape: output };
};

const permute: Rule = (layer, inputs) => {
  const shape = only(layer, inputs);
  const order = setting(layer, 'dims');
  const dims = order.list((axis) => axis.integer(1, MAX_RANK));
  const sorted = [...dims].sort((a, b) => a - b);
  if (dims.length !== shape.length || sorted.some((axis, index) => axis !== index + 1)) {
    order.fail(`the axes 1 to ${shape.length}, each once`);
  }
  return { shape: dims.map((axis) => shape[axis - 1]) };
};

const zeroPadding: Rule = (layer, inputs) => {
  const [height, width, channels] = picture(layer, inputs);
  const [[top, bottom], [left, right]] = frame(setting(layer, 'padding'));
  return { shape: [height + top + bottom, width + left + right, channels] };
};

const cropping: Rule = (layer, inputs) => {
  const [height, width, channels] = picture(layer, inputs);
  const [[top, bottom], [left, right]] = frame(setting(layer, 'cropping'));
  if (top + bottom >= height || left + right >= width) {
    setting(layer, 'cropping').fail(`less than the input has: ${height} x ${width}`);
  }
  return { shape: [height - top - bottom, width - left - right, channels] };
};

const upsampling: Rule = (layer, inputs) => {
  const [height, width, channels] = picture(layer, inputs);
  const [rows, columns] = pair(setting(layer, 'size'));
  nothingBut(setting(layer, 'interpolation'), 'nearest');
  return { shape: [height * rows, width * columns, channels] };
};

const dot: Rule = (layer, inputs) => {
  if (inputs.length !== 2) failInputs(layer, 'two layers');
  const [first, second] = inputs;
  if (first.length !== 2 || second.length !== 2) failInputs(layer, 'two matrices');
  const both = setting(layer, 'axes');
  const axes = both.list((axis) => axis.integer(1, 2));
  nothingBut(setting(layer, 'normalize'), false);
  if (axes.length !== 2 || first[axes[0] - 1] !== second[axes[1] - 1]) {
    both.fail(`two axes of one length, in ${dimensions(first)} and ${dimensions(second)}`);
  }
  const output = [first[2 - axes[0]], second[2 - axes[1]]];
  return { shape: output, multiplyAdds: product(output) * first[axes[0] - 1] };
};

const merged: Rule = (layer, inputs) => {
  const output = [...some(layer, inputs)];
  for (const shape of inputs) {
    if (shape.length !== output.length) failInputs(layer, 'layers of one rank');
    for (const [axis, length] of shape.entries()) {
      if (length !== output[axis] && length !== 1 && output[axis] !== 1) {
        failInputs(layer, 'layers whose sides are equal or 1');
      }
      output[axis] = Math.max(length, output[axis]);
    }
  }
  return { shape: output, multiplyAdds: product(output) * inputs.length };
};

const concatenated: Rule = (layer, inputs) => {
  const first = some(layer, inputs);
  const rank = first.length;
  const where = setting(layer, 'axis');
  const axis = where.integer(-rank, rank);
  if (axis === 0) where.fail('another axis than that of the pictures');
  const place = axis > 0 ? axis - 1 : rank + axis;
  const output = [...first];
  for (const shape of inputs.slice(1)) {
    const fits = shape.every((length, each) => each === place || length === first[each]);
    if (shape.length !== rank || !fits) failInputs(layer, 'layers whose other sides are equal');
    output[place] += shape[place];
  }
  return { shape: output, multiplyAdds: product(output) };
};

/** The shape of the only input. */
function only(layer: LayerEntry, inputs: readonly Shape[]): Shape {
  return inputs.length === 1 ? inputs[0] : failInputs(layer, 'one layer');
}

/** The shape of the first input. */
function some(layer: LayerEntry, inputs: readonly Shape[]): Shape {
  return inputs[0] ?? failInputs(layer, 'at least one layer');
}

function failInputs({ entry, inputs }: LayerEntry, expected: string): never {
  const taken = inputs.length === 1 ? '1 layer' : `${inputs.length} layers`;
  return entry.refuse(`${entry.place} takes ${taken}. Expected ${expected}.`);
}

/** The shape of the only input, with height, width and channels in this order. */
function picture(layer: LayerEntry, inputs: readonly Shape[]): Shape {
  const shape = only(layer, inputs);
  if (shape.length !== 3) {
    layer.entry.refuse(
      `${layer.entry.place} takes ${dimensions(shape)} values. Expected height x width x channels.`,
    );
  }
  channelsLast(layer);
  return shape;
}

function side(field: Field): number {
  return field.integer(1, MAX_LAYER_VALUES);
}

function pair(field: Field, minimum = 1): number[] {
  const numbers = field.list((number) => number.integer(minimum, MAX_LAYER_VALUES));
  return numbers.length === 2 ? numbers : field.fail('two whole numbers');
}

function frame(field: Field): number[][] {
  const pairs = field.list((each) => pair(each, 0));
  return pairs.length === 2 ? pairs : field.fail('two pairs of whole numbers');
}

/** A switch that is on unless the document says otherwise. */
function flag(field: Field): boolean {
  return field.optional((value) => value.boolean()) ?? true;
}

function nothingBut(field: Field, value: string | boolean): void {
  if (field.value !== null && field.value !== undefined && field.value !== value) {
    field.fail(String(value));
  }
}

function channelsLast(layer: LayerEntry): void {
  nothingBut(setting(layer, 'data_format'), 'channels_last');
}

function padding(layer: LayerEntry): 'same' | 'valid' {
  return setting(layer, 'padding').oneOf('same', 'valid');
}

function onlyOnes(layer: LayerEntry): void {
  const dilations = setting(layer, 'dilation_rate');
  if (dilations.optional((field) => pair(field))?.some((rate) => rate !== 1)) {
    dilations.fail('[1, 1]');
  }
}

function bias(layer: LayerEntry, length: number): Record<string, Shape> {
  return flag(setting(layer, 'use_bias')) ? { bias: [length] } : {};
}

/** Checks that the axis is the last one, which all backends compute. */
function lastAxis(layer: LayerEntry, shape: Shape): void {
  const field = setting(layer, 'axis');
  const inner = Array.isArray(field.value) ? (field.items()[0] ?? field) : field;
  const axis = inner.optional((value) => value.integer(-1, MAX_RANK));
  if (axis !== null && axis !== -1 && axis !== shape.length) field.fail(`-1 or ${shape.length}`);
}

/** Rows and columns of a window's positions, and the input's shape with its padding. */
function slide(
  layer: LayerEntry,
  shape: Shape,
  key: string,
  window: readonly number[],
  dilates = false,
): { output: number[]; padded: number[] } {
  const strides = pair(setting(layer, 'strides'));
  let dilations = [1, 1];
  if (dilates) {
    const field = setting(layer, 'dilation_rate');
    dilations = field.optional((rates) => pair(rates)) ?? dilations;
    if (dilations.some((rate) => rate !== 1) && strides.some((stride) => stride !== 1)) {
      field.fail('[1, 1] beside strides of more than 1');
    }
  } else onlyOnes(layer);
  const isSame = padding(layer) === 'same';
  const output: number[] = [];
  const padded: number[] = [];
  for (const axis of [0, 1]) {
    const extent = (window[axis] - 1) * dilations[axis] + 1;
    const count = isSame
      ? Math.ceil(shape[axis] / strides[axis])
      : Math.floor((shape[axis] - extent) / strides[axis]) + 1;
    if (count < 1) setting(layer, key).fail(`a window that fits into ${shape[0]} x ${shape[1]}`);
    output.push(count);
    padded.push(Math.max(shape[axis], (count - 1) * strides[axis] + extent));
  }
  return { output, padded: [...padded, shape[2]] };
}

/** Every layer that is read, by its class in TensorFlow.js. */
export const LAYER_RULES: Readonly<Record<LayerName, Rule>> = {
  Activation: activation,
  Add: merged,
  Average: merged,
  AveragePooling2D: pooling,
  BatchNormalization: batchNormalization,
  Concatenate: concatenated,
  Conv2D: convolution,
  Conv2DTranspose: transposed,
  Cropping2D: cropping,
  Dense: dense,
  DepthwiseConv2D: depthwise,
  Dot: dot,
  Flatten: flatten,
  GlobalAveragePooling2D: globalPooling,
  GlobalMaxPooling2D: globalPooling,
  InputLayer: input,
  LayerNormalization: layerNormalization,
  LeakyReLU: unchanged('alpha'),
  MaxPooling2D: pooling,
  Maximum: merged,
  Minimum: merged,
  Multiply: merged,
  PReLU: prelu,
  Permute: permute,
  ReLU: relu,
  Rescaling: rescaling,
  Reshape: reshape,
  Softmax: softmax,
  ThresholdedReLU: unchanged('theta'),
  UpSampling2D: upsampling,
  ZeroPadding2D: zeroPadding,
};
