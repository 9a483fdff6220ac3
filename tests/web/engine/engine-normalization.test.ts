/** Layers that stretch and move values on the engine, against double precision. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerOf, at, everywhere, furthest, random, type Values } from './layer-runs.js';
import { BINARIES } from './watched.js';

const outer = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 3 });
const tensor = fc
  .tuple(
    outer,
    fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 300 })),
    fc.nat(),
  )
  .map(([sides, channels, seed]) => random([...sides, channels], seed));
const settings = fc.record({
  scale: fc.boolean(),
  center: fc.boolean(),
  epsilon: fc.constantFrom(1e-5, 1e-3),
});

const last = <T>(list: readonly T[]) => list[list.length - 1];

/** Two roundings of values up to the sum of the sizes. */
const near = (sizes: readonly number[]) => (index: number) => 2 * 2 ** -23 * sizes[index] + 1e-12;

describe.each(BINARIES)('%s', (binary) => {
  test('BatchNormalization is one multiplication and one addition per value', async () => {
    const property = fc.asyncProperty(tensor, settings, async (x, config) => {
      const channels = [last(x.shape)];
      const variance = random(channels, 2);
      const weights: Record<string, Values> = {
        moving_mean: random(channels, 1),
        moving_variance: { ...variance, values: variance.values.map(Math.abs) },
        ...(config.scale && { gamma: random(channels, 3) }),
        ...(config.center && { beta: random(channels, 4) }),
      };
      const answer = await answerOf(binary, {
        ...{ layer: 'BatchNormalization', config, inputs: [x], weights },
      });
      const sizes: number[] = [];
      const exact = everywhere(x.shape, (indices) => {
        const c = [last(indices)];
        const [mu, v] = [at(weights.moving_mean, c), at(weights.moving_variance, c)];
        const gamma = weights.gamma ? at(weights.gamma, c) : 1;
        const beta = weights.beta ? at(weights.beta, c) : 0;
        const factor = gamma / Math.sqrt(v + config.epsilon);
        sizes.push(Math.abs(at(x, indices) * factor) + Math.abs(mu * factor) + Math.abs(beta));
        return (at(x, indices) - mu) * factor + beta;
      });
      expect(furthest(answer, exact, near(sizes))).toBeLessThanOrEqual(1);
    });
    await fc.assert(property);
  });

  test('Rescaling takes one number or one per channel', async () => {
    const form = fc.constantFrom(0, 1, 2);
    const property = fc.asyncProperty(
      tensor,
      form,
      form,
      fc.nat(),
      async (x, scale, offset, seed) => {
        const channels = last(x.shape);
        const numbers = (form: number) => {
          const values = [...random([channels], seed + form).values];
          return [values, values.slice(0, 1), values[0]][form];
        };
        const config = { scale: numbers(scale), offset: numbers(offset) };
        const pick = (value: number | number[], c: number) =>
          typeof value === 'number' ? value : value[value.length === 1 ? 0 : c];
        const answer = await answerOf(binary, { layer: 'Rescaling', config, inputs: [x] });
        const exact = everywhere(
          x.shape,
          (i) => at(x, i) * pick(config.scale, last(i)) + pick(config.offset, last(i)),
        );
        expect(furthest(answer, exact, () => 8 * 2 ** -23)).toBeLessThanOrEqual(1);
      },
    );
    await fc.assert(property);
  });

  test('a picture of three channels is rescaled as one of any number', async () => {
    const x = random([61, 53, 3], 6);
    const config = { scale: [1, 2, 4], offset: [1, 0, -1] };

    const answer = await answerOf(binary, { layer: 'Rescaling', config, inputs: [x] });

    const exact = everywhere(x.shape, (i) => at(x, i) * config.scale[i[2]] + config.offset[i[2]]);
    expect(furthest(answer, exact, () => 8 * 2 ** -23)).toBeLessThanOrEqual(1);
  });

  test.each([0, 1000])('LayerNormalization of values around %d', async (middle) => {
    const property = fc.asyncProperty(tensor, settings, async (around, config) => {
      const x = { ...around, values: around.values.map((value) => value + middle) };
      const channels = last(x.shape);
      const weights: Record<string, Values> = {
        ...(config.scale && { gamma: random([channels], 3) }),
        ...(config.center && { beta: random([channels], 4) }),
      };
      const answer = await answerOf(binary, {
        ...{ layer: 'LayerNormalization', config, inputs: [x], weights },
      });
      const sizes: number[] = [];
      const exact: number[] = [];
      for (let start = 0; start < x.values.length; start += channels) {
        const row = x.values.subarray(start, start + channels);
        const mean = row.reduce((sum, value) => sum + value, 0) / channels;
        const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channels;
        for (const [c, value] of row.entries()) {
          const normal = (value - mean) / Math.sqrt(variance + config.epsilon);
          const gamma = weights.gamma?.values[c] ?? 1;
          const beta = weights.beta?.values[c] ?? 0;
          sizes.push(Math.abs(normal * gamma) + Math.abs(beta));
          exact.push(normal * gamma + beta);
        }
      }
      expect(furthest(answer, exact, near(sizes))).toBeLessThanOrEqual(1);
    });
    await fc.assert(property, { numRuns: 50 });
  });
});
