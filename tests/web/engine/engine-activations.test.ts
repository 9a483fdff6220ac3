/** The engine's activations, against float64. */

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { KernelRuns, ulp } from './kernel-runs.js';
import { BINARIES } from './watched.js';

/** P(x > t) of a normal distribution: a series of positive terms, or a continued fraction. */
function tail(t: number): number {
  const z = t / Math.SQRT2;
  if (z < 2) {
    let [term, sum] = [z, z];
    for (let n = 1; n < 100; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return 0.5 - (Math.exp(-z * z) * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let k = 100; k > 0; k--) fraction = k / 2 / (z + fraction);
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction) / 2;
}

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Each activation in double precision, and how many units of the last place float32 may be off. */
const EXACT: Readonly<Record<string, readonly [ulps: number, of: (x: number) => number]>> = {
  relu: [0, (x) => Math.max(x, 0)],
  relu6: [0, (x) => Math.min(Math.max(x, 0), 6)],
  elu: [1.2, (x) => (x > 0 ? x : Math.expm1(x))],
  selu: [2.2, (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))],
  sigmoid: [2.6, (x) => 1 / (1 + Math.exp(-x))],
  swish: [2.6, (x) => x / (1 + Math.exp(-x))],
  mish: [4.8, (x) => x * Math.tanh(softplus(x))],
  softplus: [3, softplus],
  softsign: [1.6, (x) => x / (1 + Math.abs(x))],
  tanh: [2.8, Math.tanh],
  gelu: [5, (x) => (x > 0 ? x - x * tail(x) : x * tail(-x))],
};

/** Where exponentials end: what is left is 0, or has fewer digits. */
const SMALLEST = 1e-36;

const number = fc.oneof(
  fc.double({ min: -20, max: 20, noNaN: true }),
  fc.double({ min: -1e-3, max: 1e-3, noNaN: true }),
  fc.double({ min: -110, max: 110, noNaN: true }),
  fc.float({
    noNaN: true,
    noDefaultInfinity: true,
    min: Math.fround(-1e38),
    max: Math.fround(1e38),
  }),
);
const numbers = fc
  .array(number, { minLength: 1, maxLength: 70 })
  .map((values) => Float32Array.from(values));

/** Values of every size, the same each time. */
function sweep(): Float32Array {
  const values: number[] = [];
  for (const [low, high] of [
    [-100, -20],
    [-20, -5],
    [-5, -1],
    [-1, 1],
    [1, 5],
    [5, 100],
  ]) {
    for (let i = 0; i < 1500; i++) values.push(low + ((high - low) * (i + 0.3)) / 1500);
  }
  for (let i = -4000; i < 100; i++) values.push(2 ** (i / 30), -(2 ** (i / 30)));
  return Float32Array.from(values);
}

function furthest(x: Float32Array, y: Float32Array, of: (x: number) => number): number {
  let largest = 0;
  for (const [index, value] of x.entries()) {
    const exact = of(value);
    const units = Math.max(Math.abs(y[index] - exact) - SMALLEST, 0) / ulp(exact);
    largest = Number.isNaN(units) ? Number.POSITIVE_INFINITY : Math.max(largest, units);
  }
  return largest;
}

