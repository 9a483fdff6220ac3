/** Layers that multiply with a matrix of weights: dense ones and convolutions. */

import { type Convolution, convolve, type Lines, packed } from '../convolve.js';
import { activate, clampOf } from '../epilogue.js';
import type { LayerJob, LayerWriter } from '../layers.js';
import { further, type Place, type Tensor } from '../program.js';

/** Bytes of the input that one call runs over for each panel of weights: some of a small cache. */
const STRIP_BYTES = 2 ** 17;

/** Fewer places in a call are not worth loading the weights for. */
const FEWEST_PLACES = 64;

/** The rows of every kernel's tile divide it. */
const TILES = 30;

/** What is written behind a frame, besides its bytes. */
const FRAME_REST = 16;

/** What a product may take over from the layers behind it. */
export interface Fusion {
  /** Added before the activation; laid out as the output. */
  readonly added?: Place;
  /** Where the output goes, if not into a tensor of its own; the activation must be a bound then. */
  readonly to?: Lines;
  /** Zeros around the input, as ZeroPadding2D adds them: above and below, left and right. */
  readonly frame?: readonly [Side, Side];
}

type Side = readonly [before: number, behind: number];

/** A side of the picture that a window moves along. */
interface Axis {
  readonly length: number;
  /** Of the output. */
  readonly count: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  /** From the first tap to the last, both included. */
  readonly extent: number;
  /** Zeros before the first value, and behind the last. */
  readonly before: number;
  readonly behind: number;
}

/** Dense: on the last axis, the same for all places. */
export const dense: LayerWriter = (job) => writeFlat(job);

export const convolution: LayerWriter = (job) => {
  const { added, frame } = job;
  return writeConvolution(job, { ...(added && { added: added.place }), ...(frame && { frame }) });
};

/** Conv2D, with more done in the same calls. */
export function writeConvolution(job: LayerJob, fusion: Fusion = {}): Tensor {
  const axes = [axisOf(job, 0, fusion), axisOf(job, 1, fusion)] as const;
  const isPoint = axes.every(
    ({ extent, stride, length, count }) => extent === 1 && stride === 1 && length === count,
  );
  return isPoint ? writeFlat(job, fusion) : writeWindows(job, axes, fusion);
}

/** Dense, or a convolution of single places, with more done in the same calls. */
export function writeFlat(job: LayerJob, fusion: Fusion = {}): Tensor {
  const { inputs, shape } = job;
  const run = inputs[0].shape[inputs[0].shape.length - 1];
  const window = { down: 1, downStep: 0, along: 1, alongStep: 0, run };
  const weights = packed(job.writer, window, weightsOf(job));
  const places = shape.slice(0, -1).reduce((product, side) => product * side, 1);
  // Lines matter only where the output has something between them.
  const across = fusion.to ? (shape[1] ?? 1) : places;
  const output = outputOf(job, across, fusion);
  const step = run * 4;
  const unit = fusion.to ? across : TILES;
  const strip = unit * Math.max(1, Math.floor(Math.max(STRIP_BYTES / step, FEWEST_PLACES) / unit));
  for (let first = 0; first < places; first += strip) {
    const count = Math.min(strip, places - first);
    output.write(first, {
      from: { place: further(inputs[0].place, first * step), step, line: across * step },
      weights,
      across,
      places: count,
    });
  }
  return output.tensor;
}

