/** A picture as the resampling reads it: rows and pixels, and what becomes of alpha and colour. */

import type { Pixels } from '../pictures/pixels.js';
import { luma, over } from './compose.js';
import type { Color } from './spec.js';

/** A picture, what lies under its transparent pixels, and whether it becomes gray. */
export class PixelRows {
  readonly width: number;
  readonly height: number;
  /** Values per pixel of the result; a gray picture stays gray here. */
  readonly channels: 1 | 3;
  readonly hasAlpha: boolean;
  /** Whether the picture itself is gray. */
  readonly isGray: boolean;
  /** As an opaque RGBA pixel. */
  readonly background: number;
  readonly #data: Uint8Array;
  readonly #stride: 1 | 3 | 4;

  constructor({ data, width, height, channels }: Pixels, gray: boolean, background: Color) {
    this.width = width;
    this.height = height;
    this.channels = gray || channels === 1 ? 1 : 3;
    this.hasAlpha = channels === 4;
    this.isGray = channels === 1;
    this.background = background[0] | (background[1] << 8) | (background[2] << 16) | (255 << 24);
    // One class of array for all pictures keeps the loops below fast.
    this.#data = new Uint8Array(data.buffer, data.byteOffset, data.length);
    this.#stride = channels;
  }

  /** Copies pixels of a row to their place in the row at `line`, gray as one value, else as four. */
  read(row: number, first: number, last: number, target: Uint8Array, line: number): void {
    const stride = this.#stride;
    const from = (row * this.width + first) * stride;
    const to = line + first * (stride === 1 ? 1 : 4);
    if (stride === 3) spread(this.#data, from, last - first, target, to);
    else target.set(this.#data.subarray(from, from + (last - first) * stride), to);
  }

  /** Writes one pixel, opaque and in the result's colours. */
  readPixel(row: number, column: number, result: Uint8Array, to: number): void {
    const data = this.#data;
    const at = (row * this.width + column) * this.#stride;
    if (this.isGray) {
      result[to] = data[at];
      return;
    }
    const alpha = this.hasAlpha ? data[at + 3] : 255;
    const red = over(data[at], alpha, this.background & 255);
    const green = over(data[at + 1], alpha, (this.background >> 8) & 255);
    const blue = over(data[at + 2], alpha, (this.background >> 16) & 255);
    if (this.channels === 1) {
      result[to] = luma(red, green, blue);
    } else {
      result[to] = red;
      result[to + 1] = green;
      result[to + 2] = blue;
    }
  }
}

function spread(rgb: Uint8Array, from: number, count: number, target: Uint8Array, to: number) {
  for (const end = to + count * 4; to < end; from += 3, to += 4) {
    target[to] = rgb[from];
    target[to + 1] = rgb[from + 1];
    target[to + 2] = rgb[from + 2];
  }
}
