/** The engine's WebAssembly modules. */

import { activations, swish } from './activations.mjs';
import { affine, combinations } from './combinations.mjs';
import { copies } from './copies.mjs';
import { depthwise } from './depthwise.mjs';
import { excerpt } from './excerpt.mjs';
import { matrix } from './matrix.mjs';
import { layerNormalization } from './normalization.mjs';
import { pools } from './pooling.mjs';
import { rectifiers } from './rectifiers.mjs';
import { softmaxes } from './softmax.mjs';
import { storeRest } from './vectors.mjs';
import { f32x4, TARGETS } from './wat.mjs';
import { winograd } from './winograd.mjs';

/**
 * A module of these functions: it takes its memory from outside, and every function in it works on
 * float32 values at byte addresses that the planner gave out.
 *
 * @param {readonly string[]} kernels
 */
const moduleOf = (kernels) => `(module
(import "env" "memory" (memory 1))
${kernels.join('\n')}
)`;

/**
 * The modules' texts: products with weights are worth instructions of their own where there are such,
 * and what stands beside them is the same everywhere, to the bit.
 */
export const MODULES = {
  probe,
  plain: () => products(TARGETS.plain),
  relaxed: () => products(TARGETS.relaxed),
  common: () =>
    moduleOf([
      storeRest(),
      copies(),
      rectifiers(),
      activations(TARGETS.plain),
      softmaxes(TARGETS.plain),
      combinations(),
      affine(TARGETS.plain),
      layerNormalization(TARGETS.plain),
      pools(),
    ]),
};

/** @param {import('./wat.mjs').Target} target */
function products(target) {
  return moduleOf([
    storeRest(),
    excerpt(),
    matrix(target),
    depthwise(target),
    winograd(target),
    swish(target),
  ]);
}

/**
 * A module of its own, which only engines with relaxed SIMD take: `isFused()` says whether a
 * multiply-add rounds once. (1 + 2^-12) (1 - 2^-12) - 1 is -2^-24 then, and 0 where the product is
 * rounded first.
 */
function probe() {
  const sum = TARGETS.relaxed.multiplyAdd(f32x4(-1), f32x4(1 + 2 ** -12), f32x4(1 - 2 ** -12));
  return `(module (func (export "isFused") (result i32)
    (f32.ne (f32x4.extract_lane 0 ${sum}) (f32.const 0))))`;
}
