/**
 * GIF: the first frame (GIF89a specification), decoded here. Decoders differ on indices beyond the
 * palette, frames that are not the whole screen, control blocks of odd lengths and files that end
 * early. Twin of `python/kerasport/pictures/gif.py`.
 */

import { MAX_SIDE } from '../constants.generated.js';
import { type Bytes, concatenate } from './bytes.js';
import { decodeCodes } from './gif-codes.js';
import type { PictureFile } from './picture-file.js';
import type { Pixels } from './pixels.js';
import { checkSize, damaged, endsEarly } from './problem.js';

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const GRAPHIC_CONTROL = 0xf9;
const HAS_PALETTE = 0x80;
const IS_INTERLACED = 0x40;
// First row and step of each pass.
const PASSES = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const;

/** A GIF, understood; `content` is the compressed data of its first frame. */
export interface GifFile extends PictureFile {
  readonly format: 'GIF';
  /** Where the frame lies on the screen, which `width` and `height` are of. */
  readonly frame: { left: number; top: number; width: number; height: number };
  /** Red, green, blue, alpha of each index. */
  readonly palette: Uint8Array;
  readonly isInterlaced: boolean;
  readonly codeSize: number;
}

/** The file once its first frame is understood; its codes are not decoded. */
export function readGif(file: Bytes): GifFile {
  if (file.length < 13) throw endsEarly();
  const { data } = file;
  let position = 13 + paletteLength(data[10]);
  let transparent: number | undefined;
  while (data[position] !== IMAGE) {
    if (position >= file.length) throw endsEarly();
    if (data[position] !== EXTENSION) throw damaged('it holds no picture');
    const { blocks, end } = readBlocks(data, position + 2);
    // The last one counts; a longer one begins alike, a shorter one says nothing.
    if (data[position + 1] === GRAPHIC_CONTROL && blocks[0]?.length >= 4) {
      transparent = blocks[0][0] & 1 ? blocks[0][3] : undefined;
    }
    position = end;
  }
  if (position + 10 > file.length) throw endsEarly();
  const [left, top, width, height] = [1, 3, 5, 7].map((at) => file.number(position + at, 2, true));
  const flags = data[position + 9];
  if (!((data[10] | flags) & HAS_PALETTE)) throw damaged('it has no palette');
  checkSize(width, height, MAX_SIDE);
  const start = position + 10 + paletteLength(flags);
  if (start >= file.length) throw endsEarly();
  const { blocks } = readBlocks(data, start + 1);
  const codeSize = data[start];
  if (codeSize < 2 || codeSize > 8) throw damaged('its code size is wrong');
  const size = {
    width: Math.max(file.number(6, 2, true), left + width),
    height: Math.max(file.number(8, 2, true), top + height),
  };
  checkSize(size.width, size.height, MAX_SIDE);
  const own = file.slice(position + 10, start);
  const colors = own.length ? own : file.slice(13, 13 + paletteLength(data[10]));
  return {
    format: 'GIF',
    ...size,
    orientation: 1,
    content: concatenate(blocks),
    frame: { left, top, width, height },
    palette: paletteOf(colors, transparent),
    isInterlaced: (flags & IS_INTERLACED) !== 0,
    codeSize,
  };
}

/** The screen with the first frame: RGBA. */
export function decodeGif(file: GifFile): Pixels {
  const { width, height, frame, palette } = file;
  const indices = decodeCodes(file.content, file.codeSize, frame.width * frame.height);
  const colors = new Uint32Array(palette.buffer);
  const data = new Uint32Array(width * height);
  let from = 0;
  for (const y of rowsOf(frame.height, file.isInterlaced)) {
    let to = (frame.top + y) * width + frame.left;
    for (let x = 0; x < frame.width; x++) data[to++] = colors[indices[from++]];
  }
  return { data: new Uint8Array(data.buffer), width, height, channels: 4 };
}

function* rowsOf(height: number, isInterlaced: boolean): Generator<number> {
  for (const [start, step] of isInterlaced ? PASSES : [[0, 1]]) {
    for (let y = start; y < height; y += step) yield y;
  }
}

function paletteLength(flags: number): number {
  return flags & HAS_PALETTE ? 3 << ((flags & 7) + 1) : 0;
}

/** RGBA of 256 indices; those beyond the palette are black. */
function paletteOf(colors: Uint8Array, transparent: number | undefined): Uint8Array<ArrayBuffer> {
  const palette = new Uint8Array(4 * 256);
  for (let index = 0; index < 256; index++) {
    palette.set(colors.subarray(3 * index, 3 * index + 3), 4 * index);
    palette[4 * index + 3] = index === transparent ? 0 : 255;
  }
  return palette;
}

/** The sub-blocks that begin at `position`, and where they end. */
function readBlocks(data: Uint8Array, position: number) {
  const blocks: Uint8Array[] = [];
  let next = position;
  while (next < data.length) {
    const length = data[next];
    if (length === 0) return { blocks, end: next + 1 };
    blocks.push(data.subarray(next + 1, next + 1 + length));
    next += 1 + length;
  }
  throw endsEarly();
}
