/** Every layer of the engine's gives what TensorFlow.js' kernels give, in any of its settings. */

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ACTIVATION_NAMES } from '../../../web/src/client/constants.generated.js';
import type { LAYER_WRITERS } from '../../../web/src/client/engine/layers/table.js';
import { LAYERS } from '../../../web/src/client/tensorflow/layers.js';
import { answerOf, type Case, random, type Values } from './layer-runs.js';
import { BINARIES } from './watched.js';

/** Draws a number from 0 to below its argument, in a way that fast-check can repeat and shrink. */
type Draw = (below: number) => number;
type Made = Omit<Case, 'layer'>;
type Shape = readonly number[];

const positive = ({ shape, values }: Values): Values => ({ shape, values: values.map(Math.abs) });

/** What tests of one layer are made from. */
class Maker {
  constructor(readonly draw: Draw) {}

  side(most = 7): number {
    return 1 + this.draw(most);
  }

  pair(most: number): [number, number] {
    return [this.side(most), this.side(most)];
  }

  flag(): boolean {
    return this.draw(2) === 1;
  }

  tensor(...shape: number[]): Values {
    return random(shape, this.draw(1000));
  }

  picture(): Values {
    return this.tensor(this.side(), this.side(), this.side(this.flag() ? 4 : 40));
  }

  /** Of one to four sides. */
  any(): Values {
    return this.tensor(...Array.from({ length: this.side(4) }, () => this.side(5)));
  }

  window(key: string, [height, width]: Shape, hasDilation = false): Record<string, unknown> {
    const isSame = this.flag();
    const size = isSame ? this.pair(5) : [this.side(height), this.side(width)];
    const strides = this.flag() ? [1, 1] : this.pair(3);
    const fits = (rate: number) =>
      isSame || ((size[0] - 1) * rate < height && (size[1] - 1) * rate < width);
    const isDilated = hasDilation && strides.every((stride) => stride === 1) && fits(2);
    return {
      [key]: size,
      strides,
      padding: isSame ? 'same' : 'valid',
      ...(hasDilation && { dilation_rate: isDilated && this.flag() ? [2, 2] : [1, 1] }),
    };
  }

  /** A bias, in the settings and the weights, and an activation. */
  finish(filters: number, config: object, weights: Record<string, Values>): Omit<Made, 'inputs'> {
    const use_bias = this.flag();
    return {
      config: { ...config, use_bias },
      weights: { ...weights, ...(use_bias && { bias: this.tensor(filters) }) },
      activation: ACTIVATION_NAMES[this.draw(ACTIVATION_NAMES.length)],
    };
  }

  normalized(channels: number): { config: object; weights: Record<string, Values> } {
    const [scale, center] = [this.flag(), this.flag()];
    return {
      config: { scale, center, epsilon: 1e-3 },
      weights: {
        ...(scale && { gamma: this.tensor(channels) }),
        ...(center && { beta: this.tensor(channels) }),
      },
    };
  }
}

const last = (shape: Shape) => shape[shape.length - 1];
const unary = (make: Maker): Made => ({ inputs: [make.any()] });
const picture = (make: Maker): Made => ({ inputs: [make.picture()] });

function merged(make: Maker): Made {
  const { shape } = make.any();
  const inputs = Array.from({ length: make.side(3) }, () =>
    make.tensor(...shape.map((side) => (make.draw(3) ? side : 1))),
  );
  return { inputs };
}

function pooling(make: Maker): Made {
  const x = make.picture();
  return { inputs: [x], config: make.window('pool_size', x.shape) };
}

