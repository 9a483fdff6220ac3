/**
 * Products of pictures, or of matrices, with weights: the place where most of the time goes.
 *
 * A tile of sums, `rows` places by eight columns, stays in registers while it runs through the
 * values of its places. For each value: two vectors of weights, then place by place one value in
 * all lanes and two multiply-adds. In this order, and with addresses of one local and a constant,
 * an engine needs a register for each sum, two for the weights and one for the value (and one for
 * the product where there is no multiply-add), which is what x64 has.
 *
 * Weights lie in panels of eight columns, the last one filled up with anything: the eight biases,
 * then eight weights for each value. A panel is used for all tiles before the next one comes, so that it
 * is in the nearest cache; the caller cuts the places so that their values are in the next one.
 *
 * Order of sums: bias, then values in the order of the weights, then what is added. Tiles of few rows
 * have two or four sums for each column, which take turns (the first one takes the rest), so that one
 * does not wait for the other; they are added up in pairs.
 */

import { PANEL, PANEL_BYTES } from './panels.mjs';
import {
  advance,
  each,
  f32x4,
  get,
  i32,
  kernel,
  repeat,
  routine,
  set,
  when,
  whilst,
} from './wat.mjs';

const HALVES = [0, 1];

/** Values that one round of the innermost loop takes. */
const UNROLLED = 4;

const ADDRESSES = ['a', 'b', 'y', 'added'];
const STEPS = ['across', 'aStep', 'aLine', 'down', 'downStep', 'along', 'alongStep', 'run'];
const SHARED = [...ADDRESSES, ...STEPS, 'yStep', 'yLine', 'n', 'low:f32', 'high:f32', 'places'];

/** @param {string} a @param {string} b */
const add = (a, b) => `(f32x4.add ${a} ${b})`;

/** @param {string} a @param {string} b */
const least = (a, b) => `(select ${a} ${b} (i32.lt_s ${a} ${b}))`;

/** Whether one of these numbers of rounds is more than the one that runs. @param {...string} names */
const isMore = (...names) =>
  `(i32.gt_u ${names.map(get).reduce((a, b) => `(i32.or ${a} ${b})`)} ${i32(1)})`;

/** @param {number} half @param {string} address */
const load = (half, address) => `(v128.load offset=${half * 16} ${address})`;

/** @param {import('./wat.mjs').Target} target @returns {string} the functions' text. */
export function matrix(target) {
  const sizes = Array.from({ length: target.rows }, (_, index) => index + 1);
  return [...sizes.map((rows) => tiles(target, rows)), storeSome(), convolve(sizes), pack()].join(
    '\n',
  );
}

/**
 * Computes `places` / `rows` tiles with one panel, the first of them at column `x` of its line.
 *
 * @param {import('./wat.mjs').Target} target
 * @param {number} rows
 */
