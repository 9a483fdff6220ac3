/**
 * Convolutions of each channel by itself.
 *
 * A window walks over rows that the caller names; vectors go over channels. Weights are packed by
 * groups of four channels: bias, then the taps row by row, so that a group's all lie at constant
 * distances. The sum of a value is `((bias + first tap) + second tap) + ...`, row by row.
 */

import { advance, each, get, i32, kernel, routine, set, when, whilst } from './wat.mjs';

/** Columns that a kernel computes at once: what it loads is used for all of them. */
const FEW = 4;
/** Of square windows, where there are as many: maps of 224 have 7, 14, 28, ... */
const MANY = 7;

/** Windows along a row with a kernel of their own: taps, stride and columns. */
const WINDOWS = /** @type {const} */ ([
  [1, 1, [FEW]],
  [3, 1, [MANY, FEW]],
  [3, 2, [MANY, FEW]],
  [5, 1, [FEW]],
  [5, 2, [FEW]],
]);

const ROW = [
  'table',
  'rows',
  'pixel',
  'y',
  'weights',
  'columns',
  'channels',
  'low:f32',
  'high:f32',
];

/** @param {string} value */
const load = (value, offset = 0) => `(v128.load offset=${offset} ${value})`;

/** @param {string} condition @param {string} yes @param {string} no */
const either = (condition, yes, no) => `(if ${condition} (then ${yes}) (else ${no}))`;

/** @param {string} value */
const clamped = (value) =>
  `(f32x4.pmin (f32x4.pmax ${value} (f32x4.splat ${get('low')})) (f32x4.splat ${get('high')}))`;

/** @param {number} count */
const sumLocals = (count) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`sum${index}`, 'v128']));

/**
 * All channels of the next output columns, of which there are `columns`, from `x` bytes behind the
 * addresses in the table on; `taps` adds the products of one row to `sum0`, `sum1`, ... and moves
 * `tap` behind the row's weights.
 *
 * @param {number} columns
 * @param {string} taps
 * @param {number} [rows] of the window, to be written one behind the other: each load has an address of its
 *   own in the code then, by which a processor foretells the next one.
 */
const tile = (columns, taps, rows) => `
  ${set('group', get('weights'))}
  ${set('channel', i32(0))}
  ${whilst(
    `(i32.lt_s ${get('channel')} ${get('step')})`,
    each(columns, (j) => set(`sum${j}`, load(get('group')))),
    set('tap', `(i32.add ${get('group')} ${i32(16)})`),
    set('row', get('table')),
    rows
      ? each(rows, () => windowRow(taps))
      : whilst(`(i32.lt_u ${get('row')} ${get('end')})`, windowRow(taps)),
    set('group', get('tap')),
    set('to', `(i32.add ${get('y')} ${get('channel')})`),
    each(columns, (j) => set(`sum${j}`, clamped(get(`sum${j}`)))),
    set('left', `(i32.sub ${get('step')} ${get('channel')})`),
    either(
      `(i32.ge_s ${get('left')} ${i32(16)})`,
      each(
        columns,
        (j) => `(v128.store ${get('to')} ${get(`sum${j}`)}) ${advance('to', get('step'))}`,
      ),
      each(
        columns,
        (j) =>
          `(call $storeRest ${get('to')} ${get(`sum${j}`)} (i32.shr_u ${get('left')} ${i32(2)})) ${advance('to', get('step'))}`,
      ),
    ),
    advance('channel', i32(16)),
  )}`;

/** One row of the window. @param {string} taps */
const windowRow = (taps) => `
  ${set('from', `(i32.load ${get('row')})`)}
  ${
    // Nothing for a row outside of the picture.
    when(get('from'), `${advance('from', `(i32.add ${get('x')} ${get('channel')})`)} ${taps}`)
  }
  ${advance('tap', get('width'))}
  ${advance('row', i32(4))}`;

const ROW_LOCALS = /** @type {const} */ ({
  ...{ step: 'i32', x: 'i32', group: 'i32', channel: 'i32', left: 'i32' },
  ...{ tap: 'i32', width: 'i32', row: 'i32', end: 'i32', from: 'i32', to: 'i32', value: 'v128' },
});

const rowStart = `
  ${set('step', `(i32.shl ${get('channels')} ${i32(2)})`)}
  ${set('end', `(i32.add ${get('table')} (i32.shl ${get('rows')} ${i32(2)}))`)}`;

