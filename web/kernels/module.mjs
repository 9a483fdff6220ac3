/** The engine's WebAssembly module, written for one target. */

import { activations } from './activations.mjs';
import { copies } from './copies.mjs';
import { depthwise } from './depthwise.mjs';
import { excerpts } from './excerpt.mjs';
import { frame } from './frame.mjs';
import { matrix } from './matrix.mjs';
import { rectifiers } from './rectifiers.mjs';
import { softmaxes } from './softmax.mjs';
import { storeRest } from './vectors.mjs';
import { winograd } from './winograd.mjs';

/**
 * The text of the module: it takes its memory from outside, and every function in it works on float32
 * values at byte addresses that the planner gave out.
 *
 * @param {import('./wat.mjs').Target} target
 */
export function moduleText(target) {
  return `(module ;; ${target.name}
(import "env" "memory" (memory 1))
${[rectifiers(), frame(), matrix(target), storeRest(), copies(), activations(target), softmaxes(target), excerpts(), depthwise(target)].join('\n')}
)`;
}