function writeWindows(
  job: LayerJob,
  [rows, columns]: readonly [Axis, Axis],
  fusion: Fusion,
): Tensor {
  const { writer, inputs } = job;
  const output = outputOf(job, columns.count, fusion);
  const valueBytes = 4 * inputs[0].shape[2];
  const isFramed = [rows, columns].some(({ before, behind }) => before + behind > 0);
  const line = (columns.length + columns.before + columns.behind) * valueBytes;
  const weights = packed(writer, windowOf(rows, columns, line, valueBytes), weightsOf(job));
  const strip = linesOf(rows, columns, line);
  const most = (strip - 1) * rows.stride + rows.extent;
  const scratch = isFramed ? writer.bytes(most * line + FRAME_REST) : inputs[0].place;
  for (let first = 0; first < rows.count; first += strip) {
    const lines = Math.min(strip, rows.count - first);
    const start = first * rows.stride - rows.before;
    const end = start + (lines - 1) * rows.stride + rows.extent;
    let place = scratch;
    if (isFramed) {
      const from = Math.min(Math.max(start, 0), rows.length);
      const to = Math.max(Math.min(end, rows.length), from);
      const lineBytes = columns.length * valueBytes;
      writer.call(
        'frame',
        ...[further(inputs[0].place, from * lineBytes), scratch, lineBytes, to - from],
        ...[from - start, end - to, columns.before * valueBytes, columns.behind * valueBytes],
      );
    } else place = further(scratch, start * line);
    output.write(first * columns.count, {
      from: { place, step: columns.stride * valueBytes, line: rows.stride * line },
      weights,
      across: columns.count,
      places: lines * columns.count,
    });
  }
  return output.tensor;
}

function weightsOf({ weights: { kernel, bias } }: LayerJob) {
  return { kernel, ...(bias && { bias }) };
}

/** Taps that lie one behind the other are one run. */
function windowOf(rows: Axis, columns: Axis, line: number, valueBytes: number) {
  const isRun = columns.dilation === 1;
  const run = (valueBytes / 4) * (isRun ? columns.taps : 1);
  return {
    down: rows.taps,
    downStep: rows.dilation * line,
    along: isRun ? 1 : columns.taps,
    alongStep: columns.dilation * valueBytes,
    run,
  };
}

/** Lines of the output for each call: the same number but for the last one. */
function linesOf(rows: Axis, columns: Axis, line: number): number {
  const shared = rows.extent - rows.stride;
  const fitting = Math.max(
    (STRIP_BYTES / line - shared) / rows.stride,
    // Lines that belong to two strips are copied twice.
    shared / rows.stride,
    FEWEST_PLACES / columns.count,
    1,
  );
  const strips = Math.ceil(rows.count / Math.ceil(fitting));
  return Math.ceil(rows.count / strips);
}

function axisOf(
  { config, inputs, weights, shape }: LayerJob,
  axis: 0 | 1,
  {
    frame = [
      [0, 0],
      [0, 0],
    ],
  }: Fusion,
): Axis {
  const [length, count, taps] = [inputs[0].shape[axis], shape[axis], weights.kernel.shape[axis]];
  const stride = (config.strides as number[])[axis];
  const dilation = ((config.dilation_rate ?? [1, 1]) as number[])[axis];
  const extent = (taps - 1) * dilation + 1;
  const [outer, outerBehind] = frame[axis];
  const framed = outer + length + outerBehind;
  const missing = Math.max(0, (count - 1) * stride + extent - framed);
  const before = outer + Math.floor(missing / 2);
  return {
    length,
    count,
    taps,
    stride,
    dilation,
    extent,
    before,
    behind: framed + missing - length - before,
  };
}

/** Where a layer's output goes, and how some of it is written. */
function outputOf(job: LayerJob, across: number, { added, to }: Fusion) {
  const { writer, shape, activation } = job;
  const columns = shape[shape.length - 1];
  const tensor = to ? { shape, place: to.place } : writer.tensor(shape);
  const lines = to ?? { place: tensor.place, step: 4 * columns, line: 4 * columns * across };
  const clamp = clampOf(activation);
  /** From the place `first` on. */
  const write = (first: number, work: Omit<Convolution, 'to' | 'added' | 'clamp'>) => {
    const x = first % across;
    const offset = x * lines.step + ((first - x) / across) * lines.line;
    const place = further(lines.place, offset);
    const sum = added ? { added: further(added, offset) } : {};
    convolve(writer, { ...work, ...sum, to: { ...lines, place }, clamp });
    activate(writer, activation, place, [work.places, columns]);
  };
  return { tensor, write };
}
