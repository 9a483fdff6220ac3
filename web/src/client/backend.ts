/** Starts TensorFlow.js' backends without touching the network. */

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { KerasportError, messageOf, quote } from './errors.js';
import { wasmBinary } from './wasm-binary.js';

/** Where the arithmetic runs. */
export type BackendName = 'wasm' | 'webgl' | 'cpu';

/** A backend, or `auto`: wasm, else webgl, else cpu. */
export type BackendChoice = 'auto' | BackendName;

const BY_PREFERENCE: readonly BackendName[] = ['wasm', 'webgl', 'cpu'];

/** Largest difference of a probability from Keras that is float rounding. */
export const TOLERANCE: Readonly<Record<BackendName, number>> = {
  cpu: 1e-5,
  wasm: 1e-5,
  // GPUs round multiplications and their exponential function more freely.
  webgl: 1e-4,
};

/**
 * Starts the chosen backend and makes it the current one.
 *
 * @throws {@link KerasportError} `backend-unavailable` with the reason of each that was tried.
 */
export async function startBackend(choice: BackendChoice): Promise<BackendName> {
  const candidates = choice === 'auto' ? BY_PREFERENCE : [choice];
  if (!candidates.every((name) => BY_PREFERENCE.includes(name))) {
    throw new KerasportError(
      'invalid-argument',
      `The backend is ${quote(choice)}. Expected one of: auto, ${BY_PREFERENCE.join(', ')}.`,
    );
  }
  const failures: string[] = [];
  for (const name of candidates) {
    try {
      if (name === 'wasm') await prepareWasm();
      if (await tf.setBackend(name)) return name;
      failures.push(`${name}: it does not start on this device`);
    } catch (error) {
      failures.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new KerasportError(
    'backend-unavailable',
    `No backend can run the model (${failures.join('; ')}). ` +
      'Try another backend or a current browser.',
  );
}

/** The smallest module there is: its header alone. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const BINARY_PATH = 'kerasport:wasm';

let wasmPrepared = false;

async function prepareWasm(): Promise<void> {
  if (wasmPrepared) return;
  // TensorFlow.js waits for ever when a Content-Security-Policy forbids WebAssembly, so ask first.
  await WebAssembly.instantiate(EMPTY_MODULE);
  const environment = tf.env();
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
  wasmPrepared = true;
}
