/** PNG: the chunks that decide pixels (W3C PNG, third edition). `png-pixels.ts` decodes them. */

import { Bytes, concatenate } from './bytes.js';
import { orientationOf } from './exif.js';
import type { PictureFile } from './picture-file.js';
import { checkSize, damaged, endsEarly } from './problem.js';

const SIGNATURE_LENGTH = 8;

const GRAY = 0;
const RGB = 2;
const PALETTE = 3;
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  [GRAY]: [1, 2, 4, 8, 16],
  [RGB]: [8, 16],
  [PALETTE]: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const SAMPLES: Readonly<Record<number, number>> = { [GRAY]: 1, [RGB]: 3, [PALETTE]: 1, 4: 2, 6: 4 };
// What deflate can reach at most; a file that would need more is refused before it is inflated.
const MAX_DEFLATION = 1032;

/** A part of an interlaced picture: first column and row, and the steps to the next ones. */
export interface Pass {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
  readonly columns: number;
  readonly rows: number;
}

/** A PNG, understood but not inflated. */
export interface PngFile extends PictureFile {
  readonly format: 'PNG';
  readonly bits: number;
  readonly samples: number;
  /** Red, green, blue, alpha of each index. */
  readonly palette?: Uint8Array;
  readonly passes: readonly Pass[];
}

interface Chunk {
  readonly kind: string;
  readonly body: Uint8Array;
}

/**
 * The picture that is not part of an animation, with every checksum verified. Gamma, colour
 * profiles and animations are left out: browsers and Pillow treat them differently. `content` is
 * the deflated rows.
 */
export function readPng(file: Bytes): PngFile {
  const chunks = readChunks(file);
  if (chunks[0]?.kind !== 'IHDR' || chunks[0].body.length !== 13) {
    throw damaged('its header is wrong');
  }
  const header = new Bytes(chunks[0].body);
  const [width, height] = [header.number(0, 4), header.number(4, 4)];
  const [bits, color, compression, filtering, interlace] = header.slice(8, 13);
  if (!DEPTHS[color]?.includes(bits) || compression || filtering || interlace > 1) {
    throw damaged('its header is wrong');
  }
  checkSize(width, height);
  const body = (wanted: string) => chunks.find(({ kind }) => kind === wanted)?.body;
  const colors = body('PLTE');
  const isUsable = colors?.length && colors.length % 3 === 0 && colors.length <= 768;
  if (color === PALETTE && !isUsable) throw damaged('its palette is missing or wrong');
  const content = concatenate(
    chunks.filter(({ kind }) => kind === 'IDAT').map((chunk) => chunk.body),
  );
  const samples = SAMPLES[color];
  const passes = passesOf(width, height, interlace === 1);
  const rowLength = ({ columns }: Pass) => 1 + Math.ceil((columns * bits * samples) / 8);
  const needed = passes.reduce((sum, pass) => sum + pass.rows * rowLength(pass), 0);
  if (needed > MAX_DEFLATION * content.length) {
    throw damaged('it holds too little data for its size');
  }
  const transparency = body('tRNS') ?? new Uint8Array(0);
  const exif = body('eXIf');
  return {
    format: 'PNG',
    width,
    height,
    bits,
    samples,
    passes,
    content,
    orientation: exif ? orientationOf(exif) : 1,
    ...(color === PALETTE && colors ? { palette: paletteOf(colors, transparency) } : {}),
    ...([GRAY, RGB].includes(color) && transparency.length === 2 * samples
      ? { transparentLevel: levelOf(transparency, bits) }
      : {}),
  };
}

function readChunks(file: Bytes): Chunk[] {
  const chunks: Chunk[] = [];
  let position = SIGNATURE_LENGTH;
  for (;;) {
    if (position + 12 > file.length) throw endsEarly();
    const end = position + 8 + file.number(position, 4);
    if (end + 4 > file.length) throw endsEarly();
    const kind = file.text(position + 4, 4);
    if (checksum(file.slice(position + 4, end)) !== file.number(end, 4)) {
      throw damaged('a checksum is wrong');
    }
    if (kind === 'IEND') return chunks;
    chunks.push({ kind, body: file.slice(position + 8, end) });
    position = end + 4;
  }
}

function passesOf(width: number, height: number, isInterlaced: boolean): Pass[] {
  const steps = isInterlaced
    ? [
        [0, 0, 8, 8],
        [4, 0, 8, 8],
        [0, 4, 4, 8],
        [2, 0, 4, 4],
        [0, 2, 2, 4],
        [1, 0, 2, 2],
        [0, 1, 1, 2],
      ]
    : [[0, 0, 1, 1]];
  return steps
    .map(([left, top, across, down]) => ({
      left,
      top,
      across,
      down,
      columns: Math.ceil((width - left) / across),
      rows: Math.ceil((height - top) / down),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** 256 entries: indices beyond the palette are black. */
function paletteOf(colors: Uint8Array, transparency: Uint8Array): Uint8Array {
  const palette = new Uint8Array(1024);
  for (let index = 0; index < 256; index++) {
    const isThere = 3 * index < colors.length;
    if (isThere) palette.set(colors.subarray(3 * index, 3 * index + 3), 4 * index);
    palette[4 * index + 3] = (isThere ? transparency[index] : undefined) ?? 255;
  }
  return palette;
}

function levelOf(transparency: Uint8Array, bits: number): number[] {
  const bytes = new Bytes(transparency);
  const mask = 2 ** bits - 1;
  return Array.from(
    { length: transparency.length / 2 },
    (_, index) => bytes.number(2 * index, 2) & mask,
  );
}

let table: Int32Array | undefined;

/** CRC-32 of PNG's appendix D. */
function checksum(data: Uint8Array): number {
  if (!table) {
    table = new Int32Array(256);
    for (let byte = 0; byte < 256; byte++) {
      let value = byte;
      for (let bit = 0; bit < 8; bit++)
        value = value & 1 ? (value >>> 1) ^ -0x12477ce0 : value >>> 1;
      table[byte] = value;
    }
  }
  let crc = -1;
  for (let i = 0; i < data.length; i++) crc = (crc >>> 8) ^ table[(crc ^ data[i]) & 255];
  return (crc ^ -1) >>> 0;
}
