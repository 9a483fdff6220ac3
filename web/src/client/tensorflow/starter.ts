/** What a backend of TensorFlow.js needs before and while it works. */

import { KerasportError } from '../errors.js';

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
