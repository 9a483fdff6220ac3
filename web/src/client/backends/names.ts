/** Names of the places where the arithmetic can run, and what may be expected of them. */

import type { BackendName } from '../constants.generated.js';
import { KerasportError, quote } from '../errors.js';

/**
 * A backend, or `auto`: wasm, else webgl, else cpu; then whichever of the graphics processor's is
 * faster on this device and passes the self-test.
 */
export type BackendChoice = 'auto' | BackendName;

/** Scripts that hold backends: those of the graphics processor are loaded only when tried. */
export type CoreName = Exclude<BackendName, 'cpu'>;

/** In which script a backend is: every backend, in the order in which messages name them. */
export const CORE_OF: Readonly<Record<BackendName, CoreName>> = {
  wasm: 'wasm',
  webgl: 'webgl',
  webgpu: 'webgpu',
  cpu: 'wasm',
};

/** What `auto` starts on: the first that works. */
const FIRST: readonly BackendName[] = ['wasm', 'webgl', 'cpu'];

/** What `auto` may move to. */
export const FASTER: readonly BackendName[] = ['webgl', 'webgpu'];

/** The backends to try, in this order. */
export function candidates(choice: BackendChoice): readonly BackendName[] {
  if (choice === 'auto') return FIRST;
  if (Object.hasOwn(CORE_OF, choice)) return [choice];
  throw new KerasportError(
    'invalid-argument',
    `The backend is ${quote(choice)}. Expected one of: auto, ${Object.keys(CORE_OF).join(', ')}.`,
  );
}

/** Brings one backend of TensorFlow.js up. */
export interface BackendStarter {
  /** Registers the backend; throws where the device does not have it. */
  start(): Promise<void>;
  /**
   * Calls `listener` when the device is taken away, at once if it is gone: then what is being
   * computed never ends. Returns what ends the listening, so that nothing outlives its work.
   */
  onLost(listener: () => void): () => void;
}

/** For backends that no browser takes away. */
export function neverLost(): () => void {
  return () => {};
}

/** The error of a device that was taken away: the model can be loaded anew, elsewhere. */
export function contextLost(): KerasportError {
  return new KerasportError(
    'inference-failed',
    'The browser took the graphics processor away. Load the model again, or use the wasm backend.',
    { kind: 'context-lost' },
  );
}