describe.each(BINARIES)('%s', (binary) => {
  let kernels: KernelRuns;

  beforeAll(async () => {
    kernels = await KernelRuns.start(binary);
  });

  const apart = (name: string, x: Float32Array) =>
    kernels.run(name, [x, { values: x.length }], ([from, to]) => [from, to, x.length])[1];

  describe.each(Object.entries(EXACT))('%s', (name, [ulps, of]) => {
    test('is near float64 over all sizes', () => {
      const x = sweep();

      expect(furthest(x, apart(name, x), of)).toBeLessThanOrEqual(ulps);
    });

    test('is so for any number of values, and in place', () => {
      fc.assert(
        fc.property(numbers, (x) => {
          const y = apart(name, x);
          expect(furthest(x, y, of)).toBeLessThanOrEqual(ulps);
          const [same] = kernels.run(name, [x], ([both]) => [both, both, x.length]);
          expect(same).toEqual(y);
        }),
      );
    });

    test('keeps what is not a number, in every lane', () => {
      for (let length = 1; length <= 20; length++) {
        const x = Float32Array.from({ length }, (_, index) => (index % 3 ? 1 : Number.NaN));
        const y = apart(name, x);
        expect([...y].map(Number.isNaN)).toEqual([...x].map(Number.isNaN));
      }
    });

    test('writes nothing where there is nothing', () => {
      expect(kernels.run(name, [[1, 2]], ([both]) => [both, both, 0])[0]).toEqual(
        Float32Array.of(1, 2),
      );
    });
  });

  test.each([
    ['relu', Number.POSITIVE_INFINITY, 0],
    ['relu6', 6, 0],
    ['elu', Number.POSITIVE_INFINITY, -1],
    ['selu', Number.POSITIVE_INFINITY, Math.fround(-1.0507009873554805 * 1.6732632423543772)],
    ['sigmoid', 1, 0],
    // -inf times 0, as in TensorFlow and numpy.
    ['swish', Number.POSITIVE_INFINITY, Number.NaN],
    ['mish', Number.POSITIVE_INFINITY, Number.NaN],
    ['softplus', Number.POSITIVE_INFINITY, 0],
    ['softsign', Number.NaN, Number.NaN],
    ['tanh', 1, -1],
    // The limit; TensorFlow and numpy have not-a-number.
    ['gelu', Number.POSITIVE_INFINITY, 0],
  ])('%s of the infinities is %d and %d', (name, above, below) => {
    const infinities = Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);

    const y = [...apart(name, infinities)].map((value) => value + 0);

    expect(y).toEqual([above, below]);
  });

  const rows = fc
    .record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 30 }) })
    .chain(({ rows, columns }) =>
      fc.record({
        rows: fc.constant(rows),
        columns: fc.constant(columns),
        x: fc
          .array(fc.oneof(number, fc.double({ min: -1, max: 1, noNaN: true })), {
            minLength: rows * columns,
            maxLength: rows * columns,
          })
          .map((values) => Float32Array.from(values)),
      }),
    );

  /** Differences to the largest value of the row, and the logarithm of their exponentials' sum. */
  const logarithms = (x: Float32Array, columns: number) => {
    const results: number[] = [];
    for (let start = 0; start < x.length; start += columns) {
      const row = [...x.subarray(start, start + columns)];
      const max = Math.max(...row);
      const sorted = row.map((value) => value - max).sort((a, b) => a - b);
      // The largest one is 1: without it a small sum keeps its digits.
      const sum = sorted.slice(0, -1).reduce((total, each) => total + Math.exp(each), 0);
      for (const value of row) results.push(value - max - Math.log1p(sum));
    }
    return results;
  };

  test('softmax is near float64, for any rows, and in place', () => {
    fc.assert(
      fc.property(rows, ({ rows, columns, x }) => {
        const exact = logarithms(x, columns);
        const [, y] = kernels.run('softmax', [x, { values: x.length }], ([from, to]) => [
          from,
          to,
          rows,
          columns,
        ]);
        for (const [index, value] of y.entries()) {
          const expected = Math.exp(exact[index]);
          // The difference in float32 moves the exponential by as much, relatively.
          const relative = 4 * 2 ** -23 - exact[index] * 2 ** -24;
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(expected * relative + 2e-38);
        }
        const [same] = kernels.run('softmax', [x], ([both]) => [both, both, rows, columns]);
        expect(same).toEqual(y);
      }),
    );
  });

  test('logSoftmax is near float64, for any rows, and in place', () => {
    fc.assert(
      fc.property(rows, ({ rows, columns, x }) => {
        const exact = logarithms(x, columns);
        const [, y] = kernels.run('logSoftmax', [x, { values: x.length }], ([from, to]) => [
          from,
          to,
          rows,
          columns,
        ]);
        for (const [index, value] of y.entries()) {
          const distance = Math.abs(value - exact[index]);
          const start = index - (index % columns);
          const ofSum = -Math.max(...exact.slice(start, start + columns));
          // Differences up to 36, which are rounded before their exponential is taken, can be seen
          // beside the 1 that double precision adds them to: in 1e-15.
          const tolerance = 2.5 * ulp(exact[index]) + ofSum * 40 * 2 ** -24 + 1e-15;
          expect(distance).toBeLessThanOrEqual(tolerance);
        }
        const [same] = kernels.run('logSoftmax', [x], ([both]) => [both, both, rows, columns]);
        expect(same).toEqual(y);
      }),
    );
  });

  test.each(['softmax', 'logSoftmax'])('%s of a row with what is not a number has none', (name) => {
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
    for (const row of [
      [1, nan, 2, 3, 4, 5],
      [1, infinity, 2, 3, 4, 5],
      [-infinity, -infinity, -infinity, -infinity, -infinity, -infinity],
      [0, 1, 2, 3, 4, nan],
    ]) {
      const x = Float32Array.from([...row, 0, 0, 0, 0, 0, 0]);
      const [y] = kernels.run(name, [x], ([both]) => [both, both, 2, 6]);

      expect([...y.subarray(0, 6)].filter(Number.isNaN)).toHaveLength(6);
      expect([...y.subarray(6)].some(Number.isNaN)).toBe(false);
    }
  });

  test('the chance of what cannot be is 0', () => {
    const x = Float32Array.of(Number.NEGATIVE_INFINITY, 0, 0);
    const [probabilities] = kernels.run('softmax', [x], ([both]) => [both, both, 1, 3]);
    const [logarithms] = kernels.run('logSoftmax', [x], ([both]) => [both, both, 1, 3]);

    expect([...probabilities]).toEqual([0, 0.5, 0.5]);
    expect([...logarithms]).toEqual([
      Number.NEGATIVE_INFINITY,
      Math.fround(-Math.LN2),
      Math.fround(-Math.LN2),
    ]);
  });
});
