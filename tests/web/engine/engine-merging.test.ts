/** Layers of several inputs on the engine, against double precision. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerOf, at, everywhere, furthest, random, type Values } from './layer-runs.js';
import { BINARIES } from './watched.js';

const RUNS = { numRuns: 60 };

/** A shape, and two or three tensors of it of which some sides are 1. */
const broadcast = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(1)), { minLength: 0, maxLength: 4 })
  .chain((outer) =>
    fc.record({
      shape: fc.integer({ min: 1, max: 70 }).map((last) => [...outer, last]),
      ones: fc.array(fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), {
        minLength: 1,
        maxLength: 3,
      }),
      // As often all of them equal, as in a residual block.
      isEqual: fc.boolean(),
      seed: fc.nat(),
    }),
  )
  .map(({ shape, ones, isEqual, seed }) =>
    ones.map((flags, input) => {
      const sides = shape.map((side, axis) => (flags[axis] && !isEqual ? 1 : side));
      return random(sides, seed + input);
    }),
  );

const LAYERS = {
  Add: (values: number[]) => values.reduce((a, b) => a + b),
  Average: (values: number[]) => values.reduce((a, b) => a + b) / values.length,
  Multiply: (values: number[]) => values.reduce((a, b) => a * b),
  Maximum: (values: number[]) => Math.max(...values),
  Minimum: (values: number[]) => Math.min(...values),
};

/** One rounding error, of values up to 2, for each of two steps, and one for a mean. */
const TOLERANCE = 4 * 8 * 2 ** -24;

describe.each(BINARIES)('%s', (binary) => {
  test.each(Object.entries(LAYERS))('%s combines shapes with sides of 1', async (layer, of) => {
    const property = fc.asyncProperty(broadcast, async (inputs) => {
      const answer = await answerOf(binary, { layer: layer as keyof typeof LAYERS, inputs });
      const exact = everywhere(answer.shape, (indices) =>
        of(inputs.map((each) => at(each, indices))),
      );
      const isExact = layer.startsWith('M') && layer !== 'Multiply';
      expect(furthest(answer, exact, () => (isExact ? 0 : TOLERANCE))).toBeLessThanOrEqual(1);
    });
    await fc.assert(property, RUNS);
  });

  test.each([
    ['a gate for each channel', [7, 5, 9], [1, 1, 9]],
    ['a gate for each pixel', [7, 5, 9], [7, 5, 1]],
    ['a gate for each row', [7, 5, 9], [7, 1, 1]],
    ['rows of columns', [7, 5, 9], [1, 5, 1]],
    ['both with sides of 1', [7, 1, 9], [1, 5, 1]],
    ['the smaller one first', [1, 1, 9], [7, 5, 9]],
    ['one number', [3, 3, 3], [1, 1, 1]],
    ['every other side', [2, 1, 3, 1, 2], [1, 3, 1, 2, 1]],
  ])('%s', async (_title, first, second) => {
    const inputs = [random(first, 1), random(second, 2)];

    const { shape, values } = await answerOf(binary, { layer: 'Multiply', inputs });

    expect([...values]).toEqual(
      everywhere(shape, (i) => Math.fround(at(inputs[0], i) * at(inputs[1], i))),
    );
  });

  test('the same tensor twice is doubled', async () => {
    const x = random([3, 3, 5], 3);

    const { values } = await answerOf(binary, { layer: 'Add', inputs: [x, x] });

    expect([...values]).toEqual([...x.values].map((value) => 2 * value));
  });

  test('what is not a number stays so in the larger and the smaller one', async () => {
    const inputs = [
      { shape: [6], values: Float32Array.of(1, Number.NaN, 1, 2, Number.NaN, 1) },
      { shape: [6], values: Float32Array.of(Number.NaN, 1, 2, 1, Number.NaN, 1) },
    ];
    for (const layer of ['Maximum', 'Minimum'] as const) {
      const { values } = await answerOf(binary, { layer, inputs });
      expect([...values].map(Number.isNaN)).toEqual([true, true, false, false, true, false]);
    }
  });

  const matrices = fc.record({
    rows: fc.integer({ min: 1, max: 20 }),
    depth: fc.integer({ min: 1, max: 300 }),
    columns: fc.integer({ min: 1, max: 40 }),
    axes: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2)),
    seed: fc.nat(),
  });

  test('Dot multiplies matrices along any of their sides', async () => {
    const property = fc.asyncProperty(matrices, async ({ rows, depth, columns, axes, seed }) => {
      const a = random(axes[0] === 1 ? [depth, rows] : [rows, depth], seed);
      const b = random(axes[1] === 1 ? [depth, columns] : [columns, depth], seed + 1);
      const answer = await answerOf(binary, { layer: 'Dot', config: { axes }, inputs: [a, b] });
      const pick = (matrix: Values, axis: number, along: number, across: number) =>
        at(matrix, axis === 1 ? [along, across] : [across, along]);
      let size = 0;
      const exact = everywhere(answer.shape, ([row, column]) => {
        let sum = 0;
        let sizes = 0;
        for (let k = 0; k < depth; k++) {
          const product = pick(a, axes[0], k, row) * pick(b, axes[1], k, column);
          sum += product;
          sizes += Math.abs(product);
        }
        size = Math.max(size, sizes);
        return sum;
      });
      expect(answer.shape).toEqual([rows, columns]);
      // Rounding errors grow with the root of the number of steps: of blocks of 128, and of those.
      expect(furthest(answer, exact, () => size * 2 ** -24 * 4)).toBeLessThanOrEqual(1);
    });
    await fc.assert(property, RUNS);
  });

  test('Dot along a long side keeps its digits', async () => {
    const depth = 30000;
    const a = random([1, depth], 1);
    const config = { axes: [2, 2] };

    const { values } = await answerOf(binary, { layer: 'Dot', config, inputs: [a, a] });

    const exact = a.values.reduce((sum, value) => sum + value * value, 0);
    // One product after the other in single precision is several times as far away.
    expect(Math.abs(values[0] - exact)).toBeLessThanOrEqual(exact * 2 ** -21);
  });
});
