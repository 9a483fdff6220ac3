/** Names of the places where the arithmetic can run, and what may be expected of them. */

import { KerasportError, quote } from '../errors.js';

/** Where the arithmetic runs. */
export type BackendName = 'wasm' | 'webgl' | 'webgpu' | 'cpu';

/**
 * A backend, or `auto`: wasm, else webgl, else cpu; then whichever of the graphics processor's is
 * faster on this device and passes the self-test.
 */
export type BackendChoice = 'auto' | BackendName;

/** Scripts that hold backends: those of the graphics processor are loaded only when tried. */
export type CoreName = 'wasm' | 'webgl' | 'webgpu';

/** In which script a backend is. */
export const CORE_OF: Readonly<Record<BackendName, CoreName>> = {
  cpu: 'wasm',
  wasm: 'wasm',
  webgl: 'webgl',
  webgpu: 'webgpu',
};

/** What `auto` starts on: the first that works. */
const FIRST: readonly BackendName[] = ['wasm', 'webgl', 'cpu'];

/** What `auto` may move to. */
export const FASTER: readonly BackendName[] = ['webgl', 'webgpu'];

/** Largest difference of a probability from Keras that is float rounding. */
export const TOLERANCE: Readonly<Record<BackendName, number>> = {
  cpu: 1e-5,
  wasm: 1e-5,
  // GPUs round multiplications and their exponential function more freely.
  webgl: 1e-4,
  webgpu: 1e-4,
};

/** The backends to try, in this order. */
export function candidates(choice: BackendChoice): readonly BackendName[] {
  if (choice === 'auto') return FIRST;
  if (Object.hasOwn(TOLERANCE, choice)) return [choice];
  throw new KerasportError(
    'invalid-argument',
    `The backend is ${quote(choice)}. Expected one of: auto, wasm, webgl, webgpu, cpu.`,
  );
}

/** Brings one backend of TensorFlow.js up. */
export interface BackendStarter {
  /** Registers the backend; throws where the device does not have it. */
  start(): Promise<void>;
  /** Resolves when the device was taken away: then what is being computed never ends. */
  lost(): Promise<void>;
}

/** The error of a device that was taken away: the model can be loaded anew, elsewhere. */
export function contextLost(): KerasportError {
  return new KerasportError(
    'inference-failed',
    'The browser took the graphics processor away. Load the model again, or use the wasm backend.',
    { kind: 'context-lost' },
  );
}
