/** GIF: the first frame (GIF89a specification). */

import { MAX_SIDE } from '../constants.generated.js';
import { ascii, type Bytes, concatenate } from './bytes.js';
import { checkCodes } from './gif-codes.js';
import type { PictureFile } from './picture-file.js';
import { checkSize, damaged, endsEarly } from './problem.js';

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const GRAPHIC_CONTROL = 0xf9;

/** The file with its first frame alone, which is all that is decoded. */
export function readGif(file: Bytes): PictureFile {
  if (file.length < 13) throw endsEarly();
  const { data } = file;
  let position = 13 + paletteLength(data[10]);
  const start = file.slice(0, position);
  let control = new Uint8Array(0);
  while (data[position] !== IMAGE) {
    if (position >= file.length) throw endsEarly();
    if (data[position] !== EXTENSION) throw damaged('it holds no picture');
    const end = endOfBlocks(data, position + 2);
    if (data[position + 1] === GRAPHIC_CONTROL) control = data.slice(position, end);
    position = end;
  }
  if (position + 10 > file.length) throw endsEarly();
  const [left, top, width, height] = [1, 3, 5, 7].map((at) => file.number(position + at, 2, true));
  const flags = data[position + 9];
  if (!((data[10] | flags) & 0x80)) throw damaged('it has no palette');
  checkSize(width, height, MAX_SIDE);
  const codes = position + 10 + paletteLength(flags);
  const end = endOfBlocks(data, codes + 1);
  if (data[codes] < 1 || data[codes] > 8) throw damaged('its code size is wrong');
  const size = {
    width: Math.max(file.number(6, 2, true), left + width),
    height: Math.max(file.number(8, 2, true), top + height),
  };
  checkSize(size.width, size.height, MAX_SIDE);
  checkCodes(file.slice(codes + 1, end), data[codes], width * height);
  // Decoders disagree on a frame that is not the whole screen, so they get it as one.
  const content = concatenate([
    start.subarray(0, 6),
    file.slice(position + 5, position + 9),
    start.subarray(10),
    control,
    ascii(',\0\0\0\0'),
    file.slice(position + 5, end),
    ascii(';'),
  ]);
  const isWhole = size.width === width && size.height === height;
  const screen = isWhole ? {} : { screen: { ...size, left, top } };
  return { format: 'GIF', width, height, content, orientation: 1, ...screen };
}

function paletteLength(flags: number): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

/** Where the sub-blocks that begin at `position` end. */
function endOfBlocks(data: Uint8Array, position: number): number {
  let next = position;
  while (next < data.length) {
    const length = data[next];
    next += 1 + length;
    if (length === 0) return next;
  }
  throw endsEarly();
}
