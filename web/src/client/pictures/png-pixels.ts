/**
 * PNG, decoded here: browsers apply gamma, round 16-bit samples differently, and lose colour under
 * transparency where WebGL is missing. Rows are turned into pixels while they are inflated, so that
 * memory holds the result and two rows.
 */

import { streamOf } from './bytes.js';
import type { Pixels } from './pixels.js';
import type { Pass, PngFile } from './png.js';
import { wrongData } from './problem.js';

/** The pixels as stored: upper 8 bits of each sample, gray, RGB or RGBA. */
export async function decodePng(file: PngFile): Promise<Pixels> {
  const { width, height } = file;
  const writer = writerOf(file);
  const data = new Uint8Array(width * height * writer.channels);
  const rows = new Rows(file, (row, pass, y) => writer.write(row, pass, y, data));
  const reader = streamOf(file.content).pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    for (;;) {
      const { done, value } = await read(reader);
      if (done) break;
      if (rows.take(value) < value.length) throw wrongData();
    }
    if (!rows.areComplete) throw wrongData();
  } finally {
    // Cancelling a broken stream fails.
    reader.cancel().catch(() => undefined);
  }
  return { data, width, height, channels: writer.channels };
}

/** Browsers do not say whether a stream ends early, is damaged, or is followed by something. */
async function read(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch {
    throw wrongData();
  }
}

/** Collects inflated bytes into rows and undoes their filters. */
class Rows {
  #pass = 0;
  #y = 0;
  #filled = 0;
  #row: Uint8Array;
  #previous: Uint8Array;
  readonly #distance: number;

  constructor(
    readonly file: PngFile,
    readonly emit: (row: Uint8Array, pass: Pass, y: number) => void,
  ) {
    // Filters look back by whole pixels, at least one byte.
    this.#distance = Math.max(1, (file.bits * file.samples) >> 3);
    this.#row = this.#emptyRow();
    this.#previous = this.#emptyRow();
  }

  get areComplete(): boolean {
    return this.#pass === this.file.passes.length;
  }

  /** Returns how many of the bytes belong to rows. */
  take(bytes: Uint8Array): number {
    let position = 0;
    while (position < bytes.length && !this.areComplete) {
      const part = bytes.subarray(position, position + this.#row.length - this.#filled);
      this.#row.set(part, this.#filled);
      this.#filled += part.length;
      position += part.length;
      if (this.#filled === this.#row.length) this.#finishRow();
    }
    return position;
  }

  #emptyRow(): Uint8Array {
    const { bits, samples, passes } = this.file;
    return new Uint8Array(1 + Math.ceil((passes[this.#pass].columns * bits * samples) / 8));
  }

  #finishRow(): void {
    unfilter(this.#row, this.#previous, this.#distance);
    const pass = this.file.passes[this.#pass];
    this.emit(this.#row, pass, this.#y);
    [this.#row, this.#previous] = [this.#previous, this.#row];
    this.#filled = 0;
    this.#y += 1;
    if (this.#y < pass.rows) return;
    this.#y = 0;
    this.#pass += 1;
    if (this.areComplete) return;
    this.#row = this.#emptyRow();
    this.#previous = this.#emptyRow();
  }
}

/** Undoes the filter that the row's first byte names; the first bytes of both are no pixels. */
function unfilter(row: Uint8Array, above: Uint8Array, distance: number): void {
  const { length } = row;
  const first = 1 + distance;
  switch (row[0]) {
    case 0:
      return;
    case 1:
      for (let i = first; i < length; i++) row[i] += row[i - distance];
      return;
    case 2:
      for (let i = 1; i < length; i++) row[i] += above[i];
      return;
    case 3:
      for (let i = 1; i < Math.min(first, length); i++) row[i] += above[i] >> 1;
      for (let i = first; i < length; i++) row[i] += (row[i - distance] + above[i]) >> 1;
      return;
    case 4:
      for (let i = 1; i < Math.min(first, length); i++) row[i] += above[i];
      for (let i = first; i < length; i++) {
        const left = row[i - distance];
        const up = above[i];
        const corner = above[i - distance];
        const toLeft = Math.abs(up - corner);
        const toUp = Math.abs(left - corner);
        const toCorner = Math.abs(left + up - 2 * corner);
        if (toLeft <= toUp && toLeft <= toCorner) row[i] += left;
        else row[i] += toUp <= toCorner ? up : corner;
      }
      return;
    default:
      throw wrongData();
  }
}

interface Writer {
  readonly channels: 1 | 3 | 4;
  write(row: Uint8Array, pass: Pass, y: number, data: Uint8Array): void;
}

function writerOf(file: PngFile): Writer {
  const { width, bits, samples, palette, transparentLevel } = file;
  const start = (pass: Pass, y: number) => (pass.top + y * pass.down) * width + pass.left;
  if (palette) {
    const isClear = palette.some((level, index) => index % 4 === 3 && level !== 255);
    const channels = isClear ? 4 : 3;
    return {
      channels,
      write(row, pass, y, data) {
        let to = start(pass, y) * channels;
        for (let x = 0; x < pass.columns; x++, to += pass.across * channels) {
          const from = 4 * sampleOf(row, x, bits);
          for (let channel = 0; channel < channels; channel++) {
            data[to + channel] = palette[from + channel];
          }
        }
      },
    };
  }
  const isGray = samples <= 2;
  const colors = isGray ? 1 : 3;
  const hasAlpha = samples !== colors;
  const channels = hasAlpha || transparentLevel ? 4 : colors;
  const scale = bits < 8 ? 255 / (2 ** bits - 1) : 1;
  const step = bits === 16 ? 2 : 1;
  return {
    channels,
    write(row, pass, y, data) {
      let to = start(pass, y) * channels;
      for (let x = 0; x < pass.columns; x++, to += pass.across * channels) {
        let from = 1 + x * samples * step;
        if (isGray) {
          const level = bits < 8 ? sampleOf(row, x, bits) * scale : row[from];
          data[to] = level;
          if (channels === 4) data[to + 1] = data[to + 2] = level;
        } else {
          data[to] = row[from];
          data[to + 1] = row[from + step];
          data[to + 2] = row[from + 2 * step];
        }
        if (channels !== 4) continue;
        from += colors * step;
        data[to + 3] = hasAlpha ? row[from] : 255;
        if (transparentLevel && matches(row, x, file, transparentLevel)) data[to + 3] = 0;
      }
    },
  };
}

/** One sample of at most 8 bits. */
function sampleOf(row: Uint8Array, x: number, bits: number): number {
  const position = x * bits;
  return (row[1 + (position >> 3)] >> (8 - bits - (position & 7))) & (2 ** bits - 1);
}

/**
 * Whether a pixel has the colour that stands for transparent. RGB of 16 bits is compared by its
 * upper 8, which is all that Pillow reads.
 */
function matches(row: Uint8Array, x: number, file: PngFile, level: readonly number[]): boolean {
  const { bits, samples } = file;
  if (samples === 1) {
    if (bits <= 8) return sampleOf(row, x, bits) === level[0];
    return row[1 + 2 * x] * 256 + row[2 + 2 * x] === level[0];
  }
  const step = bits / 8;
  const from = 1 + x * samples * step;
  return level.every((value, index) => row[from + index * step] === value >> (bits - 8));
}
