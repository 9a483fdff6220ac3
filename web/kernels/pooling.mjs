/**
 * `maxPool` and `averagePool(x, y, height, width, channels, windowHeight, windowWidth, strideY,
 * strideX, top, left, rows, columns)`: of the pixels of each window that lie inside the picture;
 * `top` and `left` are pixels of padding, `rows` and `columns` those of the output.
 */

import { highDoubles, lowDoubles, storeSome, VECTOR } from './vectors.mjs';
import { advance, each, f32, get, i32, kernel, set, whilst } from './wat.mjs';

/** Pixels of a row that are added up in single precision. */
const BLOCK = 32;

/** @typedef {(index: number) => string} Step what is done for one vector of channels. */

/**
 * @typedef {object} Pool
 * @property {Step} begin before a window.
 * @property {Step} beginBlock before pixels of a row, up to {@link BLOCK}.
 * @property {Step} pixel for the vector at the local `at`.
 * @property {Step} endBlock
 * @property {Step} result
 */

const vector = (/** @type {number} */ index) => `(v128.load offset=${index * VECTOR} ${get('at')})`;

/** What is not a number is left out. @type {Pool} */
const MAX = {
  begin: (i) => set(`s${i}`, `(f32x4.splat ${f32(Number.NEGATIVE_INFINITY)})`),
  beginBlock: () => '',
  pixel: (i) => set(`s${i}`, `(f32x4.pmax ${get(`s${i}`)} ${vector(i)})`),
  endBlock: () => '',
  result: (i) => get(`s${i}`),
};

const ZERO = '(v128.const i64x2 0 0)';

/** Blocks in the order of the pixels; their sums, in double precision, in the order of the rows. */
const half = (/** @type {string} */ total) =>
  `(f32x4.demote_f64x2_zero (f64x2.mul ${get(total)} (f64x2.splat ${get('share')})))`;

/** @type {Pool} */
const AVERAGE = {
  begin: (i) => `${set(`l${i}`, ZERO)} ${set(`h${i}`, ZERO)}`,
  beginBlock: (i) => set(`s${i}`, ZERO),
  pixel: (i) => set(`s${i}`, `(f32x4.add ${get(`s${i}`)} ${vector(i)})`),
  endBlock: (i) => `${set(`l${i}`, `(f64x2.add ${get(`l${i}`)} ${lowDoubles(get(`s${i}`))})`)}
    ${set(`h${i}`, `(f64x2.add ${get(`h${i}`)} ${highDoubles(get(`s${i}`))})`)}`,
  result: (i) =>
    `(i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 ${half(`l${i}`)} ${half(`h${i}`)})`,
};

const less = (/** @type {string} */ a, /** @type {string} */ b) =>
  `(select ${a} ${b} (i32.lt_s ${a} ${b}))`;
const more = (/** @type {string} */ a, /** @type {string} */ b) =>
  `(select ${a} ${b} (i32.gt_s ${a} ${b}))`;
const minus = (/** @type {string} */ a, /** @type {string} */ b) => `(i32.sub ${a} ${b})`;
const down = (/** @type {string} */ id, by = i32(1)) => set(id, minus(get(id), by));
const isPositive = (/** @type {string} */ id) => `(i32.gt_s ${get(id)} ${i32(0)})`;

/** Goes over a window with some vectors of channels. @param {Pool} pool @param {number} vectors */
const overWindow = (pool, vectors) => [
  each(vectors, pool.begin),
  set('line', get('from')),
  set('i', get('tapRows')),
  whilst(
    isPositive('i'),
    set('at', get('line')),
    set('j', get('tapColumns')),
    whilst(
      isPositive('j'),
      set('k', less(get('j'), i32(BLOCK))),
      down('j', get('k')),
      each(vectors, pool.beginBlock),
      whilst(isPositive('k'), each(vectors, pool.pixel), advance('at', get('pixel')), down('k')),
      each(vectors, pool.endBlock),
    ),
    advance('line', `(i32.mul ${get('pixel')} ${get('width')})`),
    down('i'),
  ),
];

/**
 * Sets the first pixel of a window inside the picture, and their number.
 *
 * @param {string} first @param {string} taps locals
 * @param {string} start local of the place of the window, padding and all
 * @param {string} window @param {string} length parameters
 */
const inside = (first, taps, start, window, length) => [
  set(first, more(get(start), i32(0))),
  set(taps, minus(less(`(i32.add ${get(start)} ${get(window)})`, get(length)), get(first))),
];

/** @param {string} name @param {Pool} pool @param {Readonly<Record<string, 'f64' | 'v128'>>} locals */
function pooling(name, pool, locals) {
  const numbers =
    'pixel y0 x0 firstRow firstColumn tapRows tapColumns count channelsLeft from line at i j k';
  return kernel(
    name,
    [
      ...['x', 'y', 'height', 'width', 'channels', 'windowHeight', 'windowWidth'],
      ...['strideY', 'strideX', 'top', 'left', 'rows', 'columns'],
    ],
    {
      ...Object.fromEntries(numbers.split(' ').map((id) => [id, /** @type {const} */ ('i32')])),
      v: 'v128',
      ...locals,
    },
    set('pixel', `(i32.shl ${get('channels')} ${i32(2)})`),
    set('y0', minus(i32(0), get('top'))),
    whilst(
      isPositive('rows'),
      ...inside('firstRow', 'tapRows', 'y0', 'windowHeight', 'height'),
      set('x0', minus(i32(0), get('left'))),
      set('count', get('columns')),
      whilst(
        isPositive('count'),
        ...inside('firstColumn', 'tapColumns', 'x0', 'windowWidth', 'width'),
        set(
          'from',
          `(i32.add ${get('x')} (i32.mul ${get('pixel')}
            (i32.add (i32.mul ${get('firstRow')} ${get('width')}) ${get('firstColumn')})))`,
        ),
        ...('share' in locals
          ? [
              set(
                'share',
                `(f64.div (f64.const 1)
                  (f64.convert_i32_s (i32.mul ${get('tapRows')} ${get('tapColumns')})))`,
              ),
            ]
          : []),
        set('channelsLeft', get('channels')),
        whilst(
          `(i32.ge_s ${get('channelsLeft')} ${i32(16)})`,
          ...overWindow(pool, 4),
          each(4, (i) => `(v128.store offset=${i * VECTOR} ${get('y')} ${pool.result(i)})`),
          advance('from', i32(4 * VECTOR)),
          advance('y', i32(4 * VECTOR)),
          down('channelsLeft', i32(16)),
        ),
        whilst(
          isPositive('channelsLeft'),
          ...overWindow(pool, 1),
          storeSome('y', pool.result(0), 'channelsLeft'),
          advance('from', i32(VECTOR)),
        ),
        // The last vector went behind the end of the pixel.
        advance('y', `(i32.shl ${get('channelsLeft')} ${i32(2)})`),
        advance('x0', get('strideX')),
        down('count'),
      ),
      advance('y0', get('strideY')),
      down('rows'),
    ),
  );
}

/** @returns {string} the functions' text. */
export function pools() {
  const vectors = (/** @type {string} */ letters) =>
    Object.fromEntries(
      [...letters].flatMap((letter) =>
        [0, 1, 2, 3].map((i) => [`${letter}${i}`, /** @type {const} */ ('v128')]),
      ),
    );
  return [
    pooling('maxPool', MAX, vectors('s')),
    pooling('averagePool', AVERAGE, { share: 'f64', ...vectors('slh') }),
  ].join('\n');
}
