/** Layers that move values on the engine: exactly the same values at other places. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LAYER_WRITERS } from '../../../web/src/client/engine/layers/table.js';
import { ProgramWriter } from '../../../web/src/client/engine/program.js';
import { answerOf, at, type Case, everywhere, random, type Values } from './layer-runs.js';
import { BINARIES } from './watched.js';

const RUNS = { numRuns: 60 };
const seed = fc.nat();
const side = fc.integer({ min: 1, max: 6 });
const channels = fc.oneof(side, fc.integer({ min: 1, max: 70 }));
const picture = fc
  .tuple(side, side, channels, seed)
  .map(([height, width, depth, start]) => random([height, width, depth], start));
const border = fc.tuple(
  fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
  fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
);
const tensor = fc
  .tuple(fc.array(side, { minLength: 1, maxLength: 5 }), seed)
  .map(([shape, start]) => random(shape, start));

describe.each(BINARIES)('%s', (binary) => {
  /** Checks that a layer has at each place what `of` says. */
  const check = async (layer: Case, of: (indices: number[]) => number) => {
    const { shape, values } = await answerOf(binary, layer);
    expect([...values]).toEqual(everywhere(shape, of));
  };

  test('Flatten and Reshape only see another shape', async () => {
    const property = fc.asyncProperty(tensor, async (x) => {
      const flat = await answerOf(binary, { layer: 'Flatten', inputs: [x] });
      expect(flat).toEqual({ shape: [x.values.length], values: x.values });
      const config = { target_shape: [1, -1, 1] };
      const shaped = await answerOf(binary, { layer: 'Reshape', config, inputs: [x] });
      expect(shaped).toEqual({ shape: [1, x.values.length, 1], values: x.values });
    });
    await fc.assert(property, { numRuns: 20 });
  });

  test('Permute moves axes in any order', async () => {
    const orders = tensor.chain((x) => {
      const axes = x.shape.map((_, axis) => axis + 1);
      return fc.record({
        x: fc.constant(x),
        dims: fc.shuffledSubarray(axes, { minLength: axes.length }),
      });
    });
    const property = fc.asyncProperty(orders, async ({ x, dims }) => {
      await check({ layer: 'Permute', config: { dims }, inputs: [x] }, (indices) => {
        const source: number[] = [];
        for (const [axis, from] of dims.entries()) source[from - 1] = indices[axis];
        return at(x, source);
      });
    });
    await fc.assert(property, { numRuns: 150 });
  });

  test('Cropping2D cuts a border off', async () => {
    const property = fc.asyncProperty(picture, border, async (x, cropping) => {
      const [[top, bottom], [left, right]] = cropping;
      fc.pre(top + bottom < x.shape[0] && left + right < x.shape[1]);
      await check({ layer: 'Cropping2D', config: { cropping }, inputs: [x] }, ([row, column, c]) =>
        at(x, [row + top, column + left, c]),
      );
    });
    await fc.assert(property, RUNS);
  });

  test('ZeroPadding2D adds a border of zeros', async () => {
    const property = fc.asyncProperty(picture, border, async (x, padding) => {
      const [height, width] = x.shape;
      const [[top], [left]] = padding;
      await check(
        { layer: 'ZeroPadding2D', config: { padding }, inputs: [x] },
        ([row, column, c]) => {
          const [y, z] = [row - top, column - left];
          const isInside = y >= 0 && y < height && z >= 0 && z < width;
          // `at` takes any index where a side is 1.
          return isInside ? at(x, [y, z, c]) : 0;
        },
      );
    });
    await fc.assert(property, RUNS);
  });

  test('UpSampling2D repeats rows and columns', async () => {
    const size = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }));
    const property = fc.asyncProperty(picture, size, async (x, [rows, columns]) => {
      const config = { size: [rows, columns] };
      await check({ layer: 'UpSampling2D', config, inputs: [x] }, ([row, column, c]) =>
        at(x, [Math.floor(row / rows), Math.floor(column / columns), c]),
      );
    });
    await fc.assert(property, RUNS);
  });

  test('one pixel becomes a large picture in few calls', async () => {
    const x = { shape: [1, 1, 1], values: Float32Array.of(3) };

    const { values } = await answerOf(binary, {
      ...{ layer: 'UpSampling2D', config: { size: [301, 299] }, inputs: [x] },
    });

    expect(values.length).toBe(301 * 299);
    expect(values.every((value) => value === 3)).toBe(true);
  });

  const pieces = fc
    .record({
      shape: fc.array(side, { minLength: 1, maxLength: 4 }),
      lengths: fc.array(channels, { minLength: 1, maxLength: 4 }),
      axis: fc.nat(),
      fromEnd: fc.boolean(),
      seed,
    })
    .map(({ shape, lengths, axis, fromEnd, seed: start }) => {
      const place = axis % shape.length;
      const inputs = lengths.map((length, index) =>
        random(
          shape.map((each, at) => (at === place ? length : each)),
          start + index,
        ),
      );
      return { inputs, place, axis: fromEnd ? place - shape.length : place + 1 };
    });

  test('Concatenate joins tensors along any axis', async () => {
    const property = fc.asyncProperty(pieces, async ({ inputs, place, axis }) => {
      await check({ layer: 'Concatenate', config: { axis }, inputs }, (indices) => {
        let [input, index] = [0, indices[place]];
        while (index >= inputs[input].shape[place]) index -= inputs[input++].shape[place];
        const source = indices.map((each, at) => (at === place ? index : each));
        return at(inputs[input] as Values, source);
      });
    });
    await fc.assert(property, RUNS);
  });
});

/** Number of calls that a layer is written in. */
function callsOf(layer: keyof typeof LAYER_WRITERS, job: Pick<Case, 'config'>, shapes: number[][]) {
  const writer = new ProgramWriter();
  const inputs = shapes.map((shape) => writer.tensor(shape));
  const settings = { config: {}, ...job, weights: {}, activation: 'linear' as const };
  LAYER_WRITERS[layer]({ writer, inputs, ...settings, shape: [] });
  return writer.length;
}

test('however large a tensor is, it takes few calls', () => {
  const sides = [400, 1, 400, 1, 400];

  expect(callsOf('UpSampling2D', { config: { size: [8192, 8192] } }, [[1, 1, 1]])).toBe(28);
  expect(callsOf('Permute', { config: { dims: [5, 4, 3, 2, 1] } }, [[9, 9, 9, 9, 9]])).toBe(4);
  expect(callsOf('Add', {}, [sides, [1, 20, 1, 20, 1]])).toBeLessThan(64);
  expect(
    callsOf('Add', {}, [
      [5000, 5000],
      [5000, 1],
    ]),
  ).toBe(1);
});
