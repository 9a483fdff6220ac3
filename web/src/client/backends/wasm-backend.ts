/** Starts TensorFlow.js' WebAssembly backend without touching the network. */

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { env } from '@tensorflow/tfjs-core';
import { type BackendStarter, neverLost } from './names.js';
import { wasmBinary } from './wasm-binary.js';

/** The smallest module there is: its header alone. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const BINARY_PATH = 'kerasport:wasm';

let prepared: Promise<void> | undefined;

/** The backend `wasm`, with vectors, on one thread. */
export const wasmStarter: BackendStarter = {
  start() {
    prepared ??= prepare();
    return prepared;
  },
  onLost: neverLost,
};

async function prepare(): Promise<void> {
  // TensorFlow.js waits for ever when a Content-Security-Policy forbids WebAssembly, so ask first.
  await WebAssembly.instantiate(EMPTY_MODULE);
  const environment = env();
  if (!(await environment.getAsync('WASM_HAS_SIMD_SUPPORT'))) {
    throw new Error('this browser has no WebAssembly SIMD');
  }
  // Only the binary for one thread is inlined; threads need headers that file:// cannot send.
  environment.set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const binary = await wasmBinary();
  const { platform } = environment;
  const fetchElsewhere = platform.fetch.bind(platform);
  platform.fetch = async (path, init, options) =>
    path === BINARY_PATH ? new Response(binary) : fetchElsewhere(path, init, options);
  setWasmPaths(
    {
      'tfjs-backend-wasm.wasm': BINARY_PATH,
      'tfjs-backend-wasm-simd.wasm': BINARY_PATH,
      'tfjs-backend-wasm-threaded-simd.wasm': BINARY_PATH,
    },
    true,
  );
}
