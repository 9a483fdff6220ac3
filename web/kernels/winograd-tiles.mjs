/** Winograd's transforms of one tile: see `winograd.mjs`. Scratch holds a tile between two sides. */

import { PANEL_BYTES } from './panels.mjs';
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
import { inputSide, outputSide, weightSide } from './winograd-sides.mjs';

/** @param {string} address */
const load = (address, offset = 0) => `(v128.load offset=${offset} ${address})`;

/** @param {string} address @param {string} value */
const store = (address, value, offset = 0) => `(v128.store offset=${offset} ${address} ${value})`;

/** @param {string} prefix @param {number} count @returns {string[]} */
const named = (prefix, count) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/**
 * Locals of one type.
 *
 * @template {'i32' | 'f32' | 'v128'} Type
 * @param {Type} type
 * @param {readonly string[]} names
 * @returns {Record<string, Type>}
 */
const locals = (type, names) => Object.fromEntries(names.map((name) => [name, type]));

/**
 * `winogradWeights{m}`: one panel as `pack` makes it, without a bias, of each of `(m + 2)^2` matrices
 * `matrix` bytes apart, from weights of 3 x 3 taps `tap` bytes apart, `inputs` rows each `row` bytes.
 * `scratch`: room for `3 (m + 2)` vectors. Each panel has a call of its own: short calls soon run
 * optimized code.
 *
 * @param {number} m
 */
export function weights(m) {
  const side = m + 2;
  const taps = named('w', 3);
  return kernel(
    `winogradWeights${m}`,
    ['weights', 'y', 'inputs', 'row', 'tap', 'matrix', 'scratch'],
    {
      ...locals('i32', ['to', 'from', 'quarter', 'left', 's']),
      ...locals('v128', ['even', 'odd', ...taps]),
    },
    set('to', get('y')),
    set('left', i32(side * side)),
    repeat(
      'left',
      store(get('to'), f32x4(0)),
      store(get('to'), f32x4(0), 16),
      advance('to', get('matrix')),
    ),
    repeat(
      'inputs',
      advance('y', i32(PANEL_BYTES)),
      set('quarter', i32(0)),
      // Two columns at a time.
      whilst(
        `(i32.lt_s ${get('quarter')} ${i32(PANEL_BYTES)})`,
        set('from', `(i32.add ${get('weights')} ${get('quarter')})`),
        set('s', get('scratch')),
        set('left', i32(3)),
        repeat(
          'left',
          ...taps.flatMap((name) => [
            set(name, `(f64x2.promote_low_f32x4 (v128.load64_zero ${get('from')}))`),
            advance('from', get('tap')),
          ]),
          weightSide(m, taps, (index, value) => store(get('s'), value, index * 48)),
          advance('s', i32(16)),
        ),
        set('to', `(i32.add ${get('y')} ${get('quarter')})`),
        set('s', get('scratch')),
        set('left', i32(side)),
        repeat(
          'left',
          ...taps.map((name, row) => set(name, load(get('s'), row * 16))),
          weightSide(m, taps, (_, value) =>
            [
              `(v128.store64_lane 0 ${get('to')} (f32x4.demote_f64x2_zero ${value}))`,
              advance('to', get('matrix')),
            ].join('\n'),
          ),
          advance('s', i32(48)),
        ),
        advance('quarter', i32(8)),
      ),
      advance('weights', get('row')),
    ),
  );
}

/**
 * Transforms one tile of all channels: rows `pitch` bytes apart at `x`, into `y` and on, one vector
 * each `step` bytes.
 *
 * @param {import('./wat.mjs').Target} target
 * @param {number} m
 */
