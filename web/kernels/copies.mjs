/** Values that move to other places. */

import { storeSome, VECTOR } from './vectors.mjs';
import { advance, each, get, i32, kernel, set, whilst } from './wat.mjs';

const down = (/** @type {string} */ id, by = 1) => set(id, `(i32.sub ${get(id)} ${i32(by)})`);

/**
 * Goes `count` times through `body`, with both addresses further each time, and back behind it.
 *
 * @param {string} left local @param {string} count parameter
 * @param {string} fromStep @param {string} toStep parameters
 * @param {...string} body
 */
const level = (left, count, fromStep, toStep, ...body) => {
  const steps = [
    ['from', fromStep],
    ['to', toStep],
  ];
  return [
    set(left, get(count)),
    whilst(
      `(i32.gt_s ${get(left)} ${i32(0)})`,
      ...body,
      ...steps.map(([id, step]) => advance(id, get(step))),
      down(left),
    ),
    ...steps.map(([id, step]) =>
      set(id, `(i32.sub ${get(id)} (i32.mul ${get(count)} ${get(step)}))`),
    ),
  ].join('\n');
};

/** Moves as many bytes at a time as are left, down to four. @param {number} size */
const chunks = (size) => {
  const [type, bytes] = size < VECTOR ? ['i32', 4] : ['v128', VECTOR];
  return whilst(
    `(i32.ge_s ${get('bytesLeft')} ${i32(size)})`,
    each(
      size / bytes,
      (i) =>
        `(${type}.store offset=${i * bytes} (i32.add ${get('to')} ${get('at')})
          (${type}.load offset=${i * bytes} (i32.add ${get('from')} ${get('at')})))`,
    ),
    advance('at', i32(size)),
    down('bytesLeft', size),
  );
};

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
    // Groups of blocks of rows of `bytes` bytes, a multiple of 4. Of one group the next one begins
    // `group` bytes further on both sides.
    kernel(
      'copyRows',
      [
        ...['from', 'to', 'bytes', 'rows', 'fromStep', 'toStep'],
        ...['blocks', 'fromBlock', 'toBlock', 'groups', 'group'],
      ],
      { rowsLeft: 'i32', blocksLeft: 'i32', groupsLeft: 'i32', bytesLeft: 'i32', at: 'i32' },
      level(
        ...['groupsLeft', 'groups', 'group', 'group'],
        level(
          ...['blocksLeft', 'blocks', 'fromBlock', 'toBlock'],
          level(
            ...['rowsLeft', 'rows', 'fromStep', 'toStep'],
            set('at', i32(0)),
            set('bytesLeft', get('bytes')),
            ...[4 * VECTOR, VECTOR, 4].map(chunks),
          ),
        ),
      ),
    ),
    // Rows of `bytes` bytes, `step` bytes apart, become 0.
    kernel(
      'zeroRows',
      ['to', 'bytes', 'rows', 'step'],
      {},
      whilst(
        `(i32.gt_s ${get('rows')} ${i32(0)})`,
        `(memory.fill ${get('to')} ${i32(0)} ${get('bytes')})`,
        advance('to', get('step')),
        down('rows'),
      ),
    ),
  ].join('\n');
}
