/** The engine's kernels that move values. */

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { BINARIES, KernelRuns } from './kernel-runs.js';

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
});
