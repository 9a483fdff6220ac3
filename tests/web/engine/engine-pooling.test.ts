/** Pooling layers on the engine, against double precision. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerOf, at, everywhere, furthest, random, type Values } from './layer-runs.js';
import { BINARIES } from './watched.js';

const side = fc.integer({ min: 1, max: 9 });
const channels = fc.oneof(side, fc.integer({ min: 1, max: 70 }));
const picture = fc
  .tuple(side, side, channels, fc.nat())
  .map(([height, width, depth, seed]) => random([height, width, depth], seed));
const pair = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }));
const windows = fc.record({
  pool_size: pair,
  strides: fc.oneof(fc.constant([1, 1] as [number, number]), pair),
  padding: fc.constantFrom('same', 'valid'),
});

type Windows = typeof windows extends fc.Arbitrary<infer T> ? T : never;

/** Values of one channel under a window, those of the padding left out. */
function under(x: Values, { pool_size, strides, padding }: Windows, indices: number[]): number[] {
  const [starts, ends] = [0, 1]
    .map((axis) => {
      const [length, window, stride] = [x.shape[axis], pool_size[axis], strides[axis]];
      // TensorFlow's definition: as many as fill ceil(length / stride) windows, half of them before.
      const count = Math.ceil(length / stride);
      const missing = padding === 'same' ? Math.max((count - 1) * stride + window - length, 0) : 0;
      const start = indices[axis] * stride - Math.floor(missing / 2);
      return [Math.max(start, 0), Math.min(start + window, length)];
    })
    .reduce<number[][]>(
      ([a, b], [start, end]) => [
        [...a, start],
        [...b, end],
      ],
      [[], []],
    );
  const values: number[] = [];
  for (let row = starts[0]; row < ends[0]; row++) {
    for (let column = starts[1]; column < ends[1]; column++) {
      values.push(at(x, [row, column, indices[2]]));
    }
  }
  return values;
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const everyPixel = (x: Values, channel: number) =>
  everywhere(x.shape.slice(0, 2), ([row, column]) => at(x, [row, column, channel]));

/** A rounding error of the mean of values up to 2, and those of the sums it is made of. */
const TOLERANCE = 4 * 2 ** -23;

describe.each(BINARIES)('%s', (binary) => {
  test('MaxPooling2D takes the largest value inside the picture', async () => {
    const property = fc.asyncProperty(picture, windows, async (x, config) => {
      const fits = config.pool_size.every((length, axis) => length <= x.shape[axis]);
      fc.pre(config.padding === 'same' || fits);
      const answer = await answerOf(binary, { layer: 'MaxPooling2D', config, inputs: [x] });
      const exact = everywhere(answer.shape, (indices) => Math.max(...under(x, config, indices)));
      expect([...answer.values]).toEqual(exact);
    });
    await fc.assert(property);
  });

  test('AveragePooling2D takes the mean of what is inside the picture', async () => {
    const property = fc.asyncProperty(picture, windows, async (x, config) => {
      const fits = config.pool_size.every((length, axis) => length <= x.shape[axis]);
      fc.pre(config.padding === 'same' || fits);
      const answer = await answerOf(binary, { layer: 'AveragePooling2D', config, inputs: [x] });
      const exact = everywhere(answer.shape, (indices) => mean(under(x, config, indices)));
      expect(furthest(answer, exact, () => TOLERANCE)).toBeLessThanOrEqual(1);
    });
    await fc.assert(property);
  });

  test.each(['MaxPooling2D', 'AveragePooling2D'] as const)(
    '%s with a window that is larger than any picture sees all of it',
    async (layer) => {
      const x = random([3, 2, 5], 1);
      const config = { pool_size: [100000000, 99999999], strides: [7, 100000000], padding: 'same' };

      const { shape, values } = await answerOf(binary, { layer, config, inputs: [x] });

      const of = layer === 'MaxPooling2D' ? (all: number[]) => Math.max(...all) : mean;
      expect(shape).toEqual([1, 1, 5]);
      for (const [channel, value] of values.entries()) {
        expect(value).toBeCloseTo(of(everyPixel(x, channel)), 6);
      }
    },
  );

  test('the largest of negative values beside padding is negative', async () => {
    const x = { shape: [1, 1, 6], values: new Float32Array(6).fill(-3) };
    const config = { pool_size: [3, 3], strides: [1, 1], padding: 'same' };

    const { values } = await answerOf(binary, { layer: 'MaxPooling2D', config, inputs: [x] });

    expect([...values]).toEqual([...x.values]);
  });

  test('global pooling is over all pixels', async () => {
    const property = fc.asyncProperty(picture, async (x) => {
      const means = await answerOf(binary, { layer: 'GlobalAveragePooling2D', inputs: [x] });
      const exact = everywhere(means.shape, ([channel]) => mean(everyPixel(x, channel)));
      expect(furthest(means, exact, () => TOLERANCE)).toBeLessThanOrEqual(1);
      const largest = await answerOf(binary, { layer: 'GlobalMaxPooling2D', inputs: [x] });
      expect([...largest.values]).toEqual(
        everywhere(largest.shape, ([channel]) => Math.max(...everyPixel(x, channel))),
      );
    });
    await fc.assert(property);
  });

  test('the mean of a large map keeps its digits', async () => {
    const x = random([150, 151, 3], 5);
    // One pixel after the other in single precision is some 30 times as far away.
    const offset = { ...x, values: x.values.map((value) => value + 10) };

    const answer = await answerOf(binary, { layer: 'GlobalAveragePooling2D', inputs: [offset] });

    const exact = everywhere(answer.shape, ([channel]) => mean(everyPixel(offset, channel)));
    expect(furthest(answer, exact, () => 10 * 2 ** -23)).toBeLessThanOrEqual(1);
  });
});
