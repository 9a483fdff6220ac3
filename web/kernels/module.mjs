/** The engine's WebAssembly module, written for one target. */

import { depthwise } from './depthwise.mjs';
import { excerpts } from './excerpt.mjs';
import { rectifiers } from './rectifiers.mjs';

/**
 * The text of the module: it takes its memory from outside, and every function in it works on float32
 * values at byte addresses that the planner gave out.
 *
 * @param {import('./wat.mjs').Target} target
 */
export function moduleText(target) {
  return `(module ;; ${target.name}
(import "env" "memory" (memory 1))
${[rectifiers(), excerpts(), depthwise(target)].join('\n')}
)`;
}
