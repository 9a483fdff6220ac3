/** Depthwise convolutions on the engine: every setting that a file may have, against float64. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BinaryName } from '../../../web/src/client/engine/binary.js';
import {
  depthwise,
  packedDepthwise,
  writeRows,
} from '../../../web/src/client/engine/layers/depthwise.js';
import { further } from '../../../web/src/client/engine/program.js';
import { depthwise64, errorInUnits, extent, framed, type Windows } from './float64.js';
import { answer, BINARIES, numbers, size } from './watched.js';

interface Case {
  readonly shape: readonly [number, number, number];
  readonly windows: Windows;
  readonly times: number;
  /** Zeros above, below, left and right besides, where the padding is `valid`. */
  readonly frame?: readonly [number, number, number, number];
  readonly hasBias: boolean;
  readonly activation: 'linear' | 'relu' | 'relu6';
  readonly seed: number;
}

const ACTIVATE = {
  linear: (value: number) => value,
  relu: (value: number) => Math.max(value, 0),
  relu6: (value: number) => Math.min(Math.max(value, 0), 6),
};

const framedSides = (
  [height, width]: readonly number[],
  [above, below, left, right]: readonly number[],
) => [above + height + below, left + width + right];

function settings({ shape, windows, times, hasBias, seed, frame = [0, 0, 0, 0] }: Case) {
  const channels = shape[2];
  const [height, width] = framedSides(shape, frame);
  const kernelShape = [...windows.kernel_size, channels, times];
  const kernel = { shape: kernelShape, values: numbers(size(kernelShape), seed + 1) };
  const bias = { shape: [channels * times], values: numbers(channels * times, seed + 2) };
  const output = [extent(windows, 0, height)[0], extent(windows, 1, width)[0], channels * times];
  const weights = { depthwise_kernel: kernel, ...(hasBias && { bias }) };
  return { kernel, bias: hasBias ? bias.values : undefined, weights, output };
}

/** Distance from float64 in rounding errors, and how many there may be. */
async function errors(binary: BinaryName, example: Case): Promise<[number, number]> {
  const { shape, windows, activation, seed } = example;
  const [above, below, left, right] = example.frame ?? [0, 0, 0, 0];
  const { kernel, bias, weights, output } = settings(example);
  const x = { shape, values: numbers(size(shape), seed) };
  const result = await answer(binary, [x.values], (writer, [place]) => ({
    ...depthwise({
      ...{ writer, config: { ...windows }, weights, activation, shape: output },
      inputs: [{ shape, place }],
      ...(example.frame && {
        frame: [
          [above, below],
          [left, right],
        ] as const,
      }),
    }),
    count: size(output),
  }));
  const exact = depthwise64(framed(x, [above, below, left, right]), kernel, bias, windows);
  expect(exact.shape).toEqual(output);
  // One rounding for each product and each addition at most (Higham, "Accuracy and Stability of
  // Numerical Algorithms", section 3.1), and a little for products of these.
  return [errorInUnits(result, exact, ACTIVATE[activation]), size(windows.kernel_size) + 1.01];
}

const side = (max: number) => fc.integer({ min: 1, max });
const pair = (max: number) => fc.tuple(side(max), side(max));

const zeros = fc.integer({ min: 0, max: 7 });

const CASES: fc.Arbitrary<Case> = fc
  .record({
    shape: fc.tuple(side(14), side(30), fc.oneof(side(9), fc.integer({ min: 10, max: 37 }))),
    kernel_size: fc.oneof(fc.constantFrom([3, 3], [5, 5], [3, 5]), pair(6)),
    stretch: fc.oneof(
      fc.record({ strides: fc.oneof(fc.constantFrom([1, 1], [2, 2]), pair(9)) }),
      fc.record({ strides: fc.constant([1, 1]), dilation_rate: pair(4) }),
    ),
    padding: fc.constantFrom('same' as const, 'valid' as const),
    times: fc.oneof(fc.constant(1), side(3)),
    frame: fc.option(fc.tuple(zeros, zeros, zeros, zeros), { nil: undefined }),
    hasBias: fc.boolean(),
    activation: fc.constantFrom('linear' as const, 'relu' as const, 'relu6' as const),
    seed: fc.integer({ min: 0, max: 1e6 }),
  })
  .map(
    ({ kernel_size, stretch, padding, frame, ...rest }): Case => ({
      ...rest,
      windows: { kernel_size, ...stretch, padding },
      ...(frame && padding === 'valid' && { frame }),
    }),
  )
  .filter(({ shape, windows, frame = [0, 0, 0, 0] }) =>
    framedSides(shape, frame).every((length, axis) => extent(windows, axis, length)[0] >= 1),
  );

const plainCase = {
  times: 1,
  hasBias: true,
  activation: 'relu6' as const,
  seed: 5,
};

