/** Whether the compressed data of a GIF is whole: Firefox and WebKit show what they can of it. */

import { damaged } from './problem.js';

const MAX_CODES = 4096;

/**
 * Walks the LZW codes and counts the pixels that they stand for, without writing any.
 *
 * @param blocks - the sub-blocks, lengths included.
 */
export function checkCodes(blocks: Uint8Array, codeSize: number, pixels: number): void {
  const clear = 1 << codeSize;
  const lengths = new Uint32Array(MAX_CODES).fill(1, 0, clear);
  let [next, size, previous] = [clear + 2, codeSize + 1, -1];
  let [bits, held, left, block] = [0, 0, pixels, 0];
  for (let position = 0; position < blocks.length && left > 0; position++) {
    if (block === 0) {
      block = blocks[position];
      continue;
    }
    block -= 1;
    bits |= blocks[position] << held;
    held += 8;
    while (held >= size && left > 0) {
      const code = bits & ((1 << size) - 1);
      bits >>>= size;
      held -= size;
      if (code === clear) {
        [next, size, previous] = [clear + 2, codeSize + 1, -1];
        continue;
      }
      // The end before the last pixel, or a code that is not defined yet.
      const isNew = code === next && previous >= 0 && next < MAX_CODES;
      if (code === clear + 1 || (code >= next && !isNew) || (previous < 0 && code > clear)) {
        throw wrongData();
      }
      if (previous >= 0 && next < MAX_CODES) {
        lengths[next++] = lengths[previous] + 1;
        if (next === 1 << size && size < 12) size += 1;
      }
      left -= lengths[code];
      previous = code;
    }
  }
  if (left > 0) throw wrongData();
}

function wrongData() {
  return damaged('its compressed data is wrong');
}
