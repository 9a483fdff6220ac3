/** Transposed convolutions on the engine, against float64. */

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { transposed } from '../../../web/src/client/engine/layers/transposed.js';
import { LAYERS } from '../../../web/src/client/tensorflow/layers.js';
import { errorInUnits, transposed64, type Windows } from './float64.js';
import { answer, BINARIES, numbers, size } from './watched.js';

const side = (max: number) => fc.integer({ min: 1, max });
const pair = (max: number) => fc.tuple(side(max), side(max));

const CASES = fc.record({
  shape: fc.tuple(side(6), side(6), side(9)),
  filters: side(17),
  windows: fc.record({
    kernel_size: pair(6),
    strides: pair(5),
    padding: fc.constantFrom('same' as const, 'valid' as const),
  }),
  hasBias: fc.boolean(),
  isBounded: fc.boolean(),
  seed: fc.integer({ min: 0, max: 1e6 }),
});

test('the sums of these tests are those of TensorFlow.js', async () => {
  await tf.setBackend('cpu');
  await fc.assert(
    fc.asyncProperty(CASES, async ({ shape, filters, windows, seed }) => {
      const kernelShape = [...windows.kernel_size, filters, shape[2]];
      const kernel = numbers(size(kernelShape), seed + 1);
      const x = numbers(size(shape), seed);
      const given = (values: Float32Array, sides: readonly number[]) =>
        tf.engine().makeTensor(values, [...sides], 'float32');
      const layer = LAYERS.Conv2DTranspose(
        windows as unknown as Readonly<Record<string, unknown>>,
        { kernel: given(kernel, kernelShape) },
        'linear',
        (kept) => kept,
      );

      const [theirs, shapeOfTheirs] = tf.engine().tidy(() => {
        const result = layer([given(x, [1, ...shape])]);
        return [result.dataSync() as Float32Array, result.shape];
      });

      const picture = { shape, values: x };
      const exact = transposed64(
        picture,
        { shape: kernelShape, values: kernel },
        undefined,
        windows,
      );
      expect(shapeOfTheirs).toEqual([1, ...exact.shape]);
      const products = size(windows.kernel_size) * shape[2];
      expect(errorInUnits(theirs, exact, (value) => value)).toBeLessThanOrEqual(products + 1.01);
    }),
    { numRuns: 100 },
  );
});

describe.each(BINARIES)('%s', (binary) => {
  test('any window and stride is as near to float64 as its sums allow', async () => {
    await fc.assert(
      fc.asyncProperty(CASES, async ({ shape, filters, windows, hasBias, isBounded, seed }) => {
        const kernelShape = [...windows.kernel_size, filters, shape[2]];
        const kernel = { shape: kernelShape, values: numbers(size(kernelShape), seed + 1) };
        const bias = { shape: [filters], values: numbers(filters, seed + 2) };
        const x = { shape, values: numbers(size(shape), seed) };
        const exact = transposed64(x, kernel, hasBias ? bias.values : undefined, windows);

        const result = await answer(binary, [x.values], (writer, [place]) => ({
          ...transposed({
            ...{ writer, config: { ...windows }, weights: { kernel, ...(hasBias && { bias }) } },
            ...{ inputs: [{ shape, place }], shape: exact.shape },
            activation: isBounded ? 'relu6' : 'linear',
          }),
          count: size(exact.shape),
        }));

        const activate = (value: number) => (isBounded ? Math.min(Math.max(value, 0), 6) : value);
        // One rounding for each product and each addition at most, see engine-depthwise.test.ts.
        const products = size(windows.kernel_size) * shape[2];
        expect(errorInUnits(result, exact, activate)).toBeLessThanOrEqual(products + 1.01);
      }),
      { numRuns: 150 },
    );
  });

  test('outputs that no tap meets are the bias', async () => {
    const windows: Windows = { kernel_size: [1, 2], strides: [2, 3], padding: 'same' };
    const weights = {
      kernel: { shape: [1, 2, 1, 1], values: Float32Array.of(2, 3) },
      bias: { shape: [1], values: Float32Array.of(0.5) },
    };

    const result = await answer(binary, [[1]], (writer, [place]) => {
      const inputs = [{ shape: [1, 1, 1], place }];
      const job = { writer, config: { ...windows }, weights, shape: [2, 3, 1], inputs };
      return { ...transposed({ ...job, activation: 'linear' }), count: 6 };
    });

    expect([...result]).toEqual([2.5, 3.5, 0.5, 0.5, 0.5, 0.5]);
  });
});
