/** AV1: the one frame of a picture, taken out of the units of its data. */

import { hasLayers, readHeaders, type SequenceHeader, WRONG_FRAMES } from './av1-headers.js';
import { concatenate } from './bytes.js';
import { damaged, endsEarly } from './problem.js';

const SEQUENCE_HEADER = 1;
const FRAME_HEADER = 3;
const TILES = 4;
const FRAME = 6;
const FRAME_HEADER_AGAIN = 7;
const LIST_OF_TILES = 8;

/**
 * Zeros behind the frame, besides one byte for 8 pixels. Where damaged data asks for more than
 * there is, most decoders go on as if zeros followed, and some refuse it. Now zeros do follow,
 * which a whole frame may have behind it too.
 */
const ROOM = 4096;

interface Unit {
  readonly kind: number;
  readonly body: Uint8Array;
  readonly isUpper: boolean;
}

/** What the header says, and the units that a decoder needs, each with its length. */
export function readAv1(data: Uint8Array): { header: SequenceHeader; payload: Uint8Array } {
  const units: Unit[] = [];
  const frames: Uint8Array[] = [];
  for (const unit of unitsOf(data)) {
    const { kind, body, isUpper } = unit;
    if (kind === FRAME_HEADER_AGAIN || kind === LIST_OF_TILES) throw damaged(WRONG_FRAMES);
    if (![SEQUENCE_HEADER, FRAME_HEADER, TILES, FRAME].includes(kind)) continue;
    if (isUpper) throw hasLayers();
    if (kind === SEQUENCE_HEADER) {
      if (units.length > 0) {
        if (!isSame(body, units[0])) throw damaged(WRONG_FRAMES);
        continue;
      }
    } else if (kind !== TILES) {
      frames.push(body);
    }
    units.push(unit);
  }
  if (frames.length > 1) throw hasLayers();
  const [first, second, ...tiles] = units.map(({ kind }) => kind);
  const isWhole =
    first === SEQUENCE_HEADER &&
    (second === FRAME ? tiles.length === 0 : second === FRAME_HEADER && tiles.length > 0);
  if (!isWhole) throw damaged(WRONG_FRAMES);
  const header = readHeaders(units[0].body, frames[0]);
  const room = new Uint8Array(ROOM + Math.floor((header.width * header.height) / 8));
  const written = units.flatMap(({ kind, body }, index) => {
    const whole = index < units.length - 1 ? body : concatenate([body, room]);
    return [Uint8Array.of((kind << 3) | 2, ...lengthOf(whole)), whole];
  });
  return { header, payload: concatenate(written) };
}

function isSame(body: Uint8Array, { kind, body: header }: Unit): boolean {
  return (
    kind === SEQUENCE_HEADER &&
    body.length === header.length &&
    body.every((byte, index) => byte === header[index])
  );
}

function* unitsOf(data: Uint8Array): Generator<Unit> {
  let position = 0;
  while (position < data.length) {
    const first = data[position];
    let start = position + (first & 4 ? 2 : 1);
    if (first & 0x80) throw damaged(WRONG_FRAMES);
    let [length, shift] = [0, 0];
    while (first & 2) {
      if (start >= data.length) throw endsEarly();
      if (shift === 56) throw damaged(WRONG_FRAMES);
      const byte = data[start++];
      length += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (byte < 0x80) break;
    }
    const end = first & 2 ? start + length : data.length;
    if (Math.max(start, end) > data.length) throw endsEarly();
    yield {
      kind: (first >> 3) & 15,
      body: data.subarray(start, end),
      isUpper: (first & 4) !== 0 && data[position + 1] >> 3 !== 0,
    };
    position = end;
  }
}

function lengthOf({ length }: Uint8Array): number[] {
  const written = [];
  let rest = length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) written.push((rest % 128) + 128);
  return [...written, rest];
}
