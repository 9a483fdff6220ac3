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

/** Filters by Pillow's names. */
export type Resample = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos';

/** Pixels row by row; `channels` values per pixel. */
export interface Raster {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Left, top, right, bottom in source pixels; fractions allowed. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

const PRECISION_BITS = 22;
const ONE = 1 << PRECISION_BITS;
const HALF = 1 << (PRECISION_BITS - 1);

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

/**
 * The part of `source` inside `box`, resized to `width` x `height`.
 *
 * The first `channels` of each source pixel are used, so that RGBA pixels whose alpha is spent need no
 * copy.
 */
export function resize(
  source: Raster,
  { width, height, box, resample, channels }: ResizeOptions,
): Uint8Array {
  const [left, top, right, bottom] = box.map(Math.fround) as [number, number, number, number];
  const horizontal = width !== source.width || left !== 0 || right !== width;
  const vertical = height !== source.height || top !== 0 || bottom !== height;
  if (!horizontal && !vertical) return firstChannels(source, channels);
  if (resample === 'nearest') {
    return nearest(source, channels, {
      columns: nearestPositions(source.width, left, right, width),
      rows: nearestPositions(source.height, top, bottom, height),
    });
  }

  const filter = FILTERS[resample];
  const rows = coefficients(source.height, top, bottom, height, filter);
  if (!horizontal) return resizeRows(firstChannels(source, channels), width * channels, 0, rows);
  const columns = coefficients(source.width, left, right, width, filter);
  // The vertical pass reads no other rows.
  const firstRow = vertical ? rows.starts[0] : 0;
  const lastRow = vertical ? rows.starts[height - 1] + rows.lengths[height - 1] : height;
  const narrow = resizeColumns(source, channels, firstRow, lastRow, columns);
  return vertical ? resizeRows(narrow, width * channels, firstRow, rows) : narrow;
}

/** What {@link resize} makes of a picture. */
export interface ResizeOptions {
  readonly width: number;
  readonly height: number;
  readonly box: Box;
  readonly resample: Resample;
  readonly channels: 1 | 3;
}

function firstChannels(source: Raster, channels: 1 | 3): Uint8Array {
  const { data, width, height, channels: stride } = source;
  if (channels === stride) return Uint8Array.from(data);
  const result = new Uint8Array(width * height * channels);
  for (let from = 0, to = 0; to < result.length; from += stride) {
    for (let channel = 0; channel < channels; channel++) {
      result[to++] = data[from + channel];
    }
  }
  return result;
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
  source: Raster,
  channels: 1 | 3,
  { columns, rows }: { columns: Int32Array; rows: Int32Array },
): Uint8Array {
  const { data, width, channels: stride } = source;
  const result = new Uint8Array(rows.length * columns.length * channels);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * width + column) * stride;
      for (let channel = 0; channel < channels; channel++, to++) {
        if (row >= 0 && column >= 0) result[to] = data[from + channel];
      }
    }
  }
  return result;
}

interface Coefficients {
  /** Number of weights reserved per output position. */
  readonly stride: number;
  /** First source position per output position. */
  readonly starts: Int32Array;
  /** Number of source positions per output position. */
  readonly lengths: Int32Array;
  /** Fixed-point weights, `stride` per output position. */
  readonly weights: Int32Array;
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
  const stride = Math.ceil(support) * 2 + 1;
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

// Writing into a Uint8ClampedArray clips to 0..255 as Pillow's clip8 does.
function resizeColumns(
  source: Raster,
  channels: 1 | 3,
  firstRow: number,
  lastRow: number,
  columns: Coefficients,
): Uint8Array {
  const rowLength = columns.starts.length * channels;
  const result = new Uint8ClampedArray((lastRow - firstRow) * rowLength);
  const pass = channels === 3 ? columnsOfThree : columnsOfOne;
  pass(source, result, firstRow, columns);
  return new Uint8Array(result.buffer);
}

type ColumnPass = (
  source: Raster,
  result: Uint8ClampedArray,
  firstRow: number,
  columns: Coefficients,
) => void;

const columnsOfThree: ColumnPass = (source, result, firstRow, columns) => {
  const { data, width, channels: pixel } = source;
  const { stride, starts, lengths, weights } = columns;
  const count = starts.length;
  let row = firstRow * width * pixel;
  for (let to = 0; to < result.length; row += width * pixel) {
    for (let index = 0; index < count; index++, to += 3) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let from = row + starts[index] * pixel;
      const end = index * stride + lengths[index];
      for (let k = index * stride; k < end; k++, from += pixel) {
        const weight = weights[k];
        red = (red + Math.imul(data[from], weight)) | 0;
        green = (green + Math.imul(data[from + 1], weight)) | 0;
        blue = (blue + Math.imul(data[from + 2], weight)) | 0;
      }
      result[to] = red >> PRECISION_BITS;
      result[to + 1] = green >> PRECISION_BITS;
      result[to + 2] = blue >> PRECISION_BITS;
    }
  }
};

const columnsOfOne: ColumnPass = (source, result, firstRow, columns) => {
  const { data, width, channels: pixel } = source;
  const { stride, starts, lengths, weights } = columns;
  const count = starts.length;
  let row = firstRow * width * pixel;
  for (let to = 0; to < result.length; row += width * pixel) {
    for (let index = 0; index < count; index++, to++) {
      let sum = HALF;
      let from = row + starts[index] * pixel;
      const end = index * stride + lengths[index];
      for (let k = index * stride; k < end; k++, from += pixel) {
        sum = (sum + Math.imul(data[from], weights[k])) | 0;
      }
      result[to] = sum >> PRECISION_BITS;
    }
  }
};

// Whole rows are added up at once: neighbouring values lie next to each other in memory.
function resizeRows(
  data: Uint8Array,
  rowLength: number,
  firstRow: number,
  rows: Coefficients,
): Uint8Array {
  const { stride, starts, lengths, weights } = rows;
  const count = starts.length;
  const result = new Uint8ClampedArray(count * rowLength);
  const sums = new Int32Array(rowLength);
  for (let index = 0, to = 0; index < count; index++) {
    sums.fill(HALF);
    let from = (starts[index] - firstRow) * rowLength;
    const end = index * stride + lengths[index];
    for (let k = index * stride; k < end; k++) {
      const weight = weights[k];
      for (let column = 0; column < rowLength; column++, from++) {
        sums[column] = sums[column] + Math.imul(data[from], weight);
      }
    }
    for (let column = 0; column < rowLength; column++, to++) {
      result[to] = sums[column] >> PRECISION_BITS;
    }
  }
  return new Uint8Array(result.buffer);
}
