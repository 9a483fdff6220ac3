/** Lossy WebP: the header of its one frame (RFC 6386, sections 9 and 19.2). */

import { concatenate } from './bytes.js';
import { damaged, endsEarly, wrongData } from './problem.js';

const START_CODE = [0x9d, 0x01, 0x2a];
const HEADER = 10;
const SEGMENTS = 4;
const DELTAS = 4;
// More than all that the first part can hold before the modes of blocks: 1,056 probabilities.
const ROOM = 2048;

/**
 * Width and height of a `VP8 ` chunk whose parts are all there.
 *
 * Decoders that take a file at once and those that take it piece by piece differ on one whose last
 * part is empty.
 */
export function frameSize(body: Uint8Array): { width: number; height: number } {
  if (body.length < HEADER) throw endsEarly();
  // A lowest bit of 1 is a picture that builds on the one before.
  const isStart = START_CODE.every((byte, index) => body[3 + index] === byte);
  if (body[0] & 1 || !isStart) throw damaged('its frame header is wrong');
  const position = HEADER + (triple(body, 0) >> 5);
  const start = position + 3 * (parts(body.subarray(HEADER, position)) - 1);
  let end = start;
  for (let at = position; at < Math.min(start, body.length); at += 3) end += triple(body, at);
  if (end >= body.length) throw wrongData();
  const side = (at: number) => (body[at] | (body[at + 1] << 8)) & 0x3fff;
  return { width: side(6), height: side(8) };
}

/**
 * A `VP8 ` chunk whose first part goes on with zeros, if it is short.
 *
 * Decoders that take a file piece by piece give up where the end of that part is reached too early,
 * which nothing but damage does, and the others go on.
 */
export function withRoom(body: Uint8Array): Uint8Array {
  const tag = triple(body, 0);
  const zeros = Math.max(0, ROOM - (tag >> 5));
  const end = HEADER + (tag >> 5);
  const longer = tag + (zeros << 5);
  return concatenate([
    Uint8Array.of(longer, longer >> 8, longer >> 16),
    body.subarray(3, end),
    new Uint8Array(zeros),
    body.subarray(end),
  ]);
}

function triple(body: Uint8Array, at: number): number {
  return body[at] | (body[at + 1] << 8) | (body[at + 2] << 16);
}

/** In how many parts the coefficients are. */
function parts(header: Uint8Array): number {
  const bits = new Bits(header);
  bits.take(2);
  if (bits.take(1)) {
    const [changesMap, changesValues] = [bits.take(1), bits.take(1)];
    if (changesValues) {
      bits.take(1);
      bits.skipOptional(SEGMENTS, 8);
      bits.skipOptional(SEGMENTS, 7);
    }
    if (changesMap) bits.skipOptional(SEGMENTS - 1, 8);
  }
  // Kind, level and sharpness of the filter.
  bits.take(10);
  if (bits.take(1) && bits.take(1)) bits.skipOptional(2 * DELTAS, 7);
  return 1 << bits.take(2);
}

/** VP8's arithmetic decoder, for bits of even chances; zeros follow the end. */
class Bits {
  readonly #data: Uint8Array;
  #value: number;
  #next = 2;
  #range = 255;
  #shift = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
    this.#value = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
  }

  take(count: number): number {
    let number = 0;
    for (let index = 0; index < count; index++) number = 2 * number + this.#bit();
    return number;
  }

  /** Skips numbers of which each has a bit before it that says whether it is there. */
  skipOptional(count: number, length: number): void {
    for (let index = 0; index < count; index++) if (this.#bit()) this.take(length);
  }

  #bit(): number {
    const split = 1 + ((this.#range - 1) >> 1);
    const bit = this.#value >= split << 8 ? 1 : 0;
    if (bit) {
      this.#range -= split;
      this.#value -= split << 8;
    } else {
      this.#range = split;
    }
    while (this.#range < 128) {
      this.#range *= 2;
      this.#value *= 2;
      this.#shift += 1;
      if (this.#shift === 8) {
        this.#shift = 0;
        this.#value |= this.#data[this.#next] ?? 0;
        this.#next += 1;
      }
    }
    return bit;
  }
}
