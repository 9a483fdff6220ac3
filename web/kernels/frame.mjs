/** Zeros around a picture, for windows that reach over its border. */

import { advance, f32x4, get, i32, kernel, repeat, routine, set, whilst } from './wat.mjs';

/** @returns {string} the functions' text. */
export function frame() {
  return [fill(), frameLines()].join('\n');
}

/** Zeros from `y` on: up to the next vector's end. */
function fill() {
  return routine(
    'clear',
    ['y', 'bytes'],
    {},
    whilst(
      `(i32.gt_s ${get('bytes')} ${i32(0)})`,
      `(v128.store ${get('y')} ${f32x4(0)})`,
      advance('y', i32(16)),
      advance('bytes', i32(-16)),
    ),
  );
}

/**
 * Copies `lines` lines of `bytes` bytes, with `left` bytes of zeros before each and `right` behind
 * it, and whole lines of zeros `above` and `below`. Up to 12 bytes behind the output are written too.
 */
function frameLines() {
  const clear = (/** @type {string} */ bytes) => [
    `(call $clear ${get('y')} ${bytes})`,
    advance('y', bytes),
  ];
  const whole = (/** @type {string} */ lines) => `(i32.mul ${get(lines)} ${get('whole')})`;
  return kernel(
    'frame',
    ['x', 'y', 'bytes', 'lines', 'above', 'below', 'left', 'right'],
    { whole: 'i32', at: 'i32' },
    set('whole', `(i32.add ${get('left')} (i32.add ${get('bytes')} ${get('right')}))`),
    ...clear(whole('above')),
    repeat(
      'lines',
      ...clear(get('left')),
      set('at', i32(0)),
      // What is written too far is written again by what comes next.
      whilst(
        `(i32.lt_s ${get('at')} ${get('bytes')})`,
        `(v128.store (i32.add ${get('y')} ${get('at')})
          (v128.load (i32.add ${get('x')} ${get('at')})))`,
        advance('at', i32(16)),
      ),
      advance('x', get('bytes')),
      advance('y', get('bytes')),
      ...clear(get('right')),
    ),
    ...clear(whole('below')),
  );
}
