/** Which of the engine's binaries is taken. */

import { expect, test, vi } from 'vitest';
import { assemble } from '../../../web/kernels/assemble.mjs';
import { startKernels } from '../../../web/src/client/engine/binary.js';

/** A fresh copy, which has not chosen yet. */
async function fresh() {
  vi.resetModules();
  return import('../../../web/src/client/engine/binary.js');
}

test('the probe is a module that these engines take, and its answer decides', async () => {
  const probe = await assemble('probe');
  const { instance } = await WebAssembly.instantiate(probe);
  const isFused = (instance.exports.isFused as () => number)();

  const { best } = await fresh();

  expect([0, 1]).toContain(isFused);
  expect((await best()).name).toBe(isFused ? 'relaxed' : 'plain');
});

test('without relaxed SIMD the plain binary is taken', async () => {
  const probe = await assemble('probe');
  const { validate } = WebAssembly;
  const isProbe = (bytes: BufferSource) => bytes.byteLength === probe.byteLength;
  vi.spyOn(WebAssembly, 'validate').mockImplementation(
    (bytes) => !isProbe(bytes) && validate(bytes),
  );
  const { best } = await fresh();

  expect((await best()).name).toBe('plain');

  vi.restoreAllMocks();
});

test('without SIMD it is said what is missing', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  const { best } = await fresh();

  await expect(best()).rejects.toThrow('this browser has no WebAssembly SIMD');

  vi.restoreAllMocks();
});

test.each(['plain', 'relaxed'] as const)('the %s binary has every kernel', async (binary) => {
  const { functions, memory } = await startKernels(100_000, binary);

  expect(memory.buffer.byteLength).toBe(2 * 2 ** 16);
  expect(Object.keys(functions)).toEqual(
    expect.arrayContaining(['convolve', 'depthwise', 'softmax']),
  );
});