function tiles(target, rows) {
  const tile = Array.from({ length: rows }, (_, row) =>
    HALVES.map((half) => ({ row, half })),
  ).flat();
  const allRows = (/** @type {string} */ by) => each(rows, (row) => advance(`a${row}`, by));

  // As many as there are registers; a power of two, so that they add up in pairs.
  const sets = 2 ** Math.floor(Math.log2(Math.min(target.rows / rows, UNROLLED)));
  /** @typedef {{ row: number, half: number }} Cell */
  const sum = (/** @type {Cell} */ { row, half }, index = 0) => `s${row}_${half}_${index}`;
  const sums = tile.map((cell) => Array.from({ length: sets }, (_, index) => sum(cell, index)));
  const gathered = (/** @type {Cell} */ cell) => {
    const all = Array.from({ length: sets }, (_, index) => get(sum(cell, index)));
    while (all.length > 1) all.push(add(all.shift() ?? '', all.shift() ?? ''));
    return all[0];
  };
  const clear = (/** @type {string[]} */ names) => names.map((name) => set(name, f32x4(0)));

  /** Takes some values. @param {number} count */
  const step = (count) => [
    each(count, (k) =>
      [
        ...HALVES.map((half) =>
          set(`b${half}`, `(v128.load offset=${k * PANEL_BYTES + half * 16} ${get('p')})`),
        ),
        ...tile.map(({ row, half }) => {
          const name = sum({ row, half }, k % sets);
          const value = set('v', `(v128.load32_splat offset=${k * 4} ${get(`a${row}`)})`);
          const more = set(name, target.multiplyAdd(get(name), get('v'), get(`b${half}`)));
          return half === 0 ? `${value}\n${more}` : more;
        }),
      ].join('\n'),
    ),
    allRows(i32(count * 4)),
    advance('p', i32(count * PANEL_BYTES)),
  ];

  const integers = ['tile', 'x1', 'p', 'd', 'c', 'end', 'straight', 'from'];
  const vectors = ['v', 'b0', 'b1', 'lowest', 'highest', ...sums.flat()];
  /** @type {Record<string, 'i32' | 'v128'>} */
  const locals = Object.fromEntries([
    ...[...integers, ...Array.from({ length: rows }, (_, row) => `a${row}`)].map((id) => [
      id,
      'i32',
    ]),
    ...vectors.map((id) => [id, 'v128']),
  ]);

  return routine(
    `tiles${rows}`,
    [...SHARED, 'x', 'adds', 'clamps'],
    locals,
    set('lowest', `(f32x4.splat ${get('low')})`),
    set('highest', `(f32x4.splat ${get('high')})`),
    set('tile', `(i32.div_s ${get('places')} ${i32(rows)})`),
    repeat(
      'tile',
      // Most tiles lie in one line.
      set('x1', `(i32.add ${get('x')} ${i32(rows)})`),
      set('straight', `(i32.le_s ${get('x1')} ${get('across')})`),
      `(if ${get('straight')} (then`,
      each(rows, (row) => [set(`a${row}`, get('a')), advance('a', get('aStep'))].join('\n')),
      lineEnds('x1', 'a'),
      ') (else',
      set('x1', get('x')),
      each(rows, (row) => [set(`a${row}`, get('a')), nextPlace('x1', 'a')].join('\n')),
      '))',
      set('p', get('b')),
      ...tile.map((cell) => set(sum(cell), load(cell.half, get('p')))),
      ...clear(sums.flatMap(([, ...rest]) => rest)),
      advance('p', i32(PANEL_BYTES)),
      set('d', get('down')),
      repeat(
        'd',
        set('c', get('along')),
        repeat(
          'c',
          set('end', `(i32.add ${get('p')} (i32.mul ${get('run')} ${i32(PANEL_BYTES)}))`),
          whilst(
            `(i32.le_u (i32.add ${get('p')} ${i32(UNROLLED * PANEL_BYTES)}) ${get('end')})`,
            ...step(UNROLLED),
          ),
          whilst(`(i32.lt_u ${get('p')} ${get('end')})`, ...step(1)),
          when(isMore('c', 'd'), allRows(get('alongStep'))),
        ),
        when(isMore('d'), allRows(get('downStep'))),
      ),
      ...(sets > 1 ? tile.map((cell) => set(sum(cell), gathered(cell))) : []),
      when(
        get('adds'),
        set('x1', get('x')),
        set('from', `(i32.add ${get('y')} ${get('added')})`),
        each(rows, (row) => {
          const cells = HALVES.map((half) => ({ half, name: sum({ row, half }) }));
          const more = cells.map(({ half, name }) =>
            set(name, add(get(name), load(half, get('from')))),
          );
          return [...more, nextPlace('x1', 'y', 'from')].join('\n');
        }),
      ),
      when(get('clamps'), ...tile.map((cell) => set(sum(cell), clamped(sum(cell))))),
      `(if (i32.and ${get('straight')} (i32.ge_s ${get('n')} ${i32(PANEL)})) (then`,
      each(rows, (row) =>
        [
          ...HALVES.map(
            (half) => `(v128.store offset=${half * 16} ${get('y')} ${get(sum({ row, half }))})`,
          ),
          advance('y', get('yStep')),
        ].join('\n'),
      ),
      advance('x', i32(rows)),
      lineEnds('x', 'y'),
      ') (else',
      each(rows, (row) =>
        [store(HALVES.map((half) => sum({ row, half }))), nextPlace('x', 'y')].join('\n'),
      ),
      '))',
    ),
  );
}

/**
 * @param {string} x of the place in its line
 * @param {string} side `a` or `y`
 * @param {string} address the local that goes on, if it is another one
 */
function nextPlace(x, side, address = side) {
  return [
    advance(address, get(`${side}Step`)),
    set(x, `(i32.add ${get(x)} ${i32(1)})`),
    lineEnds(x, side, address),
  ].join('\n');
}

