/**
 * Two tensors value by value, and channel by channel: rows of the first one and of the output follow
 * each other without a gap.
 */

import { storeSome, VECTOR } from './vectors.mjs';
import { advance, each, f32x4, get, i32, kernel, set, whilst } from './wat.mjs';

/** Values of a row that one round of the fast loop computes. */
const AT_ONCE = 16;

/** What becomes of a value of the first and one of the second tensor. */
const COMBINATIONS = {
  add: (/** @type {string} */ a, /** @type {string} */ b) => `(f32x4.add ${a} ${b})`,
  multiply: (/** @type {string} */ a, /** @type {string} */ b) => `(f32x4.mul ${a} ${b})`,
  divide: (/** @type {string} */ a, /** @type {string} */ b) => `(f32x4.div ${a} ${b})`,
  maximum: (/** @type {string} */ a, /** @type {string} */ b) => `(f32x4.max ${a} ${b})`,
  minimum: (/** @type {string} */ a, /** @type {string} */ b) => `(f32x4.min ${a} ${b})`,
  // a where it is positive, else a times b.
  slope: (/** @type {string} */ a, /** @type {string} */ b) =>
    `(f32x4.add (f32x4.pmax ${a} ${f32x4(0)}) (f32x4.mul (f32x4.pmin ${a} ${f32x4(0)}) ${b}))`,
  // a where it is larger than b, else 0.
  above: (/** @type {string} */ a, /** @type {string} */ b) =>
    `(v128.and ${a} (f32x4.gt ${a} ${b}))`,
};

/** Sets `left` to the length of a row and goes through it. @param {...string} loops */
const eachRow = (...loops) =>
  whilst(
    `(i32.gt_s ${get('rows')} ${i32(0)})`,
    set('left', get('columns')),
    ...loops,
    set('rows', `(i32.sub ${get('rows')} ${i32(1)})`),
  );

/** Back to the end of the row, behind which the last vector went. @param {string} id */
const back = (id) => advance(id, `(i32.shl ${get('left')} ${i32(2)})`);

/**
 * `name(a, b, y, rows, columns, step, next)`: the second tensor's rows begin `step` bytes apart, 0
 * where all of them are the same one; `next` is 16, or 0 where a row of it is one value only. `y`
 * may be `a`, and `b` too where it has as many values.
 *
 * @returns {string} the functions' text.
 */
export function combinations() {
  return Object.entries(COMBINATIONS)
    .map(([name, of]) =>
      kernel(
        name,
        ['a', 'b', 'y', 'rows', 'columns', 'step', 'next'],
        { from: 'i32', left: 'i32', v: 'v128', w: 'v128' },
        eachRow(
          set('from', get('b')),
          set('w', `(v128.load32_splat ${get('b')})`),
          whilst(
            `(i32.and (i32.ne ${get('next')} ${i32(0)}) (i32.ge_s ${get('left')} ${i32(AT_ONCE)}))`,
            each(AT_ONCE / 4, (i) => {
              const at = `offset=${i * VECTOR}`;
              return [
                set('v', `(v128.load ${at} ${get('a')})`),
                `(v128.store ${at} ${get('y')} ${of(get('v'), `(v128.load ${at} ${get('from')})`)})`,
              ].join('\n');
            }),
            ...['a', 'y', 'from'].map((id) => advance(id, i32(AT_ONCE * 4))),
            set('left', `(i32.sub ${get('left')} ${i32(AT_ONCE)})`),
          ),
          whilst(
            `(i32.gt_s ${get('left')} ${i32(0)})`,
            `(if ${get('next')} (then
              ${set('w', `(v128.load ${get('from')})`)}
              ${advance('from', get('next'))}))`,
            set('v', `(v128.load ${get('a')})`),
            storeSome('y', of(get('v'), get('w')), 'left'),
            advance('a', i32(VECTOR)),
          ),
          back('a'),
          back('y'),
          advance('b', get('step')),
        ),
      ),
    )
    .join('\n');
}

/** A vector of whole numbers of one byte each. */
const fourBytes = (/** @type {number} */ offset) =>
  `(f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u
    (i16x8.extend_low_i8x16_u (v128.load32_zero offset=${offset} ${get('x')}))))`;

/**
 * `affine(x, y, rows, columns, factors, offsets)`: every row times the factors plus the offsets, one
 * of both per column; `y` may be `x`. `affineBytes`: of whole numbers of one byte each.
 *
 * @param {import('./wat.mjs').Target} target
 */
export function affine({ multiplyAdd }) {
  const from = (/** @type {number} */ offset) => `(v128.load offset=${offset} ${get('x')})`;
  return [passing('affine', from, VECTOR), passing('affineBytes', fourBytes, 4)].join('\n');

  /**
   * @param {string} name
   * @param {(offset: number) => string} vectorAt some bytes behind `x`
   * @param {number} bytes of four values of `x`
   */
  function passing(name, vectorAt, bytes) {
    const vector = (/** @type {number} */ i) =>
      multiplyAdd(
        ...['offsets', 'factors'].map(
          (id) => `(v128.load offset=${i * VECTOR} (i32.add ${get(id)} ${get('at')}))`,
        ),
        vectorAt(i * bytes),
      );
    const next = (/** @type {number} */ vectors) => [
      advance('x', i32(vectors * bytes)),
      advance('at', i32(vectors * VECTOR)),
    ];
    return kernel(
      name,
      ['x', 'y', 'rows', 'columns', 'factors', 'offsets'],
      { at: 'i32', left: 'i32', v: 'v128' },
      eachRow(
        set('at', i32(0)),
        whilst(
          `(i32.ge_s ${get('left')} ${i32(AT_ONCE)})`,
          each(AT_ONCE / 4, (i) => `(v128.store offset=${i * VECTOR} ${get('y')} ${vector(i)})`),
          ...next(AT_ONCE / 4),
          advance('y', i32(AT_ONCE * 4)),
          set('left', `(i32.sub ${get('left')} ${i32(AT_ONCE)})`),
        ),
        whilst(
          `(i32.gt_s ${get('left')} ${i32(0)})`,
          storeSome('y', vector(0), 'left'),
          ...next(1),
        ),
        back('y'),
        advance('x', `(i32.mul ${get('left')} ${i32(bytes / 4)})`),
      ),
    );
  }
}
