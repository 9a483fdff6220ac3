/** Values that move to other places. */

import { storeSome } from './vectors.mjs';
import { advance, get, i32, kernel, whilst } from './wat.mjs';

/** @returns {string} the functions' text. */
export function copies() {
  const four = `(i16x8.extend_low_i8x16_u (v128.load32_zero ${get('x')}))`;
  return [
    // Whole numbers of one byte each as float32.
    kernel(
      'bytesToFloats',
      ['x', 'y', 'count'],
      { v: 'v128' },
      whilst(
        `(i32.gt_s ${get('count')} ${i32(0)})`,
        storeSome('y', `(f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u ${four}))`, 'count'),
        advance('x', i32(4)),
      ),
    ),
  ].join('\n');
}
