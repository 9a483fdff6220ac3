/** Names of the places where the arithmetic can run, and what may be expected of them. */

import type { BackendName } from './constants.generated.js';
import { KerasportError, quote } from './errors.js';

/**
 * A backend, or `auto`: wasm, else webgl, else cpu; then whichever of the graphics processor's is
 * faster on this device and passes the self-test.
 */
export type BackendChoice = 'auto' | BackendName;

/** Every backend, in the order in which messages name them. Each has a script of its own. */
const NAMES: readonly BackendName[] = ['wasm', 'webgl', 'webgpu', 'cpu'];

/** What `auto` starts on: the first that works. */
const FIRST: readonly BackendName[] = ['wasm', 'webgl', 'cpu'];

/** What `auto` may move to. */
export const FASTER: readonly BackendName[] = ['webgl', 'webgpu'];

/** The backends to try, in this order. */
export function candidates(choice: BackendChoice): readonly BackendName[] {
  if (choice === 'auto') return FIRST;
  if (NAMES.includes(choice)) return [choice];
  throw new KerasportError(
    'invalid-argument',
    `The backend is ${quote(choice)}. Expected one of: auto, ${NAMES.join(', ')}.`,
  );
}
