/** Loops over vectors of four values, and what is done with the last one. */

import { advance, each, get, i32, kernel, set, whilst } from './wat.mjs';

/** Vectors that one round computes where there are as many. */
const AT_ONCE = 2;

/** Bytes of a vector. */
export const VECTOR = 16;

/**
 * `$storeRest(y, v, left)`, for the module's own kernels: writes the first `left` lanes, 1 to 3.
 *
 * @returns {string} the function's text.
 */
export function storeRest() {
  const lane = (/** @type {number} */ index) =>
    `(v128.store32_lane offset=${index * 4} ${index} ${get('y')} ${get('v')})`;
  return `(func $storeRest (param $y i32) (param $v v128) (param $left i32)
    ${lane(0)}
    (br_if 0 (i32.lt_s ${get('left')} ${i32(2)}))
    ${lane(1)}
    (br_if 0 (i32.lt_s ${get('left')} ${i32(3)}))
    ${lane(2)})`;
}

/**
 * Writes as many lanes of a vector as are left of a row, and goes to the next vector.
 *
 * @param {string} y local of the address.
 * @param {string} value what the local `v` gets.
 * @param {string} left local of the number of values that are left.
 */
export const storeSome = (y, value, left) => `${set('v', value)}
  (if (i32.ge_s ${get(left)} ${i32(4)})
    (then (v128.store ${get(y)} ${get('v')}))
    (else (call $storeRest ${get(y)} ${get('v')} ${get(left)})))
  ${advance(y, i32(VECTOR))}
  ${set(left, `(i32.sub ${get(left)} ${i32(4)})`)}`;

/**
 * A kernel of `x`, `y`, `count` and others: `y[i]` from `x[i]`. `y` may be `x`.
 *
 * @param {string} name
 * @param {readonly string[]} others further parameters.
 * @param {readonly string[]} vectors locals of vectors, beside `v`.
 * @param {...string} steps what is computed from the vector in `v`; the last one is the result.
 */
export function eachVector(name, others, vectors, ...steps) {
  const locals = Object.fromEntries(
    ['v', ...vectors].map((id) => [id, /** @type {const} */ ('v128')]),
  );
  return kernel(
    name,
    ['x', 'y', 'count', ...others],
    locals,
    whilst(
      `(i32.ge_s ${get('count')} ${i32(4 * AT_ONCE)})`,
      each(AT_ONCE, (i) =>
        [
          set('v', `(v128.load offset=${i * VECTOR} ${get('x')})`),
          ...steps.slice(0, -1),
          `(v128.store offset=${i * VECTOR} ${get('y')} ${steps[steps.length - 1]})`,
        ].join('\n'),
      ),
      ...['x', 'y'].map((id) => advance(id, i32(AT_ONCE * VECTOR))),
      set('count', `(i32.sub ${get('count')} ${i32(4 * AT_ONCE)})`),
    ),
    whilst(
      `(i32.gt_s ${get('count')} ${i32(0)})`,
      set('v', `(v128.load ${get('x')})`),
      ...steps.slice(0, -1),
      storeSome('y', steps[steps.length - 1], 'count'),
      advance('x', i32(VECTOR)),
    ),
  );
}

/** All bits of the lanes that are left of a row. @param {string} left local. */
export const lanesLeft = (left) =>
  `(i32x4.gt_s (i32x4.splat ${get(left)}) (v128.const i32x4 0 1 2 3))`;

/** The upper two lanes, where the lower two are. @param {string} v */
const upper = (v) => `(i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 ${v} ${v})`;

/** Two numbers of double precision from the lower, and two from the upper lanes. @param {string} v */
export const lowDoubles = (v) => `(f64x2.promote_low_f32x4 ${v})`;
/** @param {string} v */
export const highDoubles = (v) => `(f64x2.promote_low_f32x4 ${upper(v)})`;

/** Adds the four values of the vector in a local to the sums of double precision in another. */
export const addDoubles = (/** @type {string} */ sums, /** @type {string} */ v) =>
  set(sums, `(f64x2.add ${get(sums)} (f64x2.add ${lowDoubles(get(v))} ${highDoubles(get(v))}))`);

/** Both sums together. @param {string} sums local. */
export const bothDoubles = (sums) =>
  `(f64.add (f64x2.extract_lane 0 ${get(sums)}) (f64x2.extract_lane 1 ${get(sums)}))`;
