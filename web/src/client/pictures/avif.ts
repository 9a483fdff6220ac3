/** AVIF: what every decoder reads alike, in a file that is written anew; the rest is refused. */

import { MAX_SIDE } from '../constants.generated.js';
import { readAv1 } from './av1.js';
import { hasLayers, type SequenceHeader } from './av1-headers.js';
import { ascii, type Bytes, concatenate } from './bytes.js';
import { type HeifItem, propertyOf, readHeif } from './heif.js';
import type { PictureFile } from './picture-file.js';
import { checkSize, damaged, Problem } from './problem.js';

// What a reader must know of a picture and what is known here; the others are of no account.
const KNOWN = ['av1C', 'ispe', 'pixi', 'colr', 'irot', 'imir', 'pasp', 'clli', 'mdcv', 'cclv'];
const LAYERS = ['a1op', 'a1lx', 'lsel'];

const IDENTITY = 0;
const BT_601 = 6;

/** Number of the matrix coefficients -> the one that stands for it; unspecified is BT.601. */
const MATRICES: Readonly<Record<number, number>> = {
  0: IDENTITY,
  1: 1,
  2: BT_601,
  5: BT_601,
  6: BT_601,
  9: 9,
};

/** EXIF's orientations by quarter turns to the left: alone, then upside down, then mirrored. */
const ORIENTATIONS = [
  [1, 8, 3, 6],
  [4, 5, 2, 7],
  [2, 7, 4, 5],
] as const;

/** Whether the file type box names AVIF. */
export function isAvif(file: Bytes): boolean {
  if (file.length < 12 || file.text(4, 4) !== 'ftyp') return false;
  const brands = file.text(8, 4) + file.text(16, Math.min(file.number(0, 4), 256) - 16);
  return (brands.match(/[\s\S]{4}/g) ?? []).some((brand) => brand === 'avif' || brand === 'avis');
}

/** The picture alone, once all that decides its pixels is of a kind that all read alike. */
export function readAvif(file: Bytes): PictureFile {
  const item = readHeif(file);
  checkItem(item);
  const size = propertyOf(item, 'ispe');
  if (!size || size.length < 12) throw damaged('it holds no picture');
  const [width, height] = [size.number(4, 4), size.number(8, 4)];
  checkSize(width, height, MAX_SIDE);
  const { header, payload } = readAv1(item.content);
  if (header.width !== width || header.height !== height) {
    throw damaged('its sizes contradict each other');
  }
  const { matrix, isFullRange } = colorsOf(item, header);
  checkColors(header, matrix, isFullRange);
  const frame = {
    ...header,
    matrix: header.sampling === '4:0:0' ? BT_601 : MATRICES[matrix],
    isFullRange,
  };
  return {
    format: 'AVIF',
    width,
    height,
    content: written(frame, payload),
    orientation: orientationOf(item),
  };
}

function refused(what: string): Problem {
  return new Problem(`it is an AVIF ${what}`, 'Save it as PNG or JPEG.');
}

function checkItem({ kind, hasAlpha, properties }: HeifItem): void {
  if (kind === 'grid') {
    throw refused('that is put together from tiles, which not every browser reads');
  }
  if (kind !== 'av01') throw refused('whose picture is of a kind that is unknown here');
  if (hasAlpha) throw refused('with transparency, which browsers show differently');
  for (const { kind, isEssential } of properties) {
    if (kind === 'clap') {
      throw refused('that is cropped by its header, which not every browser reads');
    }
    if (LAYERS.includes(kind)) throw hasLayers();
    if (isEssential && !KNOWN.includes(kind)) {
      throw refused('with a property that is unknown here and must be known');
    }
  }
}

function colorsOf(
  item: HeifItem,
  frame: SequenceHeader,
): Pick<SequenceHeader, 'matrix' | 'isFullRange'> {
  for (const { kind, body } of item.properties) {
    if (kind !== 'colr' || body.text(0, 4) !== 'nclx') continue;
    if (body.length < 11) throw damaged('its boxes are wrong');
    return { matrix: body.number(8, 2), isFullRange: body.number(10, 1) >= 128 };
  }
  return frame;
}

function checkColors(
  { bits, sampling, hasFilmGrain }: SequenceHeader,
  matrix: number,
  isFullRange: boolean,
): void {
  if (bits !== 8) {
    throw refused(`of ${bits} bits per channel, which browsers reduce to 8 in different ways`);
  }
  if (sampling === '4:2:0' || sampling === '4:2:2') {
    throw new Problem(
      `it is an AVIF with colour at a lower resolution (${sampling}), which browsers enlarge in ` +
        'different ways',
      'Save it as PNG or JPEG, or as AVIF with 4:4:4.',
    );
  }
  if (hasFilmGrain) throw refused('with film grain, which is drawn anew by each decoder');
  if (sampling === '4:0:0') {
    if (!isFullRange) throw refused('in gray of limited range, which browsers show differently');
    return;
  }
  if (!(matrix in MATRICES) || (matrix === IDENTITY && !isFullRange)) {
    throw refused(`whose colours are coded in a way (${matrix}) that browsers show differently`);
  }
}

function orientationOf(item: HeifItem): number {
  const first = (kind: string) => propertyOf(item, kind)?.data[0];
  const mirror = first('imir');
  const row = mirror === undefined ? 0 : 1 + (mirror & 1);
  return ORIENTATIONS[row][(first('irot') ?? 0) & 3];
}

type Part = string | readonly number[] | Uint8Array;

function bytesOf(part: Part): Uint8Array {
  return typeof part === 'string' ? ascii(part) : Uint8Array.from(part);
}

function number(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256);
}

function box(kind: string, ...parts: readonly Part[]): Uint8Array {
  const body = concatenate(parts.map(bytesOf));
  return concatenate([Uint8Array.from(number(8 + body.length, 4)), ascii(kind), body]);
}

/** The least file with this frame, every mark of colour at its most ordinary. */
function written(frame: SequenceHeader, payload: Uint8Array): Uint8Array {
  const plain = [0, 0, 0, 0];
  const isGray = frame.sampling === '4:0:0';
  const setting = (frame.tier << 7) | (isGray ? 0x1c : 0);
  const properties = box(
    'ipco',
    box('ispe', plain, number(frame.width, 4), number(frame.height, 4)),
    box('pixi', plain, isGray ? [1, 8] : [3, 8, 8, 8]),
    box('av1C', [0x81, (frame.profile << 5) | frame.level, setting, 0]),
    box('colr', 'nclx', [0, 1, 0, 13, 0, frame.matrix, frame.isFullRange ? 128 : 0]),
  );
  const chosen = box('ipma', plain, number(1, 4), number(1, 2), [4, 1, 2, 0x83, 4]);
  const before = box('ftyp', 'avif', plain, 'avif', 'mif1', 'miaf');
  const parts = [
    box('hdlr', plain, plain, 'pict', new Uint8Array(13)),
    box('pitm', plain, number(1, 2)),
    box('iinf', plain, number(1, 2), box('infe', [2, 0, 0, 0, 0, 1, 0, 0], 'av01', [0])),
    box('iprp', properties, chosen),
  ];
  const location = (place: number) => [
    ...[0x44, 0, 0, 1, 0, 1, 0, 0, 0, 1],
    ...number(place, 4),
    ...number(payload.length, 4),
  ];
  // The place of the payload does not change the length of the box that tells it.
  const meta = (place: number) => box('meta', plain, ...parts, box('iloc', plain, location(place)));
  const place = before.length + meta(0).length + 8;
  return concatenate([before, meta(place), box('mdat', payload)]);
}
