/** The engine's kernels whose output may be their input. */

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { KernelRuns } from './kernel-runs.js';
import { random } from './layer-runs.js';
import { BINARIES } from './watched.js';

const shape = fc.record({
  rows: fc.integer({ min: 1, max: 6 }),
  columns: fc.integer({ min: 1, max: 70 }),
  seed: fc.nat(),
});
const COMBINATIONS = ['add', 'multiply', 'divide', 'maximum', 'minimum', 'slope', 'above'];

describe.each(BINARIES)('%s', (binary) => {
  let kernels: KernelRuns;

  beforeAll(async () => {
    kernels = await KernelRuns.start(binary);
  });

  test.each(COMBINATIONS)('%s takes rows, one row, one value per row, or one value', (name) => {
    const walks = fc.constantFrom([1, 1], [0, 1], [1, 0], [0, 0]);
    fc.assert(
      fc.property(shape, walks, ({ rows, columns, seed }, [isRow, isColumn]) => {
        const [height, width] = [isRow ? rows : 1, isColumn ? columns : 1];
        const a = random([rows * columns], seed).values;
        const b = random([height * width], seed + 1).values;
        const size = [rows, columns, isRow * width * 4, isColumn * 16];
        const [, , apart] = kernels.run(
          name,
          [a, b, { values: a.length }],
          ([first, second, to]) => [first, second, to, ...size],
        );
        // A whole tensor of the second one's values takes another way through the kernel.
        const all = a.map((_, at) => {
          const [row, column] = [Math.floor(at / columns), at % columns];
          return b[(isRow ? row : 0) * width + (isColumn ? column : 0)];
        });
        const [, same] = kernels.run(name, [a, all], ([first, second]) => [
          ...[first, second, second, 1, a.length, 0, 16],
        ]);
        const [first] = kernels.run(name, [a, b], ([both, second]) => [
          ...[both, second, both, ...size],
        ]);
        expect(first).toEqual(apart);
        expect(same).toEqual(apart);
      }),
    );
  });

  test.each(['affine', 'layerNormalization'])('%s', (name) => {
    fc.assert(
      fc.property(shape, ({ rows, columns, seed }) => {
        const x = random([rows * columns], seed).values;
        const [first, second] = [1, 2].map((more) => random([columns], seed + more).values);
        const more = name === 'affine' ? [] : [0.001];
        const [, apart] = kernels.run(
          name,
          [x, { values: x.length }, first, second],
          ([from, to, ...factors]) => [from, to, rows, columns, ...factors, ...more],
        );
        const [same] = kernels.run(name, [x, first, second], ([both, ...factors]) => [
          ...[both, both, rows, columns, ...factors, ...more],
        ]);
        expect(same).toEqual(apart);
      }),
    );
  });
});
