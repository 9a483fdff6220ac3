/** What `kernel.wat` does, for where there is no WebAssembly with vectors: the same bytes. */

import { type Kernel, PRECISION_BITS } from './arithmetic.js';
import { luma, over } from './compose.js';

const HALF = 1 << (PRECISION_BITS - 1);

/** A kernel with memory of its own. */
export function scalarKernel(bytes: number): Kernel {
  return new ScalarKernel(Math.ceil(bytes / 4) * 4);
}

class ScalarKernel implements Kernel {
  readonly memory: ArrayBuffer;
  readonly hasSplitWeights = false;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #clipped: Uint8ClampedArray;

  constructor(bytes: number) {
    this.memory = new ArrayBuffer(bytes);
    this.#words = new Int32Array(this.memory);
    this.#bytes = new Uint8Array(this.memory);
    // Writing into it clips to 0..255 as Pillow's clip8 does.
    this.#clipped = new Uint8ClampedArray(this.memory);
  }

  isOpaque(from: number, count: number): boolean {
    const bytes = this.#bytes;
    const end = from + count * 4;
    let all = 255;
    for (let at = from + 3; at < end; at += 4) all &= bytes[at];
    return all === 255;
  }

  mix(from: number, count: number, background: number): void {
    const bytes = this.#bytes;
    const backRed = background & 255;
    const backGreen = (background >> 8) & 255;
    const backBlue = (background >> 16) & 255;
    const end = from + count * 4;
    for (let at = from; at < end; at += 4) {
      const alpha = bytes[at + 3];
      bytes[at] = over(bytes[at], alpha, backRed);
      bytes[at + 1] = over(bytes[at + 1], alpha, backGreen);
      bytes[at + 2] = over(bytes[at + 2], alpha, backBlue);
    }
  }

  colors(from: number, count: number): void {
    const bytes = this.#bytes;
    for (let at = from, to = from, end = from + count * 4; at < end; at += 4, to += 3) {
      bytes[to] = bytes[at];
      bytes[to + 1] = bytes[at + 1];
      bytes[to + 2] = bytes[at + 2];
    }
  }

  gray(from: number, to: number, count: number): void {
    const bytes = this.#bytes;
    for (let at = from, end = to + count; to < end; at += 4, to++) {
      bytes[to] = luma(bytes[at], bytes[at + 1], bytes[at + 2]);
    }
  }

  acrossFour(
    line: number,
    spans: number,
    count: number,
    weights: number,
    taps: number,
    to: number,
  ): void {
    const words = this.#words;
    const clipped = this.#clipped;
    for (let index = 0; index < count; index++, to += 4) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      // One load of 32 bits in place of three of 8.
      let from = (line + words[(spans >> 2) + index * 2]) >> 2;
      const end = from + words[(spans >> 2) + index * 2 + 1];
      for (let at = (weights >> 2) + index * taps; from < end; at++, from++) {
        const weight = words[at];
        const pixel = words[from];
        red = (red + Math.imul(pixel & 255, weight)) | 0;
        green = (green + Math.imul((pixel >> 8) & 255, weight)) | 0;
        blue = (blue + Math.imul((pixel >> 16) & 255, weight)) | 0;
      }
      clipped[to] = red >> PRECISION_BITS;
      clipped[to + 1] = green >> PRECISION_BITS;
      clipped[to + 2] = blue >> PRECISION_BITS;
    }
  }

  acrossOne(
    line: number,
    spans: number,
    count: number,
    weights: number,
    taps: number,
    to: number,
  ): void {
    const words = this.#words;
    const bytes = this.#bytes;
    const clipped = this.#clipped;
    for (let index = 0; index < count; index++) {
      let sum = HALF;
      let from = line + words[(spans >> 2) + index * 2];
      const end = from + words[(spans >> 2) + index * 2 + 1];
      for (let at = (weights >> 2) + index * taps; from < end; at++, from++) {
        sum = (sum + Math.imul(bytes[from], words[at])) | 0;
      }
      clipped[to + index] = sum >> PRECISION_BITS;
    }
  }

  down(
    ring: number,
    ringEnd: number,
    first: number,
    length: number,
    weights: number,
    count: number,
    to: number,
  ): void {
    const words = this.#words;
    const clipped = this.#clipped;
    const start = weights >> 2;
    // Four neighbouring values at a time: the rows are read in the order they lie in memory.
    for (let column = 0; column < length; column += 4) {
      let a = HALF;
      let b = HALF;
      let c = HALF;
      let d = HALF;
      let from = first + column;
      for (let at = start; at < start + count; at++) {
        const weight = words[at];
        const pixel = words[from >> 2];
        a = (a + Math.imul(pixel & 255, weight)) | 0;
        b = (b + Math.imul((pixel >> 8) & 255, weight)) | 0;
        c = (c + Math.imul((pixel >> 16) & 255, weight)) | 0;
        d = (d + Math.imul(pixel >>> 24, weight)) | 0;
        from += length;
        if (from >= ringEnd) from += ring - ringEnd;
      }
      clipped[to + column] = a >> PRECISION_BITS;
      clipped[to + column + 1] = b >> PRECISION_BITS;
      clipped[to + column + 2] = c >> PRECISION_BITS;
      clipped[to + column + 3] = d >> PRECISION_BITS;
    }
  }
}
