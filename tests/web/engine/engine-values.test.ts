/** Layers on the engine that compute each value by itself, and the list of all layers. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ACTIVATION_NAMES,
  type ActivationName,
} from '../../../web/src/client/constants.generated.js';
import { LAYER_WRITERS } from '../../../web/src/client/engine/layers/table.js';
import { LAYER_RULES } from '../../../web/src/client/model/layer-rules.js';
import { answerOf, furthest, random } from './layer-runs.js';
import { BINARIES } from './watched.js';

const tensor = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    fc.integer({ min: 1, max: 70 }),
    fc.nat(),
  )
  .map(([sides, length, seed]) => random([...sides, length], seed));

const softplus = (x: number) => Math.log1p(Math.exp(x));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** P(X < x) of a normal distribution, by its series. */
function normal(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Of one value each. */
const EXACT: Readonly<Record<string, (x: number) => number>> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  sigmoid,
  gelu: (x) => x * normal(x),
  mish: (x) => x * Math.tanh(softplus(x)),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  tanh: Math.tanh,
  swish: (x) => x * sigmoid(x),
};

/** The logarithms of the chances in each row. */
function logSoftmax(values: Float32Array, columns: number): number[] {
  return [...values].map((value, index) => {
    const start = index - (index % columns);
    const row = values.subarray(start, start + columns);
    return value - Math.log(row.reduce((sum, each) => sum + Math.exp(each), 0));
  });
}

describe.each(BINARIES)('%s', (binary) => {
  test.each(ACTIVATION_NAMES)('Activation computes %s', async (activation) => {
    const property = fc.asyncProperty(tensor, async (x) => {
      const answer = await answerOf(binary, { layer: 'Activation', activation, inputs: [x] });
      const columns = x.shape[x.shape.length - 1];
      const logarithms = logSoftmax(x.values, columns);
      const exact =
        activation === 'logSoftmax'
          ? logarithms
          : activation === 'softmax'
            ? logarithms.map(Math.exp)
            : [...x.values].map((value) => EXACT[activation as string](value));
      // Some units of the last place; how many is in the test of the kernels.
      const tolerance = (index: number) => 6 * 2 ** -23 * Math.abs(exact[index]) + 1e-12;
      expect(furthest(answer, exact, tolerance)).toBeLessThanOrEqual(1);
    });
    await fc.assert(property, { numRuns: 20 });
  });

  test('Softmax is over the last axis', async () => {
    const x = random([3, 4, 5], 1);

    const answer = await answerOf(binary, { layer: 'Softmax', inputs: [x] });

    const exact = logSoftmax(x.values, 5).map(Math.exp);
    expect(furthest(answer, exact, () => 1e-6)).toBeLessThanOrEqual(1);
  });

  const number = fc.float({ min: -3, max: 3, noNaN: true });

  test.each([
    ['ReLU', () => ({}), (x: number) => Math.max(x, 0)],
    ['ReLU', () => ({ max_value: null }), (x: number) => Math.max(x, 0)],
    ['ReLU', () => ({ max_value: 6 }), (x: number) => Math.min(Math.max(x, 0), 6)],
    [
      'ReLU',
      (limit: number) => ({ max_value: Math.abs(limit) }),
      (x: number, limit: number) => Math.min(Math.max(x, 0), Math.abs(limit)),
    ],
    [
      'LeakyReLU',
      (alpha: number) => ({ alpha }),
      (x: number, alpha: number) => (x > 0 ? x : x * alpha),
    ],
    [
      'ThresholdedReLU',
      (theta: number) => ({ theta }),
      (x: number, theta: number) => (x > theta ? x : 0),
    ],
  ] as const)('%s (%#) has one number for all values', async (layer, configOf, of) => {
    const property = fc.asyncProperty(tensor, number, async (given, setting) => {
      const x = { ...given, values: given.values.map((value) => value * 5) };
      const config = configOf(setting);
      const answer = await answerOf(binary, { layer, config, inputs: [x] });
      // The kernel's zero may be a negative one.
      expect([...answer.values].map((value) => value + 0)).toEqual(
        [...x.values].map((value) => Math.fround(of(value, setting)) + 0),
      );
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test('PReLU has a weight for each value', async () => {
    const property = fc.asyncProperty(tensor, fc.nat(), async (x, seed) => {
      const alpha = random(x.shape, seed);
      const answer = await answerOf(binary, { layer: 'PReLU', inputs: [x], weights: { alpha } });
      const exact = [...x.values].map((value, index) =>
        Math.fround(value > 0 ? value : value * alpha.values[index]),
      );
      expect([...answer.values]).toEqual(exact);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test('values at the border and without end go through', async () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const x = { shape: [6], values: Float32Array.of(nan, inf, -inf, 0, -0, 1) };
    const answer = async (layer: 'ReLU' | 'LeakyReLU' | 'ThresholdedReLU', config: object) =>
      [...(await answerOf(binary, { layer, config: { ...config }, inputs: [x] })).values].map(
        (value) => value + 0,
      );

    expect(await answer('ReLU', { max_value: 2 })).toEqual([nan, 2, 0, 0, 0, 1]);
    expect(await answer('LeakyReLU', { alpha: 0.5 })).toEqual([nan, inf, -inf, 0, 0, 1]);
    // As in numpy: what is not a number is not above.
    expect(await answer('ThresholdedReLU', { theta: 1 })).toEqual([0, inf, 0, 0, 0, 0]);
  });
});

test('every layer that is read has a writer', () => {
  expect([...Object.keys(LAYER_WRITERS), 'InputLayer'].sort()).toEqual(
    Object.keys(LAYER_RULES).sort(),
  );
});

test('every activation has what it should be', () => {
  const rows: ActivationName[] = ['softmax', 'logSoftmax'];

  expect([...Object.keys(EXACT), ...rows].sort()).toEqual([...ACTIVATION_NAMES].sort());
});
