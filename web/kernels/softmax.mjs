/** `softmax` and `logSoftmax` of rows: `name(x, y, rows, columns)`, where `y` may be `x`. */

import { EXPONENTIAL_LOCALS, exponential, LOWEST, POWER } from './exponential.mjs';
import { addDoubles, bothDoubles, lanesLeft, storeSome, VECTOR } from './vectors.mjs';
import { advance, f32, f32x4, get, i32, kernel, set, whilst } from './wat.mjs';

/** Goes through one row by vectors. @param {...string} body which makes `left` smaller. */
const eachOfRow = (...body) =>
  [set('left', get('columns')), whilst(`(i32.gt_s ${get('left')} ${i32(0)})`, ...body)].join('\n');

const next = [advance('from', i32(VECTOR)), set('left', `(i32.sub ${get('left')} ${i32(4)})`)];

/** Sets `v` to the largest value of a row, in all lanes. */
const largest = [
  set('from', get('x')),
  set('v', `(f32x4.splat ${f32(Number.NEGATIVE_INFINITY)})`),
  eachOfRow(
    set(
      'v',
      `(f32x4.max ${get('v')}
        (v128.bitselect (v128.load ${get('from')}) ${get('v')} ${lanesLeft('left')}))`,
    ),
    ...next,
  ),
  // Each lane against the next one, and both against the others.
  ...['4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11', '8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7'].map(
    (lanes) => set('v', `(f32x4.max ${get('v')} (i8x16.shuffle ${lanes} ${get('v')} ${get('v')}))`),
  ),
  set('max', get('v')),
];

/** The natural logarithm of `total`, which is at least 1: 2 atanh((m - 1) / (m + 1)) + k ln 2. */
const logarithm = [
  set('bits', `(i64.reinterpret_f64 ${get('total')})`),
  set('k', `(i64.sub (i64.shr_u ${get('bits')} (i64.const 52)) (i64.const 1023))`),
  set('m', `(f64.reinterpret_i64 (i64.sub ${get('bits')} (i64.shl ${get('k')} (i64.const 52))))`),
  `(if (f64.gt ${get('m')} (f64.const ${Math.SQRT2})) (then
    ${set('m', `(f64.mul ${get('m')} (f64.const 0.5))`)}
    ${set('k', `(i64.add ${get('k')} (i64.const 1))`)}))`,
  set('m', `(f64.div (f64.sub ${get('m')} (f64.const 1)) (f64.add ${get('m')} (f64.const 1)))`),
  set('z', `(f64.mul ${get('m')} ${get('m')})`),
  // 1 + z / 3 + z^2 / 5 + ...: what is left out is below 1e-10.
  set(
    'z',
    [9, 7, 5, 3, 1].reduce(
      (sum, odd) => `(f64.add (f64.const ${1 / odd}) (f64.mul ${get('z')} ${sum}))`,
      `(f64.const ${1 / 11})`,
    ),
  ),
  // The difference is 0, or not a number where the sum is none.
  set(
    'total',
    `(f64.add (f64.sub ${get('total')} ${get('total')})
      (f64.add (f64.mul (f64.convert_i64_s ${get('k')}) (f64.const ${Math.LN2}))
        (f64.mul (f64.add ${get('m')} ${get('m')}) ${get('z')})))`,
  ),
];

/**
 * Exponents are of differences to the largest value; their sum is in double precision, in the order
 * of the row, even and odd places apart.
 *
 * @param {import('./wat.mjs').Target} target
 */
export function softmaxes(target) {
  const difference = `(f32x4.sub (v128.load ${get('from')}) ${get('max')})`;
  const exponents = (/** @type {readonly string[]} */ store) => [
    set('from', get('x')),
    set('to', get('y')),
    set('sums', f32x4(0)),
    eachOfRow(
      set('a', `(f32x4.pmax ${difference} ${f32x4(LOWEST)})`),
      exponential(target),
      set('p', POWER),
      set('n', `(v128.and ${get('p')} ${lanesLeft('left')})`),
      addDoubles('sums', 'n'),
      advance('from', i32(VECTOR)),
      ...store,
    ),
    set('total', bothDoubles('sums')),
  ];
  const all = (/** @type {string} */ number) => `(f32x4.splat (f32.demote_f64 ${number}))`;
  const rows = (
    /** @type {string} */ name,
    /** @type {Record<string, 'f64' | 'i64'>} */ locals,
    /** @type {readonly string[]} */ body,
  ) =>
    kernel(
      name,
      ['x', 'y', 'rows', 'columns'],
      {
        from: 'i32',
        to: 'i32',
        left: 'i32',
        v: 'v128',
        max: 'v128',
        sums: 'v128',
        total: 'f64',
        ...Object.fromEntries(EXPONENTIAL_LOCALS.map((id) => [id, /** @type {const} */ ('v128')])),
        ...locals,
      },
      whilst(
        `(i32.gt_s ${get('rows')} ${i32(0)})`,
        ...largest,
        ...body,
        ...['x', 'y'].map((id) => advance(id, `(i32.shl ${get('columns')} ${i32(2)})`)),
        set('rows', `(i32.sub ${get('rows')} ${i32(1)})`),
      ),
    );
  return [
    rows('softmax', {}, [
      ...exponents([storeSome('to', get('p'), 'left')]),
      set('sums', all(get('total'))),
      set('to', get('y')),
      eachOfRow(storeSome('to', `(f32x4.div (v128.load ${get('to')}) ${get('sums')})`, 'left')),
    ]),
    rows('logSoftmax', { bits: 'i64', k: 'i64', m: 'f64', z: 'f64' }, [
      ...exponents([next[1]]),
      ...logarithm,
      set('sums', all(get('total'))),
      set('from', get('x')),
      eachOfRow(
        set('v', `(f32x4.sub ${difference} ${get('sums')})`),
        advance('from', i32(VECTOR)),
        storeSome('to', get('v'), 'left'),
      ),
    ]),
  ].join('\n');
}
