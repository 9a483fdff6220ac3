/** Dense layers and convolutions of the engine against sums in float64, on both binaries. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convolve, packedAgain } from '../../../web/src/client/engine/convolve.js';
import { UNBOUNDED } from '../../../web/src/client/engine/epilogue.js';
import {
  convolution,
  dense,
  writeConvolution,
} from '../../../web/src/client/engine/layers/products.js';
import type { LayerJob } from '../../../web/src/client/engine/layers.js';
import { further } from '../../../web/src/client/engine/program.js';
import { given, runLayer, type Values } from './layer-runs.js';
import { BINARIES, size } from './watched.js';

interface Setting {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  readonly kernel_size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilation_rate: readonly [number, number];
  readonly padding: 'same' | 'valid';
  readonly useBias: boolean;
  readonly seed: number;
}

/** Numbers from -4 to 4: whole ones, sums of which float32 holds exactly, or any. */
function numbers(count: number, seed: number, whole: boolean): Float32Array {
  let state = seed | 1;
  return Float32Array.from({ length: count }, () => {
    state = Math.imul(state, 1664525) + 1013904223;
    const value = ((state >>> 8) / 2 ** 24) * 8 - 4;
    return whole ? Math.round(value) : value;
  });
}

/** A convolution by its definition: sums, and sums of what was added up without signs. */
function byDefinition(x: Values, kernel: Values, bias: Values | undefined, setting: Setting) {
  const [height, width, channels] = x.shape;
  const filters = kernel.shape[3];
  const { kernel_size, strides, dilation_rate, padding } = setting;
  const sides = [height, width].map((length, axis) => {
    const extent = (kernel_size[axis] - 1) * dilation_rate[axis] + 1;
    const count =
      padding === 'same'
        ? Math.ceil(length / strides[axis])
        : Math.floor((length - extent) / strides[axis]) + 1;
    const missing = Math.max((count - 1) * strides[axis] + extent - length, 0);
    return { count, before: padding === 'same' ? Math.floor(missing / 2) : 0 };
  });
  const shape = [sides[0].count, sides[1].count, filters];
  const sums = new Float64Array(size(shape));
  const sizes = new Float64Array(sums.length);
  for (let index = 0; index < sums.length; index++) {
    const filter = index % filters;
    const column = Math.floor(index / filters) % sides[1].count;
    const row = Math.floor(index / filters / sides[1].count);
    sums[index] = bias?.values[filter] ?? 0;
    sizes[index] = Math.abs(sums[index]);
    for (let i = 0; i < kernel_size[0]; i++) {
      for (let j = 0; j < kernel_size[1]; j++) {
        const y = row * strides[0] + i * dilation_rate[0] - sides[0].before;
        const z = column * strides[1] + j * dilation_rate[1] - sides[1].before;
        if (y < 0 || y >= height || z < 0 || z >= width) continue;
        for (let channel = 0; channel < channels; channel++) {
          const value = x.values[(y * width + z) * channels + channel];
          const tap = (i * kernel_size[1] + j) * channels + channel;
          sums[index] += value * kernel.values[tap * filters + filter];
          sizes[index] += Math.abs(value * kernel.values[tap * filters + filter]);
        }
      }
    }
  }
  return { shape, sums, sizes };
}

/** The values of a case, and what comes out by definition. */
function made(setting: Setting, whole: boolean) {
  const { height, width, channels, filters, kernel_size, seed } = setting;
  const shape = [...kernel_size, channels, filters];
  const x = given([height, width, channels], numbers(height * width * channels, seed, whole));
  const kernel = given(shape, numbers(size(shape), seed + 1, whole));
  const bias = setting.useBias ? given([filters], numbers(filters, seed + 2, whole)) : undefined;
  const weights: LayerJob['weights'] = { kernel, ...(bias && { bias }) };
  return { inputs: [x], weights, ...byDefinition(x, kernel, bias, setting) };
}

