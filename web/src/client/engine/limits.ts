/** What a model may cost on the engine, checked while it is written down: before memory is taken. */

import { MAX_ENGINE_BYTES, MAX_ENGINE_CALLS } from '../constants.generated.js';

/** @throws where the kernels cannot address so many bytes. */
export function checkBytes(bytes: number): void {
  if (bytes <= MAX_ENGINE_BYTES) return;
  throw new Error(
    `The model needs ${shown(bytes)} bytes on the engine. Expected at most ` +
      `${shown(MAX_ENGINE_BYTES)}.`,
  );
}

/** @throws where a list of so many calls would take longer to write than any model is worth. */
export function checkCalls(count: number): void {
  if (count <= MAX_ENGINE_CALLS) return;
  throw new Error(
    `The model takes more than ${shown(MAX_ENGINE_CALLS)} calls of the engine's kernels. ` +
      'Expected fewer.',
  );
}

function shown(count: number): string {
  return count.toLocaleString('en-US');
}