/**
 * One output row of a window of `taps` columns; at least {@link FEW} columns.
 *
 * @param {import('./wat.mjs').Target} target
 * @param {number} taps
 * @param {number} stride
 * @param {readonly number[]} widths columns at once, {@link FEW} at last.
 */
function fastRow(target, taps, stride, widths) {
  const weight = (/** @type {number} */ t) => `weight${t}`;
  const oneRow = (/** @type {number} */ columns) => {
    const products = (/** @type {number} */ column) =>
      each(columns, (j) => {
        const t = column - j * stride;
        if (t < 0 || t >= taps) return '';
        return set(`sum${j}`, target.multiplyAdd(get(`sum${j}`), get('value'), get(weight(t))));
      });
    return `
    ${each(taps, (t) => set(weight(t), load(get('tap'), t * 16)))}
    ${each(
      (columns - 1) * stride + taps,
      (column) => `${set('value', load(get('from')))} ${products(column)}
        ${advance('from', get('pixel'))}`,
    )}`;
  };
  const next = (/** @type {number} */ columns) => [
    tile(columns, oneRow(columns), columns === FEW ? undefined : taps),
    advance('x', `(i32.mul ${get('pixel')} ${i32(columns * stride)})`),
    advance('y', `(i32.mul ${get('step')} ${i32(columns)})`),
    set('columns', `(i32.sub ${get('columns')} ${i32(columns)})`),
  ];
  const weights = Object.fromEntries(Array.from({ length: taps }, (_, t) => [weight(t), 'v128']));
  const locals = { ...ROW_LOCALS, ...sumLocals(Math.max(...widths)), ...weights };
  return routine(
    `depthwise${taps}${stride}`,
    ROW,
    { ...locals, back: 'i32' },
    rowStart,
    set('width', i32(taps * 16)),
    ...widths.slice(0, -1).map((columns) =>
      whilst(
        // Eight are two times four.
        `(i32.and (i32.eq ${get('rows')} ${i32(taps)})
          (i32.and (i32.ge_s ${get('columns')} ${i32(columns)})
            (i32.ne ${get('columns')} ${i32(2 * FEW)})))`,
        ...next(columns),
      ),
    ),
    whilst(
      get('columns'),
      // The last ones begin earlier where fewer are left, and some are computed twice.
      when(
        `(i32.lt_s ${get('columns')} ${i32(FEW)})`,
        set('back', `(i32.sub ${get('columns')} ${i32(FEW)})`),
        advance('x', `(i32.mul ${get('pixel')} (i32.mul ${get('back')} ${i32(stride)}))`),
        advance('y', `(i32.mul ${get('back')} ${get('step')})`),
        set('columns', i32(FEW)),
      ),
      ...next(FEW),
    ),
  );
}

/** One output row of any window. @param {import('./wat.mjs').Target} target */
function anyRow(target) {
  const oneRow = `
    ${set('last', `(i32.add ${get('tap')} ${get('width')})`)}
    ${set('at', get('tap'))}
    ${whilst(
      `(i32.lt_u ${get('at')} ${get('last')})`,
      set('sum0', target.multiplyAdd(get('sum0'), load(get('from')), load(get('at')))),
      advance('from', get('spread')),
      advance('at', i32(16)),
    )}`;
  return routine(
    'depthwiseAny',
    [...ROW, 'taps', 'stride', 'dilation'],
    { ...ROW_LOCALS, ...sumLocals(1), last: 'i32', at: 'i32', spread: 'i32' },
    rowStart,
    set('width', `(i32.shl ${get('taps')} ${i32(4)})`),
    set('spread', `(i32.mul ${get('dilation')} ${get('pixel')})`),
    whilst(
      get('columns'),
      tile(1, oneRow),
      advance('x', `(i32.mul ${get('pixel')} ${get('stride')})`),
      advance('y', get('step')),
      set('columns', `(i32.sub ${get('columns')} ${i32(1)})`),
    ),
  );
}

/**
 * `depthwise`: output rows `from` to `to` - 1 at `y`, one each `yPitch` bytes.
 *
 * Row `r` of the input's `height` lies at `x + (r mod slots) * xPitch`, its places each `pixel` bytes,
 * the others are zeros; `x` is
 * where the first window begins, so that columns outside of the picture are zeros in memory. Output
 * row `i` begins with row `i * strideY - top`. `table` has room for an address per row of the window.
 */
