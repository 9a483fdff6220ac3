/** The engine's kernels that move values. */

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { KernelRuns } from './kernel-runs.js';
import { BINARIES } from './watched.js';

describe.each(BINARIES)('%s', (binary) => {
  let kernels: KernelRuns;

  beforeAll(async () => {
    kernels = await KernelRuns.start(binary);
  });

  test('bytes become the same numbers, however many they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
        padded.set(bytes);
        const [, y] = kernels.run(
          'bytesToFloats',
          [new Float32Array(padded.buffer), { values: bytes.length }],
          ([from, to]) => [from, to, bytes.length],
        );
        expect([...y]).toEqual([...bytes]);
      }),
    );
  });

  const count = fc.integer({ min: 1, max: 4 });

  test('groups of blocks of rows go where they are told', () => {
    const shape = fc.tuple(
      count,
      count,
      count,
      fc.integer({ min: 1, max: 40 }),
      fc.nat({ max: 5 }),
    );
    fc.assert(
      fc.property(shape, ([groups, blocks, rows, values, gap]) => {
        const [run, block] = [values + gap, (values + gap) * rows];
        const size = groups * blocks * block;
        const x = Float32Array.from({ length: size }, (_, index) => index + 1);
        const y = new Float32Array(size).fill(-1);
        // Rows and blocks change places on the way.
        const [, moved] = kernels.run('copyRows', [x, y], ([from, to]) => [
          ...[from, to, values * 4, rows, run * 4, run * blocks * 4],
          ...[blocks, block * 4, run * 4, groups, block * blocks * 4],
        ]);
        for (let index = 0; index < size; index++) {
          const place = index % run;
          const column = Math.floor(index / run) % blocks;
          const row = Math.floor(index / run / blocks) % rows;
          const group = Math.floor(index / run / blocks / rows);
          const source = ((group * blocks + column) * rows + row) * run + place;
          expect(moved[index]).toBe(place < values ? x[source] : -1);
        }
      }),
    );
  });

  test('rows become 0, and nothing between them', () => {
    fc.assert(
      fc.property(count, fc.nat({ max: 20 }), fc.nat({ max: 3 }), (rows, values, gap) => {
        const y = new Float32Array(rows * (values + gap)).fill(1);
        const [cleared] = kernels.run('zeroRows', [y], ([to]) => [
          ...[to, values * 4, rows, (values + gap) * 4],
        ]);
        const expected = y.map((_, index) => (index % (values + gap) < values ? 0 : 1));
        expect(cleared).toEqual(expected);
      }),
    );
  });
});