const MADE: Readonly<Record<keyof typeof LAYER_WRITERS, (make: Maker) => Made>> = {
  Activation: (make) => ({
    ...unary(make),
    activation: ACTIVATION_NAMES[make.draw(ACTIVATION_NAMES.length)],
  }),
  Add: merged,
  Average: merged,
  AveragePooling2D: pooling,
  BatchNormalization(make) {
    const x = make.any();
    const channels = last(x.shape);
    const { config, weights } = make.normalized(channels);
    const statistics = {
      moving_mean: make.tensor(channels),
      moving_variance: positive(make.tensor(channels)),
    };
    return { inputs: [x], config: { ...config }, weights: { ...weights, ...statistics } };
  },
  Concatenate(make) {
    const { shape } = make.any();
    const place = make.draw(shape.length);
    const inputs = Array.from({ length: make.side(3) }, () =>
      make.tensor(...shape.map((side, axis) => (axis === place ? make.side() : side))),
    );
    return { inputs, config: { axis: make.flag() ? place + 1 : place - shape.length } };
  },
  Conv2D(make) {
    const x = make.picture();
    const config = make.window('kernel_size', x.shape, true);
    const filters = make.side(20);
    const kernel = make.tensor(...(config.kernel_size as number[]), x.shape[2], filters);
    return { inputs: [x], ...make.finish(filters, { ...config, filters }, { kernel }) };
  },
  Conv2DTranspose(make) {
    const x = make.picture();
    const config = { kernel_size: make.pair(5), strides: make.pair(3) };
    const filters = make.side(20);
    const kernel = make.tensor(...config.kernel_size, filters, x.shape[2]);
    const padding = make.flag() ? 'same' : 'valid';
    return { inputs: [x], ...make.finish(filters, { ...config, filters, padding }, { kernel }) };
  },
  Cropping2D(make) {
    const x = make.picture();
    const cut = (side: number) => {
      const first = make.draw(side);
      return [first, make.draw(side - first)];
    };
    return { inputs: [x], config: { cropping: [cut(x.shape[0]), cut(x.shape[1])] } };
  },
  Dense(make) {
    const x = make.any();
    const units = make.side(20);
    const kernel = make.tensor(last(x.shape), units);
    return { inputs: [x], ...make.finish(units, { units }, { kernel }) };
  },
  DepthwiseConv2D(make) {
    const x = make.picture();
    const config = make.window('kernel_size', x.shape);
    const depth_multiplier = make.flag() ? 1 : make.side(3);
    const sides = [...(config.kernel_size as number[]), x.shape[2], depth_multiplier];
    const weights = { depthwise_kernel: make.tensor(...sides) };
    const channels = x.shape[2] * depth_multiplier;
    return { inputs: [x], ...make.finish(channels, { ...config, depth_multiplier }, weights) };
  },
  Dot(make) {
    const axes = [1 + make.draw(2), 1 + make.draw(2)];
    const depth = make.side(20);
    const matrix = (axis: number) =>
      axis === 1 ? make.tensor(depth, make.side(20)) : make.tensor(make.side(20), depth);
    return { inputs: axes.map(matrix), config: { axes } };
  },
  Flatten: unary,
  GlobalAveragePooling2D: picture,
  GlobalMaxPooling2D: picture,
  LayerNormalization(make) {
    const x = make.any();
    return { inputs: [x], ...make.normalized(last(x.shape)) } as Made;
  },
  LeakyReLU: (make) => ({ ...unary(make), config: { alpha: make.draw(5) / 4 } }),
  MaxPooling2D: pooling,
  Maximum: merged,
  Minimum: merged,
  Multiply: merged,
  PReLU(make) {
    const x = make.any();
    return { inputs: [x], weights: { alpha: make.tensor(...x.shape) } };
  },
  Permute(make) {
    const x = make.any();
    const dims: number[] = [];
    for (const [axis] of x.shape.entries()) dims.splice(make.draw(axis + 1), 0, axis + 1);
    return { inputs: [x], config: { dims } };
  },
  ReLU: (make) => ({ ...unary(make), config: { max_value: [null, 6, 1, 0.5][make.draw(4)] } }),
  Rescaling(make) {
    const x = make.any();
    const numbers = () => [...make.tensor(make.flag() ? 1 : last(x.shape)).values];
    return { inputs: [x], config: { scale: numbers(), offset: make.flag() ? 0.5 : numbers() } };
  },
  Reshape(make) {
    const x = make.any();
    return { inputs: [x], config: { target_shape: [-1, last(x.shape)] } };
  },
  Softmax: unary,
  ThresholdedReLU: (make) => ({ ...unary(make), config: { theta: make.draw(5) / 4 } }),
  UpSampling2D: (make) => ({ ...picture(make), config: { size: make.pair(4) } }),
  ZeroPadding2D: (make) => ({
    ...picture(make),
    config: {
      padding: [
        [make.draw(4), make.draw(4)],
        [make.draw(4), make.draw(4)],
      ],
    },
  }),
};

function theirs({ layer, inputs, config = {}, weights = {}, activation = 'linear' }: Case): Values {
  const given = (shape: Shape, values: Float32Array) =>
    tf.engine().makeTensor(values, [...shape], 'float32');
  const result = tf.engine().tidy(() => {
    const held = Object.entries(weights).map(
      ([name, { shape, values }]) => [name, given(shape, values)] as const,
    );
    const compute = LAYERS[layer](config, Object.fromEntries(held), activation, (kept) => kept);
    const output = compute(inputs.map(({ shape, values }) => given([1, ...shape], values)));
    return { shape: output.shape.slice(1), values: output.dataSync<'float32'>().slice() };
  });
  return result;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe.each(BINARIES)('%s', (binary) => {
  test.each(Object.keys(MADE) as (keyof typeof MADE)[])('%s', async (layer) => {
    const property = fc.asyncProperty(fc.infiniteStream(fc.nat()), async (stream) => {
      const make = new Maker((below) => stream.next().value % below);
      const made = { layer, ...MADE[layer](make) };
      const ours = await answerOf(binary, made);
      const expected = theirs(made);
      expect(ours.shape).toEqual(expected.shape);
      const largest = expected.values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      const distance = ours.values.reduce(
        (most, value, index) => Math.max(most, Math.abs(value - expected.values[index])),
        0,
      );
      // Sums of up to 1000 products of about 1, of which an activation may make a small number; else
      // some rounding errors, and those of TensorFlow.js' erf.
      const isSum =
        layer === 'Dot' || Object.keys(made.weights ?? {}).some((name) => /kernel/.test(name));
      expect(distance).toBeLessThanOrEqual((isSum ? 1000 * 2 ** -24 : 3e-6) * largest);
    });
    await fc.assert(property, { numRuns: 30 });
  });
});
