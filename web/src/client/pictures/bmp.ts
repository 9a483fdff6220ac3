/**
 * BMP, decoded here: browsers and Pillow agree on hardly any of its variants. Twin of
 * `python/kerasport/pictures/bmp.py`. 1, 4, 8, 16, 24 and 32 bits, any bit masks, run-length
 * coding, top-down or bottom-up; a level of n bits becomes the nearest of 255 steps.
 */

import type { Bytes } from './bytes.js';
import type { PictureFile } from './picture-file.js';
import type { Pixels } from './pixels.js';
import { checkSize, damaged, endsEarly, Problem } from './problem.js';

const HEADER_SIZES = [12, 40, 52, 56, 64, 108, 124];
const PLAIN = 0;
const RLE8 = 1;
const RLE4 = 2;
const MASKS = 3;
const ALPHA_MASKS = 6;
// Compression of each number of bits that there is.
const KINDS: Readonly<Record<number, readonly number[]>> = {
  1: [PLAIN],
  4: [PLAIN, RLE4],
  8: [PLAIN, RLE8],
  16: [PLAIN, MASKS, ALPHA_MASKS],
  24: [PLAIN],
  32: [PLAIN, MASKS, ALPHA_MASKS],
};
const PLAIN_MASKS: Readonly<Record<number, readonly number[]>> = {
  16: [0x7c00, 0x3e0, 0x1f, 0],
  32: [0xff0000, 0xff00, 0xff, 0],
};

/** A BMP, understood; `content` is the whole file. */
export interface BmpFile extends PictureFile {
  readonly format: 'BMP';
  readonly bits: number;
  readonly compression: number;
  readonly masks: readonly number[];
  /** Red, green, blue of each index. */
  readonly palette: Uint8Array;
  readonly start: number;
  readonly isTopDown: boolean;
}

/** The file once its header is understood and its rows are all there. */
export function readBmp(file: Bytes): BmpFile {
  if (file.length < 26) throw endsEarly();
  const start = file.number(10, 4, true);
  const header = file.number(14, 4, true);
  if (!HEADER_SIZES.includes(header)) throw damaged('its header is of an unknown kind');
  if (file.length < 14 + header) throw endsEarly();
  const isShort = header === 12;
  const width = isShort ? file.number(18, 2, true) : file.number(18, 4, true) | 0;
  const signedHeight = isShort ? file.number(20, 2, true) : file.number(22, 4, true) | 0;
  const bits = file.number(isShort ? 24 : 28, 2, true);
  const compression = isShort ? PLAIN : file.number(30, 4, true);
  const colors = isShort ? 0 : file.number(46, 4, true);
  const height = Math.abs(signedHeight);
  if (!KINDS[bits]?.includes(compression) || (header === 64 && compression >= MASKS)) {
    throw new Problem(
      `it is a BMP of a kind (${bits} bits, compression ${compression}) unknown here`,
    );
  }
  checkSize(width, height);
  const hasMasks = compression === MASKS || compression === ALPHA_MASKS;
  const { masks, after } = hasMasks
    ? readMasks(file, header, compression)
    : { masks: PLAIN_MASKS[bits] ?? [], after: 14 + header };
  const isRunLength = compression === RLE8 || compression === RLE4;
  const palette = new Uint8Array(768);
  if (bits <= 8) {
    const entry = isShort ? 3 : 4;
    const room = Math.floor(Math.max(0, start - after) / entry);
    // Indices beyond the palette are black.
    const count = Math.min(colors || 2 ** bits, 2 ** bits, room);
    for (let index = 0; index < count && after + (index + 1) * entry <= file.length; index++) {
      const [blue, green, red] = file.slice(after + index * entry, after + index * entry + 3);
      palette.set([red, green, blue], 3 * index);
    }
  }
  const needed = isRunLength ? 1 : strideOf(width, bits) * height;
  if (start + needed > file.length || start < after) throw endsEarly();
  const isTopDown = signedHeight < 0;
  const content = file.data;
  return {
    format: 'BMP',
    ...{ width, height, bits, compression, masks, palette, start, isTopDown, content },
    orientation: 1,
  };
}

/** The pixels: RGB, or RGBA where the file has transparency. */
export function decodeBmp(file: BmpFile): Pixels {
  const { width, height, bits, compression } = file;
  if (compression === RLE8 || compression === RLE4) {
    return paint(file, runLengths(file), width, (row, x) => row[x]);
  }
  const stride = strideOf(width, bits);
  const rows = file.content.subarray(file.start, file.start + stride * height);
  if (bits <= 8) {
    const mask = 2 ** bits - 1;
    return paint(file, rows, stride, (row, x) => {
      const position = x * bits;
      return (row[position >> 3] >> (8 - bits - (position & 7))) & mask;
    });
  }
  return bits === 24 ? direct(file, rows, stride) : masked(file, rows, stride);
}

