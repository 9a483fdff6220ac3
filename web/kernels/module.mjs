/** The engine's WebAssembly module, written for one target. */

import { activations } from './activations.mjs';
import { affine, combinations } from './combinations.mjs';
import { copies } from './copies.mjs';
import { depthwise } from './depthwise.mjs';
import { excerpts } from './excerpt.mjs';
import { frame } from './frame.mjs';
import { matrix } from './matrix.mjs';
import { layerNormalization } from './normalization.mjs';
import { pools } from './pooling.mjs';
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
  const kernels = [
    storeRest(),
    copies(),
    frame(),
    excerpts(),
    rectifiers(),
    activations(target),
    softmaxes(target),
    combinations(),
    affine(target),
    layerNormalization(target),
    pools(),
    matrix(target),
    depthwise(target),
    winograd(target),
  ];
  return `(module ;; ${target.name}
(import "env" "memory" (memory 1))
${kernels.join('\n')}
)`;
}