/** Settings that the rules of layers allow. */
const settings: fc.Arbitrary<Setting> = fc
  .record({
    height: fc.integer({ min: 1, max: 13 }),
    width: fc.integer({ min: 1, max: 13 }),
    channels: fc.integer({ min: 1, max: 17 }),
    filters: fc.integer({ min: 1, max: 17 }),
    kernel_size: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    dilation_rate: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    dilates: fc.boolean(),
    padding: fc.constantFrom('same' as const, 'valid' as const),
    useBias: fc.boolean(),
    seed: fc.integer({ min: 0, max: 2 ** 30 }),
  })
  .map(({ dilates, ...setting }): Setting => {
    const ones = [1, 1] as const;
    return dilates ? { ...setting, strides: ones } : { ...setting, dilation_rate: ones };
  })
  .filter(
    ({ padding, kernel_size, dilation_rate, height, width }) =>
      padding === 'same' ||
      [height, width].every((side, axis) => side > (kernel_size[axis] - 1) * dilation_rate[axis]),
  );

/** Where values are others than expected. */
function wrong(values: Float32Array, expected: ArrayLike<number>): number[] {
  expect(values.length).toBe(expected.length);
  const isEqual = (one: number, other: number) =>
    one === other || (Number.isNaN(one) && Number.isNaN(other));
  return [...values.keys()].filter((index) => !isEqual(values[index], expected[index])).slice(0, 9);
}

/**
 * How far a sum of float32 may be from the true one: a product rounds, a value passes the additions
 * of its piece of at most 256, of its piece to the others (whose number is that of the sides' pieces
 * multiplied, less than two for each 256), and four of turns and bias; each by half of the last place.
 */
function bound(values: number, size: number): number {
  return (Math.min(values, 256) + values / 128 + 6) * 2 ** -24 * size;
}

