/** Pieces of a picture, with zeros around it. */

import { advance, get, i32, kernel, repeat, set } from './wat.mjs';

/** Of two numbers with a sign. @param {string} a @param {string} b */
const least = (a, b) => `(select ${a} ${b} (i32.lt_s ${a} ${b}))`;

/** @param {string} a @param {string} b */
const most = (a, b) => `(select ${a} ${b} (i32.gt_s ${a} ${b}))`;

/**
 * `excerpt`: `rows` x `columns` from row `top` and column `left` on, which may lie outside.
 *
 * @returns {string} the function's text.
 */
export function excerpt() {
  return kernel(
    'excerpt',
    ['x', 'height', 'width', 'channels', 'top', 'left', 'rows', 'columns', 'y'],
    { pixel: 'i32', line: 'i32', first: 'i32', last: 'i32', behind: 'i32', bytes: 'i32' },
    set('pixel', `(i32.shl ${get('channels')} ${i32(2)})`),
    set('line', `(i32.mul ${get('pixel')} ${get('columns')})`),
    // Columns of the piece before, in and behind the picture.
    set('first', most(`(i32.sub ${i32(0)} ${get('left')})`, i32(0))),
    set('first', least(get('first'), get('columns'))),
    set('last', least(`(i32.sub ${get('width')} ${get('left')})`, get('columns'))),
    set('last', most(get('last'), get('first'))),
    set('behind', `(i32.mul (i32.sub ${get('columns')} ${get('last')}) ${get('pixel')})`),
    set('bytes', `(i32.mul (i32.sub ${get('last')} ${get('first')}) ${get('pixel')})`),
    // Where no column is in the picture nothing is copied, but from an address within it all the same:
    // of copies of no bytes WebAssembly asks that, too.
    advance(
      'x',
      `(i32.mul ${least(most(`(i32.add ${get('left')} ${get('first')})`, i32(0)), get('width'))}
          ${get('pixel')})`,
    ),
    set('first', `(i32.mul ${get('first')} ${get('pixel')})`),
    set('last', `(i32.mul ${get('last')} ${get('pixel')})`),
    repeat(
      'rows',
      `(if (i32.lt_u ${get('top')} ${get('height')}) (then
          (memory.fill ${get('y')} ${i32(0)} ${get('first')})
          (memory.copy (i32.add ${get('y')} ${get('first')}) (i32.add ${get('x')}
            (i32.mul (i32.mul ${get('top')} ${get('width')}) ${get('pixel')})) ${get('bytes')})
          (memory.fill (i32.add ${get('y')} ${get('last')}) ${i32(0)} ${get('behind')})
        ) (else (memory.fill ${get('y')} ${i32(0)} ${get('line')})))`,
      advance('y', get('line')),
      advance('top', i32(1)),
    ),
  );
}
