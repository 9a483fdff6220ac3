/**
 * Convolutions of 3 x 3 with stride 1 by Winograd's minimal filtering: `m` x `m` outputs from a tile
 * of `m + 2` x `m + 2` inputs with `(m + 2)^2` products for each pair of channels instead of `9 m^2`.
 *
 * Inputs, weights and products are polynomials, multiplied at the points 0, `p` and `-p` for each
 * `p` of a list, and infinity (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
 * 2016, with other points). What is computed at `p` and `-p` has the same even and odd parts. Weights
 * are transformed in float64 and rounded once.
 *
 * For `m = 4` the points 2/3 and 3/2 have less than half of the usual 1 and 2's rounding errors:
 * twice those of a plain sum instead of 4.5 times, in random layers of 16 to 256 channels.
 */

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

/** @type {Readonly<Record<number, readonly number[]>>} */
const POINTS = { 2: [1], 4: [2 / 3, 3 / 2] };

/** Columns of a panel of weights. */
const PANEL = 8;
const PANEL_BYTES = 4 * PANEL;

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
 * Coefficients of the polynomial that is 0 at the points, lowest power first: there is one for each
 * pair of points.
 *
 * @param {readonly number[]} points
 */
function vanishing(points) {
  let polynomial = [1];
  for (const point of points) {
    const before = polynomial;
    polynomial = [0, 0, ...before].map((value, power) => value - point ** 2 * (before[power] ?? 0));
  }
  return polynomial;
}

/**
 * A sum of products as vectors; parts with coefficients of 0 are left out.
 *
 * @param {import('./wat.mjs').Target} target
 * @param {readonly (readonly [factor: number, name: string])[]} parts
 * @returns {string}
 */
function combined(target, parts) {
  const used = parts.filter(([factor]) => factor !== 0);
  // One that needs no multiplication comes first.
  const first = Math.max(
    0,
    used.findIndex(([factor]) => factor === 1),
  );
  const [factor, name] = used[first];
  const start = factor === 1 ? get(name) : `(f32x4.mul ${get(name)} ${f32x4(factor)})`;
  return used
    .filter((_, index) => index !== first)
    .reduce((sum, [by, value]) => {
      if (by === 1) return `(f32x4.add ${sum} ${get(value)})`;
      if (by === -1) return `(f32x4.sub ${sum} ${get(value)})`;
      return target.multiplyAdd(sum, get(value), f32x4(by));
    }, start);
}

/**
 * One side of the transform of inputs: `d0`, `d1`, ... into what `put` is called with, in the order
 * of the points.
 *
 * @param {import('./wat.mjs').Target} target
 * @param {number} m
 * @param {(index: number, value: string) => string} put
 */
function inputSide(target, m, put) {
  const points = POINTS[m];
  const all = vanishing(points);
  const from = (/** @type {readonly number[]} */ polynomial, /** @type {number} */ shift) =>
    polynomial.flatMap((value, power) =>
      value === 0 ? [] : [/** @type {const} */ ([value, `d${power + shift}`])],
    );
  const pairs = points.map((point, index) => {
    const others = vanishing(points.filter((other) => other !== point));
    return [
      set('even', combined(target, from(others, 2))),
      set('odd', combined(target, from(others, 1))),
      point === 1 ? '' : set('odd', `(f32x4.mul ${get('odd')} ${f32x4(point)})`),
      put(1 + 2 * index, `(f32x4.add ${get('even')} ${get('odd')})`),
      put(2 + 2 * index, `(f32x4.sub ${get('even')} ${get('odd')})`),
    ].join('\n');
  });
  return [
    put(0, combined(target, from(all, 0))),
    ...pairs,
    put(m + 1, combined(target, from(all, 1))),
  ].join('\n');
}

/**
 * One side of the transform of products: `d0`, `d1`, ... into `m` sums.
 *
 * @param {import('./wat.mjs').Target} target
 * @param {number} m
 * @param {(index: number, value: string) => string} put
 */