describe.each(BINARIES)('%s', (binary) => {
  test('convolutions of whole numbers are exact', async () => {
    await fc.assert(
      fc.asyncProperty(settings, async (setting) => {
        const { sums, ...rest } = made(setting, true);

        const values = await runLayer({ binary, config: { ...setting }, ...rest }, convolution);

        expect(wrong(values, sums)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('windows of many values are cut into pieces wherever they have to be', async () => {
    const many = fc.record({
      height: fc.integer({ min: 1, max: 4 }),
      width: fc.integer({ min: 1, max: 4 }),
      channels: fc.constantFrom(90, 180, 400, 1100),
      filters: fc.integer({ min: 1, max: 9 }),
      kernel_size: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      strides: fc.constant([1, 1] as const),
      dilation_rate: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
      padding: fc.constant('same' as const),
      useBias: fc.boolean(),
      seed: fc.integer({ min: 0, max: 2 ** 30 }),
    });
    await fc.assert(
      fc.asyncProperty(many, async (setting) => {
        const { sums, ...rest } = made(setting, true);

        const values = await runLayer(
          { binary, config: { ...setting }, activation: 'relu', ...rest },
          convolution,
        );

        expect(
          wrong(
            values,
            sums.map((sum) => Math.max(sum, 0)),
          ),
        ).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test('strips of a large picture join, and what is added to them', async () => {
    const large = { channels: 3, filters: 5, useBias: true, seed: 3 } as const;
    const [ones, twos] = [[1, 1] as const, [2, 2] as const];
    const near = { strides: ones, dilation_rate: ones } as const;
    const apart = { strides: ones, dilation_rate: [40, 9] } as const;
    const cases: Setting[] = [
      { ...large, height: 150, width: 131, kernel_size: [3, 3], ...near, padding: 'valid' },
      {
        ...large,
        height: 150,
        width: 131,
        kernel_size: [3, 3],
        ...near,
        padding: 'same',
        strides: twos,
      },
      {
        ...large,
        height: 151,
        width: 131,
        kernel_size: ones,
        ...near,
        padding: 'valid',
        strides: twos,
      },
      { ...large, height: 111, width: 122, kernel_size: [2, 5], ...apart, padding: 'same' },
      { ...large, height: 130, width: 120, kernel_size: ones, ...near, padding: 'same' },
    ];
    for (const setting of cases) {
      const { sums, shape, inputs, ...rest } = made(setting, true);
      const more = given(shape, numbers(size(shape), 23, true));

      const values = await runLayer(
        { binary, config: { ...setting }, inputs: [...inputs, more], shape, ...rest },
        (job, [, added]) => convolution({ ...job, added }),
      );

      expect(
        wrong(
          values,
          sums.map((sum, index) => sum + more.values[index]),
        ),
      ).toEqual([]);
    }
  });

  test('a dense layer is the same product for every place', async () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 0, maxLength: 3 });
    const side = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(shapes, side, side, fc.boolean(), async (places, last, units, useBias) => {
        const all = { height: size(places), width: 1, channels: last, filters: units, useBias };
        const point = { kernel_size: [1, 1], strides: [1, 1], dilation_rate: [1, 1] } as const;
        const { inputs, weights, sums } = made(
          { ...all, ...point, padding: 'valid', seed: 7 },
          true,
        );
        const matrix = { ...weights, kernel: { ...weights.kernel, shape: [last, units] } };
        const x = { ...inputs[0], shape: [...places, last] };
        const shape = [...places, units];

        const values = await runLayer({ binary, inputs: [x], weights: matrix, shape }, dense);

        expect(wrong(values, sums)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('what is added comes before the bounds, and the output may lie within another', async () => {
    const around = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 3 })));
    const bounds = fc.constantFrom('linear' as const, 'relu' as const, 'relu6' as const);
    await fc.assert(
      fc.asyncProperty(
        settings,
        around,
        bounds,
        fc.boolean(),
        async (setting, gap, activation, adds) => {
          const { sums, shape, inputs, ...rest } = made(setting, true);
          const [top, left, right, channel] = gap;
          const [height, width, filters] = shape;
          const outer = [top + height + 1, left + width + right, filters + channel];
          const [step, line] = [outer[2] * 4, outer[2] * outer[1] * 4];
          const before = given(outer, numbers(size(outer), setting.seed, true));
          const inner = (top * outer[1] + left) * step;
          const at = (index: number) => {
            const place = Math.floor(index / filters);
            const [row, column] = [Math.floor(place / width), place % width];
            return (inner + row * line + column * step) / 4 + (index % filters);
          };
          // What nobody wrote to is not a number.
          const expected = given(outer, new Float32Array(size(outer)).fill(Number.NaN));
          for (const [index, sum] of sums.entries()) {
            const value = sum + (adds ? before.values[at(index)] : 0);
            const low = activation === 'linear' ? value : Math.max(0, value);
            expected.values[at(index)] = activation === 'relu6' ? Math.min(6, low) : low;
          }

          const values = await runLayer(
            {
              binary,
              config: { ...setting },
              activation,
              inputs: [...inputs, before],
              shape,
              ...rest,
            },
            (job, [, added]) => {
              const whole = job.writer.tensor(outer);
              const to = { place: further(whole.place, inner), step, line };
              const fusion = { to, ...(adds && { added: further(added.place, inner) }) };
              writeConvolution(job, fusion);
              return whole;
            },
          );

          expect(wrong(values, expected.values)).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('zeros around the input are those of a layer before', async () => {
    const around = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 4 })));
    await fc.assert(
      fc.asyncProperty(settings, around, async (setting, [top, bottom, left, right]) => {
        const { inputs, weights } = made(setting, true);
        const { height, width, channels } = setting;
        const outer = [top + height + bottom, left + width + right, channels];
        const framed = given(outer, new Float32Array(size(outer)));
        for (const [index, value] of inputs[0].values.entries()) {
          const place = Math.floor(index / channels);
          const [row, column] = [Math.floor(place / width) + top, (place % width) + left];
          framed.values[(row * outer[1] + column) * channels + (index % channels)] = value;
        }
        const bias = 'bias' in weights ? weights.bias : undefined;
        const { shape, sums } = byDefinition(framed, weights.kernel, bias, setting);

        const values = await runLayer(
          { binary, config: { ...setting }, inputs, weights, shape },
          (job) =>
            writeConvolution(job, {
              frame: [
                [top, bottom],
                [left, right],
              ],
            }),
        );

        expect(wrong(values, sums)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('another activation comes after the sums', async () => {
    const setting: Setting = {
      ...{ height: 9, width: 5, channels: 3, filters: 11, kernel_size: [3, 3], strides: [1, 1] },
      ...{ dilation_rate: [1, 1], padding: 'same', useBias: true, seed: 11 },
    };
    const { sums, ...rest } = made(setting, true);

    const calls: unknown[] = [];
    await runLayer({ binary, config: { ...setting }, activation: 'softmax', ...rest }, (job) => {
      const call = job.writer.call.bind(job.writer);
      job.writer.call = (kernel, ...parameters) => {
        if (kernel !== 'softmax') return call(kernel, ...parameters);
        calls.push(parameters.slice(2));
      };
      return convolution(job);
    });

    expect(calls).toEqual([[45, 11]]);
  });

  test('a long sum of values of one sign is as near to the true one as a short one', async () => {
    const values = 87_616;
    const x = given([values], new Float32Array(values).fill(0.1));
    const kernel = given([values, 1], new Float32Array(values).fill(0.3));
    const weights = { kernel, bias: given([1], [1]) };

    const [sum] = await runLayer({ binary, inputs: [x], weights, shape: [1] }, dense);

    const size = values * Math.fround(0.1) * Math.fround(0.3) + 1;
    expect(Math.abs(sum - size)).toBeLessThan(bound(values, size));
  });

  test('a matrix of another layer may take the place of weights', async () => {
    const sides = fc.tuple(...Array.from({ length: 3 }, () => fc.integer({ min: 1, max: 20 })));
    await fc.assert(
      fc.asyncProperty(sides, fc.boolean(), async ([rows, side, columns], isLong) => {
        const values = isLong ? side * 60 : side;
        const one = given([rows, values], numbers(rows * values, 3, true));
        const other = given([values, columns], numbers(values * columns, 4, true));
        const expected = Array.from({ length: rows * columns }, (_, index) => {
          const [row, column] = [Math.floor(index / columns), index % columns];
          let sum = 0;
          for (let k = 0; k < values; k++) {
            sum += one.values[row * values + k] * other.values[k * columns + column];
          }
          return sum;
        });

        const product = await runLayer(
          { binary, inputs: [one, other], shape: [rows, columns] },
          ({ writer, shape }, [x, matrix]) => {
            const weights = packedAgain(writer, matrix.place, [values, columns]);
            const y = writer.tensor(shape);
            const from = { place: x.place, step: values * 4, line: 0 };
            const to = { place: y.place, step: columns * 4, line: 0 };
            convolve(writer, { from, weights, to, clamp: UNBOUNDED, across: rows, places: rows });
            return y;
          },
        );

        expect(wrong(product, expected)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test('sums are as near to the true ones as their blocks allow', async () => {
    const odd = { strides: [1, 1], dilation_rate: [1, 1], useBias: true, seed: 5 } as const;
    const cases: Setting[] = [
      {
        ...odd,
        height: 1,
        width: 1,
        channels: 5000,
        filters: 9,
        kernel_size: [1, 1],
        padding: 'same',
      },
      {
        ...odd,
        height: 3,
        width: 5,
        channels: 700,
        filters: 3,
        kernel_size: [3, 3],
        padding: 'same',
      },
      {
        ...odd,
        height: 7,
        width: 7,
        channels: 60,
        filters: 20,
        kernel_size: [5, 5],
        padding: 'valid',
      },
    ];
    for (const setting of cases) {
      const { sums, sizes, ...rest } = made(setting, false);

      const values = await runLayer({ binary, config: { ...setting }, ...rest }, convolution);

      const taps = size(setting.kernel_size) * setting.channels;
      for (const [index, value] of values.entries()) {
        expect(Math.abs(value - sums[index])).toBeLessThan(bound(taps, sizes[index]));
      }
    }
  });
});

test.each([5, 1])(
  'the plain binary adds in the order that is written down: %i places',
  async (places) => {
    const [values, columns] = [701, 3];
    const x = given([places, values], numbers(places * values, 17, false));
    const kernel = given([values, columns], numbers(values * columns, 18, false));
    const bias = given([columns], numbers(columns, 19, false));
    // Three pieces; a tile of one row has four sums, the first of which takes what is left of four.
    const sets = places === 1 ? 4 : 1;
    const expected = Array.from({ length: places * columns }, (_, index) => {
      const [place, column] = [Math.floor(index / columns), index % columns];
      let total = 0;
      for (const [first, count] of [
        [0, 233],
        [233, 234],
        [467, 234],
      ]) {
        const sums = [first === 0 ? bias.values[column] : 0, 0, 0, 0];
        for (let k = 0; k < count; k++) {
          const set = k < count - (count % 4) ? k % sets : 0;
          const [a, b] = [
            x.values[place * values + first + k],
            kernel.values[(first + k) * columns + column],
          ];
          sums[set] = Math.fround(sums[set] + Math.fround(a * b));
        }
        const halves = [Math.fround(sums[0] + sums[1]), Math.fround(sums[2] + sums[3])];
        total = Math.fround(Math.fround(halves[0] + halves[1]) + total);
      }
      return total;
    });

    const result = await runLayer(
      { binary: 'plain', inputs: [x], weights: { kernel, bias }, shape: [places, columns] },
      dense,
    );

    expect([...result]).toEqual(expected);
  },
);
