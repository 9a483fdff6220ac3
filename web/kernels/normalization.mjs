/** `layerNormalization(x, y, rows, columns, gamma, beta, epsilon:f32)`, where `y` may be `x`. */

import {
  addDoubles,
  bothDoubles,
  highDoubles,
  lanesLeft,
  lowDoubles,
  storeSome,
  VECTOR,
} from './vectors.mjs';
import { advance, get, i32, kernel, set, whilst } from './wat.mjs';

/**
 * Each row less its mean, divided by the square root of its variance plus epsilon, in double
 * precision up to there; times gamma, plus beta. Sums are in the order of the row, even and odd
 * places apart.
 *
 * @param {import('./wat.mjs').Target} target
 */
export function layerNormalization({ multiplyAdd }) {
  const eachOfRow = (/** @type {readonly string[]} */ body) => [
    set('from', get('x')),
    set('left', get('columns')),
    whilst(`(i32.gt_s ${get('left')} ${i32(0)})`, ...body),
  ];
  const next = [advance('from', i32(VECTOR)), set('left', `(i32.sub ${get('left')} ${i32(4)})`)];
  const none = '(v128.const i64x2 0 0)';
  /** Differences of half a vector to the mean. */
  const centered = (/** @type {string} */ half) => `(f64x2.sub ${half} ${get('mean')})`;
  const mean = `(f64.div ${bothDoubles('sums')} (f64.convert_i32_s ${get('columns')}))`;
  const normal = (/** @type {string} */ half) =>
    `(f32x4.demote_f64x2_zero (f64x2.mul ${centered(half)} ${get('factor')}))`;
  return kernel(
    'layerNormalization',
    ['x', 'y', 'rows', 'columns', 'gamma', 'beta', 'epsilon:f32'],
    {
      from: 'i32',
      at: 'i32',
      left: 'i32',
      v: 'v128',
      low: 'v128',
      high: 'v128',
      sums: 'v128',
      mean: 'v128',
      factor: 'v128',
    },
    whilst(
      `(i32.gt_s ${get('rows')} ${i32(0)})`,
      set('sums', none),
      ...eachOfRow([
        set('v', `(v128.and (v128.load ${get('from')}) ${lanesLeft('left')})`),
        addDoubles('sums', 'v'),
        ...next,
      ]),
      set('mean', `(f64x2.splat ${mean})`),
      set('sums', none),
      ...eachOfRow([
        set('v', `(v128.load ${get('from')})`),
        set('low', centered(lowDoubles(get('v')))),
        set('high', centered(highDoubles(get('v')))),
        set('v', lanesLeft('left')),
        // A mask of four lanes as two of two.
        set('low', `(v128.and ${get('low')} (i64x2.extend_low_i32x4_s ${get('v')}))`),
        set('high', `(v128.and ${get('high')} (i64x2.extend_high_i32x4_s ${get('v')}))`),
        ...['low', 'high'].map((id) =>
          set('sums', `(f64x2.add ${get('sums')} (f64x2.mul ${get(id)} ${get(id)}))`),
        ),
        ...next,
      ]),
      set(
        'factor',
        `(f64x2.splat (f64.div (f64.const 1)
          (f64.sqrt (f64.add ${mean} (f64.promote_f32 ${get('epsilon')})))))`,
      ),
      set('at', i32(0)),
      ...eachOfRow([
        set('v', `(v128.load ${get('from')})`),
        set('low', normal(lowDoubles(get('v')))),
        set('high', normal(highDoubles(get('v')))),
        set(
          'low',
          `(i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 ${get('low')} ${get('high')})`,
        ),
        advance('from', i32(VECTOR)),
        storeSome(
          'y',
          multiplyAdd(
            `(v128.load (i32.add ${get('beta')} ${get('at')}))`,
            get('low'),
            `(v128.load (i32.add ${get('gamma')} ${get('at')}))`,
          ),
          'left',
        ),
        advance('at', i32(VECTOR)),
      ]),
      // The last vector went behind the end of the row.
      advance('y', `(i32.shl ${get('left')} ${i32(2)})`),
      advance('x', `(i32.shl ${get('columns')} ${i32(2)})`),
      set('rows', `(i32.sub ${get('rows')} ${i32(1)})`),
    ),
  );
}