function outputSide(target, m, put) {
  const points = POINTS[m];
  const parts = points.map((_, index) => {
    const [plus, minus] = [get(`d${1 + 2 * index}`), get(`d${2 + 2 * index}`)];
    return [
      set(`even${index}`, `(f32x4.add ${plus} ${minus})`),
      set(`odd${index}`, `(f32x4.sub ${plus} ${minus})`),
    ].join('\n');
  });
  const sums = Array.from({ length: m }, (_, power) => {
    const parity = power % 2 ? 'odd' : 'even';
    /** @type {[number, string][]} */
    const list = points.map((point, index) => [point ** power, `${parity}${index}`]);
    if (power === 0) list.unshift([1, 'd0']);
    if (power === m - 1) list.push([1, `d${m + 1}`]);
    return put(power, combined(target, list));
  });
  return [...parts, ...sums].join('\n');
}

/**
 * One side of the transform of weights, of pairs in float64: three locals into what `put` is called
 * with.
 *
 * @param {number} m
 * @param {readonly string[]} weights
 * @param {(index: number, value: string) => string} put
 */
function weightSide(m, weights, put) {
  const points = POINTS[m];
  const [first, second, third] = weights.map(get);
  const number = (/** @type {number} */ value) => `(v128.const f64x2 ${value} ${value})`;
  const times = (/** @type {string} */ value, /** @type {number} */ by) =>
    `(f64x2.mul ${value} ${number(by)})`;
  const pairs = points.map((point, index) => {
    const others = points.filter((other) => other !== point);
    // The product of the distances to all other points.
    const norm = 2 * others.reduce((all, other) => all * (point ** 2 - other ** 2), point ** 2);
    return [
      set('even', times(`(f64x2.add ${first} ${times(third, point ** 2)})`, 1 / norm)),
      set('odd', times(second, point / norm)),
      put(1 + 2 * index, `(f64x2.add ${get('even')} ${get('odd')})`),
      put(2 + 2 * index, `(f64x2.sub ${get('even')} ${get('odd')})`),
    ].join('\n');
  });
  return [put(0, times(first, 1 / vanishing(points)[0])), ...pairs, put(m + 1, third)].join('\n');
}

/**
 * `winogradWeights{m}`: weights of 3 x 3 x `inputs` x `outputs` as `(m + 2)^2` matrices in panels as
 * `pack` makes them, without a bias. One call makes the panel that begins with `column`: short calls
 * soon run optimized code.
 *
 * @param {number} m
 */
