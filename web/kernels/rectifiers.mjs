/** `y[i] = max(x[i], 0)` and its like, over `count` values; both may be the same place. */

import { advance, each, f32x4, get, i32, kernel, set, whilst } from './wat.mjs';

/** Values that one round computes: all in registers, and a whole number of vectors. */
const AT_ONCE = 16;

/** @returns {string} the functions' text. */
export function rectifiers() {
  const vector = (/** @type {number} */ index) => `offset=${index * 16}`;
  return kernel(
    'relu',
    ['x', 'y', 'count'],
    {},
    whilst(
      `(i32.ge_s ${get('count')} ${i32(AT_ONCE)})`,
      each(
        AT_ONCE / 4,
        (i) => `(v128.store ${vector(i)} ${get('y')}
          (f32x4.pmax (v128.load ${vector(i)} ${get('x')}) ${f32x4(0)}))`,
      ),
      advance('x', i32(AT_ONCE * 4)),
      advance('y', i32(AT_ONCE * 4)),
      set('count', `(i32.sub ${get('count')} ${i32(AT_ONCE)})`),
    ),
    whilst(
      `(i32.gt_s ${get('count')} ${i32(0)})`,
      `(f32.store ${get('y')} (f32.max (f32.load ${get('x')}) (f32.const 0)))`,
      advance('x', i32(4)),
      advance('y', i32(4)),
      set('count', `(i32.sub ${get('count')} ${i32(1)})`),
    ),
  );
}