/**
 * Goes to the next line behind the last place of one.
 *
 * @param {string} x
 * @param {string} side
 */
const lineEnds = (x, side, address = side) =>
  when(`(i32.eq ${get(x)} ${get('across')})`, set(x, i32(0)), advance(address, get(`${side}Line`)));

/** Writes the sums of one place to `y`, as many of them as there are columns. @param {string[]} sums */
const store = (sums) =>
  [
    `(if (i32.ge_s ${get('n')} ${i32(PANEL)}) (then`,
    ...sums.map((name, half) => `(v128.store offset=${half * 16} ${get('y')} ${get(name)})`),
    `) (else (call $storeSome ${get('y')} ${sums.map(get).join(' ')} ${get('n')})))`,
  ].join('\n');

/** @param {string} name */
const clamped = (name) =>
  `(f32x4.pmin (f32x4.pmax ${get(name)} ${get('lowest')}) ${get('highest')})`;

/** Stores the first `count` values, less than eight, of two vectors. */
function storeSome() {
  const some = (/** @type {number} */ count) => `(i32.and ${get('count')} ${i32(count)})`;
  return routine(
    'storeSome',
    ['y', 'first:v128', 'second:v128', 'count'],
    {},
    when(
      some(4),
      `(v128.store ${get('y')} ${get('first')})`,
      set('first', get('second')),
      advance('y', i32(16)),
    ),
    when(
      some(2),
      `(v128.store64_lane 0 ${get('y')} ${get('first')})`,
      set('first', `(i64x2.splat (i64x2.extract_lane 1 ${get('first')}))`),
      advance('y', i32(8)),
    ),
    when(some(1), `(v128.store32_lane 0 ${get('y')} ${get('first')})`),
  );
}

/**
 * Convolves `places` places of a picture, line by line from the start of a line on.
 *
 * `a`: the first value of the first place's window; `across` places in a line, `aStep` bytes from
 * one to the next, `aLine` bytes from line to line. The window: `down` times (every `downStep`
 * bytes) `along` times (every `alongStep` bytes) `run` values one behind the other.
 * `b`: weights as {@link pack} lays them. `y`: where the first place's `n` values go, `yStep` bytes
 * from place to place and `yLine` from line to line. `added`: what is added to the sums, laid out as
 * `y`, or 0. `low` and `high`: bounds of what is written, which may be infinite.
 *
 * Places are dealt out to tiles of nearly the same size.
 *
 * @param {readonly number[]} sizes
 */