describe.each(BINARIES)('%s', (binary) => {
  test('any window over any picture is as near to float64 as its sums allow', async () => {
    await fc.assert(
      fc.asyncProperty(CASES, async (example) => {
        const [found, allowed] = await errors(binary, example);

        expect(found).toBeLessThanOrEqual(allowed);
      }),
      { numRuns: 150 },
    );
  });

  test('a piece that lies outside of the picture altogether is zeros', async () => {
    for (const left of [-99_999, 99_999]) {
      const result = await answer(binary, [Float32Array.of(1, 2, 3)], (writer, [place]) => {
        const y = writer.bytes(4 * 4);
        writer.call('excerpt', place, 3, 1, 1, 1, left, 2, 2, y);
        return { place: y, count: 4 };
      });

      expect([...result]).toEqual([0, 0, 0, 0]);
    }
  });

  test.each([
    ['a wide picture, in segments', [6, 112, 32], [3, 3], [1, 1]],
    ['a wide picture of many channels', [4, 61, 144], [5, 5], [2, 2]],
    ['a narrow picture, copied as a whole', [7, 7, 70], [3, 3], [1, 1]],
    ['a window higher than wide', [9, 21, 20], [5, 3], [1, 1]],
    ['a window lower than wide', [6, 29, 12], [2, 3], [2, 2]],
    ['a window wider than the picture', [2, 3, 5], [5, 7], [1, 1]],
    ['a stride that has the number of a fast window', [3, 60, 4], [2, 2], [1, 9]],
  ] as const)('%s', async (_title, shape, kernel_size, strides) => {
    const windows = { kernel_size, strides, padding: 'same' as const };
    const [found, allowed] = await errors(binary, { ...plainCase, shape, windows });

    expect(found).toBeLessThanOrEqual(allowed);
  });

  test('another activation is computed behind the layer', async () => {
    const windows: Windows = { kernel_size: [1, 1], strides: [1, 1], padding: 'valid' };
    const example: Case = { ...plainCase, shape: [2, 3, 4], windows };
    const { weights, output } = settings(example);
    const calls: string[] = [];

    await answer(binary, [numbers(24, 1)], (writer, [place]) => {
      const call = writer.call.bind(writer);
      writer.call = (kernel, ...parameters) => {
        calls.push(kernel);
        if (kernel !== 'swish') call(kernel, ...parameters);
      };
      const inputs = [{ shape: [2, 3, 4], place }];
      const job = { writer, config: { ...windows }, weights, shape: output, inputs };
      return { ...depthwise({ ...job, activation: 'swish' }), count: 24 };
    });

    expect(calls).toEqual(['depthwise', 'swish']);
  });

  test('strips of rows that take turns in one place give what the whole picture gives', async () => {
    const shape = [11, 9, 6];
    const windows: Windows = { kernel_size: [3, 3], strides: [1, 1], padding: 'same' };
    const example: Case = { ...plainCase, shape: [11, 9, 6], windows };
    const { weights, output } = settings(example);
    const x = numbers(size(shape), 7);
    const job = { config: { ...windows }, weights, shape: output, activation: 'relu6' as const };
    const whole = await answer(binary, [x], (writer, [place]) => ({
      ...depthwise({ ...job, writer, inputs: [{ shape, place }] }),
      count: size(output),
    }));

    const strips = await answer(binary, [x], (writer, [place]) => {
      const layer = packedDepthwise({ ...job, writer, inputs: [{ shape, place }] });
      // Rows with a zero on each side, four of them at a time.
      const [pixel, pitch, slots] = [24, 11 * 24, 4];
      const ring = writer.bytes(slots * pitch);
      const y = writer.tensor(output);
      for (let row = 0, there = 0; row < 11; row++) {
        for (; there < Math.min(row + 2, 11); there++) {
          const to = further(ring, (there % slots) * pitch);
          writer.call('excerpt', place, 11, 9, 6, there, -1, 1, 11, to);
        }
        const piece = { place: further(y.place, row * 9 * pixel), pitch: 9 * pixel };
        writeRows(
          writer,
          layer,
          { place: ring, pitch, slots },
          { ...piece, firstRow: row, rows: 1, columns: 9 },
        );
      }
      return { ...y, count: size(output) };
    });

    expect(strips).toEqual(whole);
  });

  test('what is no number stays none', async () => {
    const windows: Windows = { kernel_size: [1, 1], strides: [1, 1], padding: 'valid' };
    const example: Case = { ...plainCase, shape: [1, 1, 1], windows };
    const { weights } = settings(example);

    const result = await answer(binary, [[Number.NaN]], (writer, [place]) => {
      const inputs = [{ shape: [1, 1, 1], place }];
      const job = { writer, config: { ...windows }, weights, shape: [1, 1, 1], inputs };
      return { ...depthwise({ ...job, activation: 'relu6' }), count: 1 };
    });

    expect([...result]).toEqual([Number.NaN]);
  });
});