function strideOf(width: number, bits: number): number {
  return Math.ceil((width * bits) / 32) * 4;
}

function readMasks(file: Bytes, header: number, compression: number) {
  if (file.length < 70) throw endsEarly();
  const hasAlpha = header >= 56 || compression === ALPHA_MASKS;
  const masks = [54, 58, 62, 66].map((at) => file.number(at, 4, true));
  if (!hasAlpha) masks[3] = 0;
  for (const mask of masks) {
    const largest = mask / lowestBit(mask);
    // Without gaps it is a power of two, less one.
    if (mask && !Number.isInteger(Math.log2(largest + 1))) throw damaged('a colour mask has gaps');
  }
  return { masks, after: header >= 52 ? 14 + header : hasAlpha ? 70 : 66 };
}

function lowestBit(mask: number): number {
  return (mask & -mask) >>> 0 || 1;
}

/** Where row `y` of the file belongs in the picture. */
function rowOf(file: BmpFile, y: number): number {
  return file.isTopDown ? y : file.height - 1 - y;
}

function paint(
  file: BmpFile,
  rows: Uint8Array,
  stride: number,
  indexAt: (row: Uint8Array, x: number) => number,
): Pixels {
  const { width, height, palette } = file;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = rows.subarray(y * stride, (y + 1) * stride);
    let to = rowOf(file, y) * width * 3;
    for (let x = 0; x < width; x++) {
      const from = 3 * indexAt(row, x);
      data[to++] = palette[from];
      data[to++] = palette[from + 1];
      data[to++] = palette[from + 2];
    }
  }
  return { data, width, height, channels: 3 };
}

function direct(file: BmpFile, rows: Uint8Array, stride: number): Pixels {
  const { width, height } = file;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    let to = rowOf(file, y) * width * 3;
    for (let from = y * stride; from < y * stride + 3 * width; from += 3) {
      data[to++] = rows[from + 2];
      data[to++] = rows[from + 1];
      data[to++] = rows[from];
    }
  }
  return { data, width, height, channels: 3 };
}

function masked(file: BmpFile, rows: Uint8Array, stride: number): Pixels {
  const { width, height, bits, masks } = file;
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const valueAt = (y: number, x: number) =>
    bits === 16
      ? view.getUint16(y * stride + 2 * x, true)
      : view.getUint32(y * stride + 4 * x, true);
  const levels = masks.map((mask) => {
    const lowest = lowestBit(mask);
    const largest = mask / lowest;
    return (value: number) => {
      if (!mask) return 0;
      const level = ((value & mask) >>> 0) / lowest;
      return Math.floor((level * 510 + largest) / (2 * largest));
    };
  });
  const data = new Uint8Array(width * height * 4);
  let isVisible = false;
  for (let y = 0; y < height; y++) {
    let to = rowOf(file, y) * width * 4;
    for (let x = 0; x < width; x++, to += 4) {
      const value = valueAt(y, x);
      for (let channel = 0; channel < 4; channel++) data[to + channel] = levels[channel](value);
      isVisible ||= data[to + 3] > 0;
    }
  }
  // A file whose alpha is 0 everywhere does not mean to be invisible.
  if (!isVisible) for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { data, width, height, channels: 4 };
}

/** The palette indices; pixels that the file skips have index 0. */
function runLengths({ content, start, width, height, compression }: BmpFile): Uint8Array {
  const indices = new Uint8Array(width * height);
  const isNibbles = compression === RLE4;
  const nibble = (byte: number, index: number) => (index % 2 ? byte & 15 : byte >> 4);
  let [x, y, position] = [0, 0, start];
  while (y < height) {
    if (position + 2 > content.length) throw endsEarly();
    const count = content[position];
    const value = content[position + 1];
    position += 2;
    if (count === 0 && value === 1) break;
    if (count === 0 && value === 0) {
      x = 0;
      y += 1;
      continue;
    }
    if (count === 0 && value === 2) {
      if (position + 2 > content.length) throw endsEarly();
      x += content[position];
      y += content[position + 1];
      position += 2;
      if (x > width || y >= height) throw damaged('a run leaves the picture');
      continue;
    }
    const length = count || value;
    const bytes = isNibbles ? Math.ceil(length / 2) : length;
    if (count === 0 && position + bytes > content.length) throw endsEarly();
    if (x + length > width) throw damaged('a run leaves the picture');
    for (let index = 0; index < length; index++) {
      let level = count ? value : content[position + (isNibbles ? index >> 1 : index)];
      if (isNibbles) level = nibble(level, index);
      indices[y * width + x++] = level;
    }
    // Literal runs are padded to 16 bits.
    if (count === 0) position += bytes + (bytes % 2);
  }
  return indices;
}