function weights(m) {
  const side = m + 2;
  const half = named('half', 3 * side);
  const matrices = side * side;
  return kernel(
    `winogradWeights${m}`,
    ['weights', 'y', 'inputs', 'outputs', 'column'],
    {
      ...locals('i32', ['matrix', 'tap', 'to', 'from', 'quarter', 'left']),
      ...locals('v128', ['mask', 'even', 'odd', 'w0', 'w1', 'w2', ...half]),
    },
    set(
      'matrix',
      `(i32.mul (i32.add ${get('inputs')} ${i32(1)}) (i32.and ${i32(-PANEL_BYTES)}
      (i32.shl (i32.add ${get('outputs')} ${i32(PANEL - 1)}) ${i32(2)})))`,
    ),
    set('tap', `(i32.shl (i32.mul ${get('inputs')} ${get('outputs')}) ${i32(2)})`),
    advance(
      'y',
      `(i32.mul (i32.add ${get('inputs')} ${i32(1)}) (i32.shl ${get('column')} ${i32(2)}))`,
    ),
    advance('weights', `(i32.shl ${get('column')} ${i32(2)})`),
    set('to', get('y')),
    set('left', i32(matrices)),
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
      whilst(
        `(i32.lt_s ${get('quarter')} ${i32(PANEL)})`,
        set(
          'mask',
          `(i32x4.lt_s (v128.const i32x4 0 1 2 3) (i32x4.splat
            (i32.sub ${get('outputs')} (i32.add ${get('column')} ${get('quarter')}))))`,
        ),
        set('from', `(i32.add ${get('weights')} (i32.shl ${get('quarter')} ${i32(2)}))`),
        each(3, (row) =>
          [
            each(3, (column) =>
              [
                set(
                  `w${column}`,
                  `(f64x2.promote_low_f32x4 (v128.and ${get('mask')}
                    (v128.load64_zero ${get('from')})))`,
                ),
                advance('from', get('tap')),
              ].join('\n'),
            ),
            weightSide(m, ['w0', 'w1', 'w2'], (index, value) => set(half[index * 3 + row], value)),
          ].join('\n'),
        ),
        // Order of the matrices: the columns' points, for each of them the rows'.
        set('to', `(i32.add ${get('y')} (i32.shl ${get('quarter')} ${i32(2)}))`),
        each(side, (column) =>
          weightSide(m, half.slice(column * 3, column * 3 + 3), (_, value) =>
            [
              `(v128.store64_lane 0 ${get('to')} (f32x4.demote_f64x2_zero ${value}))`,
              advance('to', get('matrix')),
            ].join('\n'),
          ),
        ),
        advance('quarter', i32(2)),
      ),
      advance('weights', `(i32.shl ${get('outputs')} ${i32(2)})`),
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
function inputs(target, m) {
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
function outputs(target, m) {
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
              (else (call $storeLanes ${get('to')} ${get('sum')} ${get('left')})))`,
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

/** Bytes of a vector's values as a whole number of vectors. @param {string} bytes */
const vectors = (bytes) => `(i32.and (i32.add ${bytes} ${i32(15)}) ${i32(-16)})`;

/** @param {string} a @param {string} b */
const least = (a, b) => `(select ${a} ${b} (i32.lt_s ${a} ${b}))`;

/**
 * `winograd{m}`: `count` tiles from tile `first` on, row by row, of a convolution of a picture whose
 * windows begin `before` rows and columns outside of it. `weights`: see `winogradWeights{m}`; `bias`:
 * as many as there are outputs, and some more that are read; `added`: 0, or what is added to the
 * sums, laid out as the output. `work`: room for the transforms, which `room` in `winograd.ts`
 * counts.
 *
 * @param {number} m
 */
function chunk(m) {
  const side = m + 2;
  const matrices = side * side;
  const patch = `(i32.add ${get('scratch')} ${i32(matrices * 16)})`;
  /** Goes through the tiles of this chunk. @param {...string} body */
  const overTiles = (...body) => [
    set('row', `(i32.div_u ${get('first')} ${get('across')})`),
    set('column', `(i32.mul ${i32(m)} (i32.rem_u ${get('first')} ${get('across')}))`),
    set('row', `(i32.mul ${i32(m)} ${get('row')})`),
    set('left', get('count')),
    repeat(
      'left',
      ...body,
      advance('column', i32(m)),
      when(
        `(i32.ge_s ${get('column')} ${get('outWidth')})`,
        set('column', i32(0)),
        advance('row', i32(m)),
      ),
    ),
  ];
  const isInside = (/** @type {string} */ at, /** @type {string} */ length) =>
    `(i32.and (i32.ge_s ${get(at)} ${i32(0)})
      (i32.le_s (i32.add ${get(at)} ${i32(side)}) ${get(length)}))`;
  // Vectors that are read together do not lie at multiples of 128 bytes: caches hold few such.
  const spread = (/** @type {string} */ bytes) =>
    `(i32.or (i32.and (i32.add ${bytes} ${i32(127)}) ${i32(-128)}) ${i32(64)})`;
  return kernel(
    `winograd${m}`,
    [
      ...['x', 'height', 'width', 'inputs', 'before', 'weights', 'bias', 'added'],
      ...['y', 'outHeight', 'outWidth', 'outputs', 'work', 'first', 'count', 'low:f32', 'high:f32'],
    ],
    locals('i32', [
      ...[
        'across',
        'row',
        'column',
        'left',
        'top',
        'start',
        'pixel',
        'outPixel',
        'a',
        'aStep',
        'c',
      ],
      ...['cStep', 'aMatrix', 'cMatrix', 'matrix', 'to', 'scratch', 'toOut'],
    ]),
    set('across', `(i32.div_u (i32.add ${get('outWidth')} ${i32(m - 1)}) ${i32(m)})`),
    set('pixel', `(i32.shl ${get('inputs')} ${i32(2)})`),
    set('outPixel', `(i32.shl ${get('outputs')} ${i32(2)})`),
    set('aStep', vectors(get('pixel'))),
    set('cStep', vectors(get('outPixel'))),
    set('aMatrix', spread(`(i32.mul ${get('aStep')} ${get('count')})`)),
    set('cMatrix', spread(`(i32.mul ${get('cStep')} ${get('count')})`)),
    set(
      'matrix',
      `(i32.mul (i32.add ${get('inputs')} ${i32(1)}) (i32.and ${i32(-PANEL_BYTES)}
      (i32.shl (i32.add ${get('outputs')} ${i32(PANEL - 1)}) ${i32(2)})))`,
    ),
    set('a', get('work')),
    set('c', `(i32.add ${get('a')} (i32.mul ${get('aMatrix')} ${i32(matrices)}))`),
    set('scratch', `(i32.add ${get('c')} (i32.mul ${get('cMatrix')} ${i32(matrices)}))`),
    set('to', get('a')),
    ...overTiles(
      set('top', `(i32.sub ${get('row')} ${get('before')})`),
      set('start', `(i32.sub ${get('column')} ${get('before')})`),
      `(if (i32.and ${isInside('top', 'height')} ${isInside('start', 'width')}) (then
        (call $winogradInputs${m}
          (i32.add ${get('x')} (i32.mul ${get('pixel')}
            (i32.add ${get('start')} (i32.mul ${get('top')} ${get('width')}))))
          (i32.mul ${get('width')} ${get('pixel')})
          ${get('pixel')} ${get('to')} ${get('aMatrix')} ${get('scratch')})
      ) (else
        (call $excerpt ${get('x')} ${get('height')} ${get('width')} ${get('inputs')}
          ${get('top')} ${get('start')} ${i32(side)} ${i32(side)} ${patch})
        (call $winogradInputs${m} ${patch} (i32.mul ${i32(side)} ${get('pixel')})
          ${get('pixel')} ${get('to')} ${get('aMatrix')} ${get('scratch')})
      ))`,
      advance('to', get('aStep')),
    ),
    set('to', get('c')),
    set('left', i32(matrices)),
    repeat(
      'left',
      `(call $convolve ${get('a')} ${get('weights')} ${get('to')} ${i32(0)}
        ${get('count')} ${get('aStep')} ${i32(0)}
        ${i32(1)} ${i32(0)} ${i32(1)} ${i32(0)} ${get('inputs')}
        ${get('cStep')} ${i32(0)} ${get('outputs')}
        (f32.const -inf) (f32.const inf) ${get('count')})`,
      advance('a', get('aMatrix')),
      advance('to', get('cMatrix')),
      advance('weights', get('matrix')),
    ),
    ...overTiles(
      set(
        'toOut',
        `(i32.add ${get('y')} (i32.mul ${get('outPixel')}
        (i32.add ${get('column')} (i32.mul ${get('row')} ${get('outWidth')}))))`,
      ),
      set('top', `(i32.sub ${get('outHeight')} ${get('row')})`),
      set('start', `(i32.sub ${get('outWidth')} ${get('column')})`),
      `(call $winogradOutputs${m} ${get('c')} ${get('cMatrix')} ${get('toOut')}
        (i32.mul ${get('outWidth')} ${get('outPixel')}) ${get('outPixel')}
        ${least(get('top'), i32(m))} ${least(get('start'), i32(m))}
        ${get('bias')} (i32.sub ${get('added')} ${get('y')}) ${get('added')}
        ${get('scratch')} ${get('low')} ${get('high')})`,
      advance('c', get('cStep')),
    ),
  );
}

/** @param {import('./wat.mjs').Target} target @returns {string} the functions' text. */
export function winograd(target) {
  return Object.keys(POINTS)
    .map(Number)
    .flatMap((m) => [weights(m), inputs(target, m), outputs(target, m), chunk(m)])
    .join('\n');
}
