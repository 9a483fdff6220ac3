/** GIF, decoded here where there is no browser to do it. */

import { Bytes } from './bytes.js';
import type { PictureFile } from './picture-file.js';
import type { Pixels } from './pixels.js';

const EXTENSION = 0x21;
const TRANSPARENT = 0x01;
const INTERLACED = 0x40;
const MAX_CODES = 4096;
/** First row and distance of the rows of each pass of an interlaced picture. */
const PASSES = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const;

/** The pixels, RGBA, of a GIF that `readGif` reduced to one frame and found whole. */
export function decodeGif({ content, width, height }: PictureFile): Pixels {
  const file = new Bytes(content);
  let position = 13 + paletteLength(content[10]);
  let palette = file.slice(13, position);
  let transparent = -1;
  if (content[position] === EXTENSION) {
    if (content[position + 3] & TRANSPARENT) transparent = content[position + 6];
    position += 8;
  }
  const flags = content[position + 9];
  position += 10;
  const own = paletteLength(flags);
  if (own > 0) palette = file.slice(position, position + own);
  position += own;
  const indices = unpack(content.subarray(position + 1), content[position], width * height);
  const data = new Uint8Array(width * height * 4);
  let from = 0;
  for (const y of rowsOf(height, (flags & INTERLACED) !== 0)) {
    for (let to = y * width * 4; to < (y + 1) * width * 4; to += 4) {
      const index = indices[from++];
      // What the palette does not hold is black.
      data.set(palette.subarray(index * 3, index * 3 + 3), to);
      data[to + 3] = index === transparent ? 0 : 255;
    }
  }
  return { data, width, height, channels: 4 };
}

function paletteLength(flags: number): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

/** The rows in the order in which they are stored. */
function* rowsOf(height: number, isInterlaced: boolean): Generator<number> {
  for (const [first, step] of isInterlaced ? PASSES : [[0, 1]]) {
    for (let y = first; y < height; y += step) yield y;
  }
}

/** The palette indices that the LZW codes in the sub-blocks stand for. */
function unpack(blocks: Uint8Array, codeSize: number, pixels: number): Uint8Array {
  const indices = new Uint8Array(pixels);
  const clear = 1 << codeSize;
  // A code beyond the colours is an earlier piece of the picture and the pixel behind it.
  const starts = new Uint32Array(MAX_CODES);
  const lengths = new Uint32Array(MAX_CODES).fill(1, 0, clear);
  let [next, size, previous, previousStart] = [clear + 2, codeSize + 1, -1, 0];
  let [bits, held, to, block] = [0, 0, 0, 0];
  for (let position = 0; position < blocks.length && to < pixels; position++) {
    if (block === 0) {
      block = blocks[position];
      continue;
    }
    block -= 1;
    bits |= blocks[position] << held;
    held += 8;
    while (held >= size && to < pixels) {
      const code = bits & ((1 << size) - 1);
      bits >>>= size;
      held -= size;
      if (code === clear) {
        [next, size, previous] = [clear + 2, codeSize + 1, -1];
        continue;
      }
      if (previous >= 0 && next < MAX_CODES) {
        starts[next] = previousStart;
        lengths[next++] = lengths[previous] + 1;
        if (next === 1 << size && size < 12) size += 1;
      }
      previousStart = to;
      if (code < clear) indices[to++] = code;
      else {
        // One by one: a piece may run on into what it writes.
        for (let from = starts[code]; from < starts[code] + lengths[code] && to < pixels; from++) {
          indices[to++] = indices[from];
        }
      }
      previous = code;
    }
  }
  return indices;
}
