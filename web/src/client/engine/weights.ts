/** Reads weights as TensorFlow.js' layers format stores them. */

import type { Weight } from './layers.js';

/** An entry of the weights manifest, which `bundle/manifest.ts` has checked. */
interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly quantization?: {
    readonly dtype: 'uint8' | 'uint16' | 'float16';
    readonly scale?: number;
    readonly min?: number;
  };
}

const BYTES = { float32: 4, float16: 2, uint16: 2, uint8: 1 };

/**
 * The weights of each layer, by the last part of their name.
 *
 * @param pieces - the values in the order of `specs`, cut anywhere. A weight that lies whole in a
 *   piece, and needs nothing, is a view of it.
 */
export function readWeights(
  specs: readonly object[],
  pieces: readonly (ArrayBuffer | Promise<ArrayBuffer>)[],
): Map<string, Record<string, Weight>> {
  const layers = new Map<string, Record<string, Weight>>();
  const arriving = new Arriving(pieces);
  let start = 0;
  for (const { name, shape, quantization } of specs as WeightSpec[]) {
    const size = shape.reduce((product, side) => product * side, 1);
    const end = start + size * BYTES[quantization?.dtype ?? 'float32'];
    const cut = name.lastIndexOf('/');
    const layer = name.slice(0, cut);
    const weights = layers.get(layer) ?? {};
    weights[name.slice(cut + 1)] = new StoredWeight(shape, arriving, [start, end], quantization);
    layers.set(layer, weights);
    start = end;
  }
  return layers;
}

class StoredWeight implements Weight {
  readonly #arriving: Arriving;
  readonly #place: readonly [start: number, end: number];
  readonly #quantization: WeightSpec['quantization'];
  #values: Float32Array | undefined;

  constructor(
    readonly shape: readonly number[],
    arriving: Arriving,
    place: readonly [start: number, end: number],
    quantization: WeightSpec['quantization'],
  ) {
    this.#arriving = arriving;
    this.#place = place;
    this.#quantization = quantization;
  }

  get values(): Float32Array {
    this.#values ??= floats(bytesBetween(this.#arriving.here, ...this.#place), this.#quantization);
    return this.#values;
  }

  arrival(): Promise<void> {
    return this.#arriving.until(this.#place[1]);
  }
}

/** Pieces of the weights, which come in their order. */
class Arriving {
  /** Those that are there. */
  readonly here: ArrayBuffer[] = [];
  readonly #all: readonly (ArrayBuffer | Promise<ArrayBuffer>)[];
  #bytes = 0;

  constructor(all: readonly (ArrayBuffer | Promise<ArrayBuffer>)[]) {
    this.#all = all;
    for (const piece of all) {
      if (!(piece instanceof ArrayBuffer)) break;
      this.#take(piece);
    }
  }

  /** Waits until so many bytes are there; one caller at a time. */
  async until(bytes: number): Promise<void> {
    while (this.#bytes < bytes && this.here.length < this.#all.length) {
      this.#take(await this.#all[this.here.length]);
    }
  }

  #take(piece: ArrayBuffer): void {
    this.here.push(piece);
    this.#bytes += piece.byteLength;
  }
}

function bytesBetween(pieces: readonly ArrayBuffer[], start: number, end: number): Uint8Array {
  let first = 0;
  let joined: Uint8Array | undefined;
  for (const piece of pieces) {
    const from = Math.max(start - first, 0);
    const to = Math.min(end - first, piece.byteLength);
    if (from < to) {
      const part = new Uint8Array(piece, from, to - from);
      if (part.length === end - start && from % 4 === 0) return part;
      joined ??= new Uint8Array(end - start);
      joined.set(part, first + from - start);
    }
    first += piece.byteLength;
  }
  return joined ?? new Uint8Array();
}

function floats(
  { buffer, byteOffset, byteLength }: Uint8Array,
  quantization: WeightSpec['quantization'],
): Float32Array {
  if (!quantization) return new Float32Array(buffer, byteOffset, byteLength / 4);
  const { dtype, scale = 1, min = 0 } = quantization;
  const stored =
    dtype === 'uint8'
      ? new Uint8Array(buffer, byteOffset, byteLength)
      : new Uint16Array(buffer, byteOffset, byteLength / 2);
  if (dtype === 'float16') return Float32Array.from(stored, half);
  // In double precision, and rounded once.
  const values = new Float32Array(stored.length);
  for (let i = 0; i < stored.length; i++) values[i] = stored[i] * scale + min;
  return values;
}

/** The value of the bits of an IEEE 754 binary16. */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  let size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
  if (exponent === 31) size = fraction ? Number.NaN : Number.POSITIVE_INFINITY;
  return bits & 0x8000 ? -size : size;
}