function convolve(sizes) {
  const ceiling = (/** @type {string} */ by) =>
    `(i32.div_s (i32.sub (i32.add ${get('places')} ${by}) ${i32(1)}) ${by})`;
  /** From the end of one line to the start of the next. @param {string} side */
  const toNext = (side) =>
    advance(`${side}Line`, `(i32.mul ${get('across')} (i32.sub ${i32(0)} ${get(`${side}Step`)}))`);
  /** Where the first place of the smaller tiles lies. @param {string} side */
  const behind = (side) =>
    `(i32.add ${get(side)} (i32.add (i32.mul ${get('many')} ${get(`${side}Step`)})
      (i32.mul (i32.div_s ${get('many')} ${get('across')}) ${get(`${side}Line`)})))`;
  /** @type {Record<string, string>} */
  const own = { a: 'from', y: 'to', places: 'count' };
  const passed = SHARED.map((name) => get(own[name] ?? name.split(':')[0])).join(' ');
  return kernel(
    'convolve',
    SHARED,
    Object.fromEntries(
      ['panel', 'tiles', 'rows', 'many', 'from', 'to', 'count', 'size', 'x', 'adds', 'clamps'].map(
        (id) => [id, 'i32'],
      ),
    ),
    set(
      'panel',
      `(i32.mul ${i32(PANEL_BYTES)} (i32.add ${i32(1)}
        (i32.mul ${get('down')} (i32.mul ${get('along')} ${get('run')}))))`,
    ),
    toNext('a'),
    toNext('y'),
    // Tiles move on by these after a piece of the window.
    advance('downStep', `(i32.mul ${get('along')} (i32.sub ${i32(0)} ${get('alongStep')}))`),
    advance('alongStep', `(i32.mul ${get('run')} ${i32(-4)})`),
    set('adds', get('added')),
    set(
      'clamps',
      `(i32.or (f32.gt ${get('low')} (f32.const -inf)) (f32.lt ${get('high')} (f32.const inf)))`,
    ),
    // Lines that lie one behind the other are one.
    when(`(i32.eqz (i32.or ${get('aLine')} ${get('yLine')}))`, set('across', get('places'))),
    advance('added', `(i32.sub ${i32(0)} ${get('y')})`),
    set('tiles', ceiling(i32(sizes.length))),
    set('rows', ceiling(get('tiles'))),
    set(
      'many',
      `(i32.mul ${get('rows')} (i32.sub ${get('places')}
        (i32.mul ${get('tiles')} (i32.sub ${get('rows')} ${i32(1)}))))`,
    ),
    whilst(
      `(i32.gt_s ${get('n')} ${i32(0)})`,
      set('from', get('a')),
      set('to', get('y')),
      set('x', i32(0)),
      set('count', get('many')),
      set('size', get('rows')),
      whilst(
        get('count'),
        ...sizes.map((size) =>
          when(
            `(i32.eq ${get('size')} ${i32(size)})`,
            `(call $tiles${size} ${passed} ${get('x')} ${get('adds')} ${get('clamps')})`,
          ),
        ),
        set('from', behind('a')),
        set('to', behind('y')),
        set('x', `(i32.rem_s ${get('many')} ${get('across')})`),
        // Nothing is left after the smaller ones.
        set(
          'count',
          `(select (i32.sub ${get('places')} ${get('many')}) ${i32(0)}
          (i32.eq ${get('size')} ${get('rows')}))`,
        ),
        set('size', `(i32.sub ${get('size')} ${i32(1)})`),
      ),
      advance('b', get('panel')),
      advance('y', i32(PANEL_BYTES)),
      set('n', `(i32.sub ${get('n')} ${i32(PANEL)})`),
    ),
  );
}

/** Rows of weights that are laid into all panels before the next ones: they fit into a cache. */
const ROWS_AT_ONCE = 64;

/**
 * Lays weights, `values` rows of `n` columns, and `n` biases into panels: see above. `bias` may be 0.
 */
function pack() {
  const panelBytes = `(i32.mul (i32.add ${get('values')} ${i32(1)}) ${i32(PANEL_BYTES)})`;
  const copy = (/** @type {number} */ half) =>
    `(v128.store offset=${half * 16} ${get('p')} ${load(half, get('from'))})`;
  const forColumns = (/** @type {string[]} */ ...body) => [
    set('column', i32(0)),
    whilst(
      `(i32.lt_s ${get('column')} ${get('n')})`,
      set(
        'p',
        `(i32.add ${get('y')} (i32.mul (i32.shr_u ${get('column')} ${i32(3)}) ${get('panel')}))`,
      ),
      ...body,
      advance('column', i32(PANEL)),
    ),
  ];
  return kernel(
    'pack',
    ['weights', 'bias', 'y', 'values', 'n'],
    { column: 'i32', panel: 'i32', p: 'i32', from: 'i32', rows: 'i32', row: 'i32' },
    set('panel', panelBytes),
    ...forColumns(
      set('from', `(i32.add ${get('bias')} (i32.shl ${get('column')} ${i32(2)}))`),
      `(if ${get('bias')} (then`,
      ...HALVES.map(copy),
      ') (else',
      ...HALVES.map((half) => `(v128.store offset=${half * 16} ${get('p')} ${f32x4(0)})`),
      '))',
    ),
    advance('y', i32(PANEL_BYTES)),
    whilst(
      get('values'),
      set('rows', least(get('values'), i32(ROWS_AT_ONCE))),
      ...forColumns(
        set('from', `(i32.add ${get('weights')} (i32.shl ${get('column')} ${i32(2)}))`),
        set('row', get('rows')),
        repeat(
          'row',
          ...HALVES.map(copy),
          advance('from', `(i32.shl ${get('n')} ${i32(2)})`),
          advance('p', i32(PANEL_BYTES)),
        ),
      ),
      set('values', `(i32.sub ${get('values')} ${get('rows')})`),
      advance('weights', `(i32.mul ${get('rows')} (i32.shl ${get('n')} ${i32(2)}))`),
      advance('y', `(i32.mul ${get('rows')} ${i32(PANEL_BYTES)})`),
    ),
  );
}