function rows() {
  const parameters = [
    ...[
      'x',
      'slots',
      'xPitch',
      'pixel',
      'height',
      'top',
      'y',
      'yPitch',
      'from',
      'to',
      'columns',
      'channels',
    ],
    ...['weights', 'table', 'kernelY', 'kernelX', 'strideY', 'strideX', 'dilationY', 'dilationX'],
    ...['low:f32', 'high:f32'],
  ];
  const common = ROW.map((name) => name.split(':')[0])
    .map((name) => get(name === 'rows' ? 'kernelY' : name))
    .join(' ');
  const any = `(call $depthwiseAny ${common}
    ${get('kernelX')} ${get('strideX')} ${get('dilationX')})`;
  const best = WINDOWS.reduceRight(
    (otherwise, [taps, stride]) =>
      either(
        `(i32.eq ${get('kind')} ${i32(kind(taps, stride))})`,
        `(call $depthwise${taps}${stride} ${common})`,
        otherwise,
      ),
    any,
  );
  return kernel(
    'depthwise',
    parameters,
    { row: 'i32', entry: 'i32', end: 'i32', kind: 'i32' },
    set('end', `(i32.add ${get('table')} (i32.shl ${get('kernelY')} ${i32(2)}))`),
    when(
      `(i32.and (i32.eq ${get('dilationX')} ${i32(1)}) (i32.and
        (i32.ge_s ${get('columns')} ${i32(FEW)}) (i32.lt_u ${get('strideX')} ${i32(8)})))`,
      set('kind', `(i32.or (i32.shl ${get('kernelX')} ${i32(3)}) ${get('strideX')})`),
    ),
    whilst(
      `(i32.lt_s ${get('from')} ${get('to')})`,
      set('row', `(i32.sub (i32.mul ${get('from')} ${get('strideY')}) ${get('top')})`),
      set('entry', get('table')),
      whilst(
        `(i32.lt_u ${get('entry')} ${get('end')})`,
        `(i32.store ${get('entry')} (select
          (i32.add ${get('x')} (i32.mul ${get('xPitch')} (i32.rem_u ${get('row')} ${get('slots')})))
          ${i32(0)}
          (i32.lt_u ${get('row')} ${get('height')})))`,
        advance('row', get('dilationY')),
        advance('entry', i32(4)),
      ),
      best,
      advance('y', get('yPitch')),
      advance('from', i32(1)),
    ),
  );
}

/** A window along a row as one number; strides are below 8. @param {number} taps @param {number} stride */
const kind = (taps, stride) => (taps << 3) | stride;

/** `packDepthwise`: `kernel` of taps x channels and `bias` (0: none) by groups of four channels. */
const pack = kernel(
  'packDepthwise',
  ['kernel', 'bias', 'y', 'taps', 'channels'],
  { channel: 'i32', tap: 'i32', lane: 'i32', value: 'f32' },
  whilst(
    `(i32.lt_s ${get('channel')} ${get('channels')})`,
    set('tap', i32(-1)),
    whilst(
      `(i32.lt_s ${get('tap')} ${get('taps')})`,
      set('lane', get('channel')),
      whilst(
        `(i32.lt_s ${get('lane')} (i32.add ${get('channel')} ${i32(4)}))`,
        set('value', '(f32.const 0)'),
        when(
          `(i32.lt_s ${get('lane')} ${get('channels')})`,
          either(
            `(i32.ge_s ${get('tap')} ${i32(0)})`,
            set(
              'value',
              `(f32.load (i32.add ${get('kernel')} (i32.shl (i32.add ${get('lane')}
                (i32.mul ${get('tap')} ${get('channels')})) ${i32(2)})))`,
            ),
            when(
              get('bias'),
              set(
                'value',
                `(f32.load (i32.add ${get('bias')} (i32.shl ${get('lane')} ${i32(2)})))`,
              ),
            ),
          ),
        ),
        `(f32.store ${get('y')} ${get('value')})`,
        advance('y', i32(4)),
        advance('lane', i32(1)),
      ),
      advance('tap', i32(1)),
    ),
    advance('channel', i32(4)),
  ),
);

/** @param {import('./wat.mjs').Target} target @returns {string} the functions' text. */
export function depthwise(target) {
  const fast = WINDOWS.map((window) => fastRow(target, ...window));
  return [...fast, anyRow(target), rows(), pack].join('\n');
}
