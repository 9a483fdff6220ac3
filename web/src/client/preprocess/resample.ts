/**
 * Pillow's antialiased resampling of 8-bit pictures, bit for bit.
 *
 * A separable filter whose support grows with the reduction, fixed-point coefficients with 22
 * fractional bits, horizontal pass then vertical pass, each rounded and clipped to 8 bits. Every
 * operation below has the precision of its twin in Pillow's `Resample.c` and `Geometry.c`: box
 * edges are float32, positions and weights float64, sums int32. The order of the passes is part of
 * the specification, because it decides where values are rounded; Pillow 13 by itself swaps them
 * where that is faster.
 */

import type { Resample } from '../constants.generated.js';
import { type Kernel, PRECISION_BITS } from './arithmetic.js';
import { type Coefficients, convolve } from './convolve.js';
import type { PixelRows } from './rows.js';

/** Left, top, right, bottom in source pixels; fractions allowed. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

const ONE = 1 << PRECISION_BITS;

interface Filter {
  readonly support: number;
  weight(distance: number): number;
}

const FILTERS: Readonly<Record<Exclude<Resample, 'nearest'>, Filter>> = {
  bilinear: {
    support: 1,
    weight(distance) {
      const x = Math.abs(distance);
      return x < 1 ? 1 - x : 0;
    },
  },
  bicubic: {
    support: 2,
    weight(distance) {
      const a = -0.5;
      const x = Math.abs(distance);
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    },
  },
  lanczos: {
    support: 3,
    weight: (x) => (-3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0),
  },
};

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}

/** What {@link resize} makes of a picture. */
export interface ResizeOptions {
  readonly width: number;
  readonly height: number;
  readonly box: Box;
  readonly resample: Resample;
}

/**
 * The part of `source` inside `box`, resized to `width` x `height`: row by row, channels last.
 * `kernelOf` is another one than the fastest in tests.
 */
export function resize(
  source: PixelRows,
  { width, height, box, resample }: ResizeOptions,
  kernelOf?: (bytes: number) => Kernel,
): Uint8Array<ArrayBuffer> {
  const [left, top, right, bottom] = box.map(Math.fround) as [number, number, number, number];
  const across = width !== source.width || left !== 0 || right !== width;
  const down = height !== source.height || top !== 0 || bottom !== height;
  if (resample === 'nearest' || !(across || down)) {
    const columns = nearestPositions(source.width, left, right, width);
    return nearest(source, columns, nearestPositions(source.height, top, bottom, height));
  }
  const filter = FILTERS[resample];
  const passes = {
    columns: across ? coefficients(source.width, left, right, width, filter) : undefined,
    rows: down ? coefficients(source.height, top, bottom, height, filter) : undefined,
  };
  return convolve(source, passes, kernelOf);
}

// Pillow adds the step up position by position; multiplying would round differently.
function nearestPositions(size: number, start: number, end: number, count: number): Int32Array {
  const step = Math.fround(end - start) / count;
  const positions = new Int32Array(count);
  let position = start + step * 0.5;
  for (let index = 0; index < count; index++) {
    positions[index] = position >= 0 && position < size ? Math.trunc(position) : -1;
    position += step;
  }
  return positions;
}

function nearest(
  source: PixelRows,
  columns: Int32Array,
  rows: Int32Array,
): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(rows.length * columns.length * source.channels);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      if (row >= 0 && column >= 0) source.readPixel(row, column, result, to);
      to += source.channels;
    }
  }
  return result;
}

function coefficients(
  size: number,
  start: number,
  end: number,
  count: number,
  filter: Filter,
): Coefficients {
  const scale = Math.fround(end - start) / count;
  const filterScale = Math.max(scale, 1);
  const inverse = 1 / filterScale;
  const support = filter.support * filterScale;
  const stride = Math.min(size, Math.ceil(support) * 2 + 1);
  const starts = new Int32Array(count);
  const lengths = new Int32Array(count);
  const weights = new Int32Array(count * stride);
  const exact = new Float64Array(stride);
  for (let index = 0; index < count; index++) {
    const center = start + (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const last = Math.min(size, Math.trunc(center + support + 0.5));
    const length = last - first;
    let sum = 0;
    for (let k = 0; k < length; k++) {
      const weight = filter.weight((k + first - center + 0.5) * inverse);
      exact[k] = weight;
      sum += weight;
    }
    for (let k = 0; k < length; k++) {
      const weight = sum === 0 ? exact[k] : exact[k] / sum;
      weights[index * stride + k] = Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * ONE);
    }
    starts[index] = first;
    lengths[index] = length;
  }
  return { stride, starts, lengths, weights };
}
