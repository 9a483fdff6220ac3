/**
 * The two passes of Pillow's antialiased filters over 8-bit pixels: across, then down, each rounded
 * and clipped.
 *
 * Rows are read one by one, made opaque, gray if asked for, and narrow, and are forgotten when no
 * row of the result needs them any more: what lies in memory besides the picture and the result is
 * a few rows, and stays in the processor's cache.
 */

import type { Kernel } from './arithmetic.js';
import { kernelWith, SLACK_BYTES } from './kernel.js';
import type { PixelRows } from './rows.js';

/** Where each position of the result comes from, along one axis. */
export interface Coefficients {
  /** Number of weights reserved per position of the result. */
  readonly stride: number;
  /** First source position per position of the result; never falling. */
  readonly starts: Int32Array;
  /** Number of source positions per position of the result. */
  readonly lengths: Int32Array;
  /** Fixed-point weights, `stride` per position of the result. */
  readonly weights: Int32Array;
}

/** The passes to make; without coefficients a pass changes nothing. */
export interface Passes {
  readonly columns: Coefficients | undefined;
  readonly rows: Coefficients | undefined;
}

/** `source` after a pass across and one down: row by row, channels last. */
export function convolve(
  source: PixelRows,
  passes: Passes,
  kernelOf: (bytes: number) => Kernel = kernelWith,
): Uint8Array<ArrayBuffer> {
  const places = layOut(source, passes);
  const kernel = kernelOf(places.end);
  const { columns, rows } = passes;
  const work = new Work(kernel, places, source, passes);
  const height = rows ? rows.starts.length : source.height;
  const width = columns ? columns.starts.length : source.width;
  const result = new Uint8Array(height * width * source.channels);
  for (let index = 0, next = 0; index < height; index++) {
    const start = rows ? rows.starts[index] : index;
    const length = rows ? rows.lengths[index] : 1;
    for (next = Math.max(next, start); next < start + length; next++) work.narrow(next);
    work.finish(index, result);
  }
  return result;
}

/** Addresses in the kernel's memory. */
interface Places {
  readonly line: number;
  readonly gray: number;
  readonly spans: number;
  readonly columnWeights: number;
  readonly rowWeights: number;
  readonly ring: number;
  readonly ringEnd: number;
  readonly row: number;
  readonly end: number;
  /** Values per pixel of a narrow row: colours have a fourth, which is left out at the end. */
  readonly lanes: 1 | 4;
  /** Bytes of a narrow row. */
  readonly rowBytes: number;
  /** Weights per position of the horizontal pass. */
  readonly taps: number;
}

function layOut(source: PixelRows, { columns, rows }: Passes): Places {
  let end = 0;
  const take = (bytes: number) => {
    const place = end;
    end += roundUp(bytes + SLACK_BYTES, 16);
    return place;
  };
  const lanes = source.channels === 1 ? 1 : 4;
  const width = columns ? columns.starts.length : source.width;
  const taps = columns ? roundUp(columns.stride, 8) : 0;
  const rowBytes = roundUp(width * lanes, 16);
  const slots = rows ? rows.lengths.reduce((most, length) => Math.max(most, length), 1) : 1;
  const line = take(source.width * (source.isGray ? 1 : 4));
  const gray = source.isGray || lanes === 4 ? line : take(source.width);
  const spans = take(columns ? width * 8 : 0);
  const columnWeights = take(columns ? width * taps * 4 : 0);
  const rowWeights = take(rows ? rows.weights.length * 4 : 0);
  const ring = take(slots * rowBytes);
  const ringEnd = ring + slots * rowBytes;
  const row = take(rowBytes);
  return {
    ...{ line, gray, spans, columnWeights, rowWeights, ring, ringEnd, row, end },
    ...{ lanes, rowBytes, taps },
  };
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

class Work {
  readonly #kernel: Kernel;
  readonly #places: Places;
  readonly #source: PixelRows;
  readonly #columns: Coefficients | undefined;
  readonly #rows: Coefficients | undefined;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  /** The part of a source row that the horizontal pass reads. */
  readonly #first: number;
  readonly #last: number;

  constructor(kernel: Kernel, places: Places, source: PixelRows, { columns, rows }: Passes) {
    this.#kernel = kernel;
    this.#places = places;
    this.#source = source;
    this.#columns = columns;
    this.#rows = rows;
    this.#bytes = new Uint8Array(kernel.memory);
    this.#words = new Int32Array(kernel.memory, 0, kernel.memory.byteLength >> 2);
    const count = columns ? columns.starts.length : 0;
    this.#first = columns ? columns.starts[0] : 0;
    this.#last = columns ? columns.starts[count - 1] + columns.lengths[count - 1] : source.width;
    if (columns) this.#putColumns(columns);
    if (rows) this.#words.set(rows.weights, places.rowWeights >> 2);
  }

  #putColumns({ stride, starts, lengths, weights }: Coefficients): void {
    const { spans, columnWeights, lanes, taps } = this.#places;
    const words = this.#words;
    const halves = new Int16Array(this.#kernel.memory, 0, this.#kernel.memory.byteLength >> 1);
    words.fill(0, columnWeights >> 2, (columnWeights >> 2) + starts.length * taps);
    for (let index = 0; index < starts.length; index++) {
      words[(spans >> 2) + index * 2] = starts[index] * lanes;
      words[(spans >> 2) + index * 2 + 1] = lengths[index];
      const to = (columnWeights >> 2) + index * taps;
      for (let k = 0; k < lengths[index]; k++) {
        const weight = weights[index * stride + k];
        if (this.#kernel.hasSplitWeights) {
          halves[to * 2 + k] = weight >> 15;
          halves[to * 2 + taps + k] = weight & 32767;
        } else {
          words[to + k] = weight;
        }
      }
    }
  }

  /** Reads a row of the source and puts it, narrow, into the ring. */
  narrow(row: number): void {
    const { line, gray, spans, columnWeights, ring, ringEnd, lanes, rowBytes, taps } = this.#places;
    const kernel = this.#kernel;
    const source = this.#source;
    const first = this.#first;
    const count = this.#last - first;
    source.read(row, first, this.#last, this.#bytes, line);
    if (source.hasAlpha && !kernel.isOpaque(line + first * 4, count)) {
      kernel.mix(line + first * 4, count, source.background);
    }
    if (gray !== line) kernel.gray(line + first * 4, gray + first, count);
    const to = ring + ((row * rowBytes) % (ringEnd - ring));
    if (!this.#columns) {
      this.#bytes.copyWithin(to, gray, gray + source.width * lanes);
    } else if (lanes === 1) {
      kernel.acrossOne(gray, spans, this.#columns.starts.length, columnWeights, taps, to);
    } else {
      kernel.acrossFour(gray, spans, this.#columns.starts.length, columnWeights, taps, to);
    }
  }

  /** Writes a row of the result. */
  finish(index: number, result: Uint8Array): void {
    const { rowWeights, ring, ringEnd, row, lanes, rowBytes } = this.#places;
    const rows = this.#rows;
    let from = ring;
    if (rows) {
      const first = ring + ((rows.starts[index] * rowBytes) % (ringEnd - ring));
      const weights = rowWeights + index * rows.stride * 4;
      this.#kernel.down(ring, ringEnd, first, rowBytes, weights, rows.lengths[index], row);
      from = row;
    }
    const { channels } = this.#source;
    const width = this.#columns ? this.#columns.starts.length : this.#source.width;
    if (lanes === 4) this.#kernel.colors(from, width);
    const length = width * channels;
    result.set(this.#bytes.subarray(from, from + length), index * length);
  }
}
