/** AV1: what the headers of a sequence and of its frame say (sections 5.5 and 5.9 of its text). */

import { damaged, Problem } from './problem.js';

/** How colour is stored: `4:0:0` is gray. */
export type Sampling = '4:0:0' | '4:2:0' | '4:2:2' | '4:4:4';

export const WRONG_FRAMES = 'its frames are wrong';

/** What stands for "each frame says so itself". */
const BY_FRAME = 2;

/**
 * What decides how the frame is read and shown. `matrix` is the number of the matrix coefficients;
 * `level` and `tier` are what a decoder has to be able to do.
 */
export interface SequenceHeader {
  profile: number;
  level: number;
  tier: number;
  width: number;
  height: number;
  bits: number;
  sampling: Sampling;
  matrix: number;
  isFullRange: boolean;
  hasFilmGrain: boolean;
}

interface Tools {
  readonly forScreens: number;
  readonly whole: number;
  readonly orderBits: number;
}

/** The problem of a picture that is not one frame. */
export function hasLayers(): Problem {
  return new Problem(
    'it is an AVIF with several layers or frames in one picture, which browsers show differently',
    'Save it as PNG or JPEG.',
  );
}

/** Numbers of any count of bits, the highest bit first. */
class Bits {
  #position = 0;

  constructor(readonly data: Uint8Array) {}

  skip(bits: number): void {
    this.#position += bits;
    if (this.#position > 8 * this.data.length) throw damaged(WRONG_FRAMES);
  }

  number(bits: number): number {
    const start = this.#position;
    this.skip(bits);
    let value = 0;
    for (let position = start; position < this.#position; position++) {
      value = value * 2 + ((this.data[position >> 3] >> (7 - (position % 8))) & 1);
    }
    return value;
  }

  flag(): boolean {
    return this.number(1) === 1;
  }
}

/**
 * What the sequence header says, once the frame is a key frame of its size.
 *
 * @throws {@link Problem} where there are layers, or it is damaged.
 */
export function readHeaders(sequence: Uint8Array, frame: Uint8Array): SequenceHeader {
  const bits = new Bits(sequence);
  const header: SequenceHeader = {
    profile: bits.number(3),
    level: 0,
    tier: 0,
    width: 0,
    height: 0,
    bits: 8,
    sampling: '4:0:0',
    matrix: 2,
    isFullRange: false,
    hasFilmGrain: false,
  };
  if (header.profile > 2) throw damaged(WRONG_FRAMES);
  bits.skip(1);
  const isReduced = bits.flag();
  if (isReduced) header.level = bits.number(5);
  else readOperation(bits, header);
  const [widthBits, heightBits] = [bits.number(4) + 1, bits.number(4) + 1];
  header.width = bits.number(widthBits) + 1;
  header.height = bits.number(heightBits) + 1;
  const nameBits = !isReduced && bits.flag() ? bits.number(4) + bits.number(3) + 3 : 0;
  bits.skip(3);
  const tools = isReduced
    ? { forScreens: BY_FRAME, whole: BY_FRAME, orderBits: 0 }
    : readTools(bits);
  const isScaled = bits.flag();
  bits.skip(2);
  readColors(bits, header);
  header.hasFilmGrain = bits.flag();
  const start = new Bits(frame);
  // One that was shown before, no key frame, or one that is not shown.
  if (!isReduced && (start.flag() || start.number(2) || !start.flag())) {
    throw damaged(WRONG_FRAMES);
  }
  checkSize(start, tools, isReduced ? undefined : nameBits, isScaled);
  return header;
}

function readOperation(bits: Bits, header: SequenceHeader): void {
  if (bits.flag()) {
    bits.skip(64);
    if (bits.flag()) skipCounted(bits);
    // The timing of a stream, which adds numbers to every frame.
    if (bits.flag()) throw hasLayers();
  }
  const hasDisplayDelay = bits.flag();
  // More than one operating point, or one that chooses layers.
  if (bits.number(5) || bits.number(12)) throw hasLayers();
  header.level = bits.number(5);
  header.tier = header.level > 7 ? bits.number(1) : 0;
  if (hasDisplayDelay && bits.flag()) bits.skip(4);
}

/** Skips a number whose length stands before it as zeros. */
function skipCounted(bits: Bits): void {
  let zeros = 0;
  while (!bits.flag()) zeros++;
  if (zeros < 32) bits.skip(zeros);
}

/**
 * Whether frames use tools for screens and whole numbers for movements, and the length of the
 * number that orders them, in bits.
 */
function readTools(bits: Bits): Tools {
  bits.skip(4);
  const hasOrder = bits.flag();
  if (hasOrder) bits.skip(2);
  let [forScreens, whole] = [BY_FRAME, BY_FRAME];
  if (!bits.flag()) forScreens = bits.number(1);
  if (forScreens && !bits.flag()) whole = bits.number(1);
  return { forScreens, whole, orderBits: hasOrder ? bits.number(3) + 1 : 0 };
}

function readColors(bits: Bits, header: SequenceHeader): void {
  if (bits.flag()) header.bits = header.profile === 2 && bits.flag() ? 12 : 10;
  const isGray = header.profile !== 1 && bits.flag();
  let [primaries, transfer] = [2, 2];
  if (bits.flag()) {
    [primaries, transfer, header.matrix] = [bits.number(8), bits.number(8), bits.number(8)];
  }
  if (isGray) {
    header.isFullRange = bits.flag();
    return;
  }
  if (primaries === 1 && transfer === 13 && header.matrix === 0) {
    if (header.profile === 0) throw damaged(WRONG_FRAMES);
    header.isFullRange = true;
    header.sampling = '4:4:4';
  } else {
    header.isFullRange = bits.flag();
    header.sampling = samplingOf(bits, header);
  }
  if (header.sampling === '4:2:0') bits.skip(2);
  bits.skip(1);
}

function samplingOf(bits: Bits, { profile, bits: depth }: SequenceHeader): Sampling {
  if (profile < 2) return profile === 0 ? '4:2:0' : '4:4:4';
  if (depth < 12) return '4:2:2';
  if (!bits.flag()) return '4:4:4';
  return bits.flag() ? '4:2:0' : '4:2:2';
}

/** Refuses a frame of another size than its sequence's, or that is to be shown in another. */
function checkSize(
  frame: Bits,
  tools: Tools,
  nameBits: number | undefined,
  isScaled: boolean,
): void {
  let { forScreens } = tools;
  frame.skip(1);
  if (forScreens === BY_FRAME) forScreens = frame.number(1);
  if (forScreens && tools.whole === BY_FRAME) frame.skip(1);
  let isOther = false;
  if (nameBits !== undefined) {
    frame.skip(nameBits);
    isOther = frame.flag();
    frame.skip(tools.orderBits);
  }
  if (isScaled && frame.flag()) frame.skip(3);
  if (isOther || frame.flag()) throw damaged('its sizes contradict each other');
}
