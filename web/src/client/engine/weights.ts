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
  pieces: readonly ArrayBuffer[],
): Map<string, Record<string, Weight>> {
  const layers = new Map<string, Record<string, Weight>>();
  let start = 0;
  for (const { name, shape, quantization } of specs as WeightSpec[]) {
    const size = shape.reduce((product, side) => product * side, 1);
    const end = start + size * BYTES[quantization?.dtype ?? 'float32'];
    const cut = name.lastIndexOf('/');
    const layer = name.slice(0, cut);
    const weights = layers.get(layer) ?? {};
    weights[name.slice(cut + 1)] = {
      shape,
      values: floats(bytesBetween(pieces, start, end), quantization),
    };
    layers.set(layer, weights);
    start = end;
  }
  return layers;
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