export function inputs(target, m) {
  const side = m + 2;
  const line = side * 16;
  return routine(
    `winogradInputs${m}`,
    ['x', 'pitch', 'pixel', 'y', 'step', 'scratch'],
    {
      ...locals('i32', ['channel', 'from', 'at', 's', 'to', 'left']),
      ...locals('v128', ['even', 'odd', ...named('d', side)]),
    },
    whilst(
      `(i32.lt_s ${get('channel')} ${get('pixel')})`,
      set('at', `(i32.add ${get('x')} ${get('channel')})`),
      set('s', get('scratch')),
      set('left', i32(side)),
      repeat(
        'left',
        set('from', get('at')),
        each(side, (column) =>
          [set(`d${column}`, load(get('from'))), advance('from', get('pixel'))].join('\n'),
        ),
        // Transposed: the order of the matrices is that of the weights.
        inputSide(target, m, (index, value) => store(get('s'), value, index * line)),
        advance('at', get('pitch')),
        advance('s', i32(16)),
      ),
      set('s', get('scratch')),
      set('to', `(i32.add ${get('y')} ${get('channel')})`),
      set('left', i32(side)),
      repeat(
        'left',
        each(side, (row) => set(`d${row}`, load(get('s'), row * 16))),
        inputSide(target, m, (_, value) =>
          [store(get('to'), value), advance('to', get('step'))].join('\n'),
        ),
        advance('s', i32(line)),
      ),
      advance('channel', i32(16)),
    ),
  );
}

/**
 * The outputs of one tile, of which `rows` x `columns` lie in the picture: from vectors each `step`
 * bytes at `x` to rows `pitch` bytes apart at `y`. `added` is how far behind `y` lies what is added.
 *
 * @param {import('./wat.mjs').Target} target
 * @param {number} m
 */
export function outputs(target, m) {
  const side = m + 2;
  const line = side * 16;
  return routine(
    `winogradOutputs${m}`,
    [
      ...['x', 'step', 'y', 'pitch', 'pixel', 'rows', 'columns', 'bias', 'added', 'hasAdded'],
      ...['scratch', 'low:f32', 'high:f32'],
    ],
    {
      ...locals('i32', ['channel', 'from', 'at', 's', 'to', 'left', 'row']),
      ...locals('v128', ['b', 'sum', ...named('even', 2), ...named('odd', 2), ...named('d', side)]),
    },
    whilst(
      `(i32.lt_s ${get('channel')} ${get('pixel')})`,
      set('b', load(`(i32.add ${get('bias')} ${get('channel')})`)),
      set('at', `(i32.add ${get('x')} ${get('channel')})`),
      set('s', get('scratch')),
      set('left', i32(side)),
      repeat(
        'left',
        set('from', get('at')),
        each(side, (row) =>
          [set(`d${row}`, load(get('from'))), advance('from', get('step'))].join('\n'),
        ),
        outputSide(target, m, (index, value) => store(get('s'), value, index * line)),
        set('at', get('from')),
        advance('s', i32(16)),
      ),
      set('s', get('scratch')),
      set('at', `(i32.add ${get('y')} ${get('channel')})`),
      set('left', `(i32.sub ${get('pixel')} ${get('channel')})`),
      set('row', get('rows')),
      repeat(
        'row',
        each(side, (column) => set(`d${column}`, load(get('s'), column * 16))),
        set('to', get('at')),
        outputSide(target, m, (index, value) =>
          when(
            `(i32.gt_s ${get('columns')} ${i32(index)})`,
            set('sum', `(f32x4.add ${value} ${get('b')})`),
            when(
              get('hasAdded'),
              set(
                'sum',
                `(f32x4.add ${get('sum')} ${load(`(i32.add ${get('to')} ${get('added')})`)})`,
              ),
            ),
            set(
              'sum',
              `(f32x4.pmin (f32x4.pmax ${get('sum')} (f32x4.splat ${get('low')}))
                (f32x4.splat ${get('high')}))`,
            ),
            `(if (i32.ge_s ${get('left')} ${i32(16)}) (then ${store(get('to'), get('sum'))})
              (else (call $storeRest ${get('to')} ${get('sum')} (i32.shr_u ${get('left')} ${i32(2)}))))`,
            advance('to', get('pixel')),
          ),
        ),
        advance('at', get('pitch')),
        advance('s', i32(line)),
      ),
      advance('channel', i32(16)),
    ),
  );
}
