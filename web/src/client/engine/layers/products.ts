/** Layers that multiply with a matrix of weights: dense ones and convolutions. */

import {
  type Convolution,
  convolve,
  type Lines,
  type Panels,
  packed,
  type Window,
} from '../convolve.js';
import { activate, clampOf } from '../epilogue.js';
import type { Frame, LayerJob, LayerWriter } from '../layers.js';
import { further, type Place, type Tensor } from '../program.js';
import { FEWEST_PLACES } from '../sizes.js';
import { firstUnder, under, type Walk, walk } from './window.js';

/** Bytes of the input that one call runs over for each panel of weights: some of a small cache. */
const STRIP_BYTES = 2 ** 17;

/**
 * Places from which on a call has tiles of many rows only: those of few add up in another order. A call
 * has fewer only where a layer has no more, so that no sum depends on how the places are cut.
 */
export const FEWEST_ALIKE = 13;

/** What a product may take over from the layers behind it. */
export interface Fusion {
  /** Added before the activation; laid out as the output. */
  readonly added?: Place;
  /** Where the output goes, if not into a tensor of its own; the activation must be a bound then. */
  readonly to?: Lines;
  /** Zeros around the input, besides the layer's own. */
  readonly frame?: Frame;
}

/** Dense: on the last axis, the same for all places. */
export const dense: LayerWriter = (job) => writeFlat(job);

export const convolution: LayerWriter = (job) => {
  const { frame } = job;
  return writeConvolution(job, { ...addedTo(job), ...(frame && { frame }) });
};

/** What a layer adds to its sums. */
export function addedTo({ added }: LayerJob): Pick<Fusion, 'added'> {
  return added ? { added: added.place } : {};
}

/** Conv2D, with more done in the same calls. */
export function writeConvolution(job: LayerJob, fusion: Fusion = {}): Tensor {
  const { config, inputs, weights } = job;
  const [height, width] = inputs[0].shape;
  const window = weights.kernel.shape;
  const rows = walk(config, window, 0, height, fusion.frame);
  const columns = walk(config, window, 1, width, fusion.frame);
  const isPoint = [rows, columns].every(
    ({ taps, stride, length, count }) => taps === 1 && stride === 1 && length === count,
  );
  return isPoint ? writeFlat(job, fusion) : writeWindows(job, [rows, columns], fusion);
}

/** Dense, or a convolution of single places, with more done in the same calls. */
export function writeFlat(job: LayerJob, fusion: Fusion = {}): Tensor {
  const { inputs, shape } = job;
  const run = inputs[0].shape[inputs[0].shape.length - 1];
  const weights = pointWeights(job);
  const places = shape.slice(0, -1).reduce((product, side) => product * side, 1);
  // Lines matter only where the output has something between them.
  const across = fusion.to ? (shape[1] ?? 1) : places;
  const output = outputOf(job, across, fusion);
  const step = run * 4;
  const unit = fusion.to ? across : 1;
  const most = unit * Math.max(1, Math.floor(Math.max(STRIP_BYTES / step, FEWEST_PLACES) / unit));
  const strip = unit * Math.ceil(places / Math.ceil(places / most) / unit);
  for (const [first, count] of strips(places, strip, FEWEST_ALIKE)) {
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
  [rows, columns]: readonly [Walk, Walk],
  fusion: Fusion,
): Tensor {
  const { writer, inputs } = job;
  const output = outputOf(job, columns.count, fusion);
  const { place: picture, shape } = inputs[0];
  const isFramed = [rows, columns].some(
    (side) => side.before > 0 || under(side, side.count) > side.length,
  );
  const pixel = 4 * shape[2];
  const across = isFramed ? under(columns, columns.count) : columns.length;
  const line = across * pixel;
  const weights = packed(writer, windowOf(rows, columns, line, shape[2]), weightsOf(job));
  const fewest = Math.ceil(FEWEST_ALIKE / columns.count);
  const parts = strips(rows.count, linesOf(rows, columns, line), fewest);
  const most = Math.max(...parts.map(([, lines]) => lines));
  const scratch = isFramed ? writer.bytes(under(rows, most) * line) : undefined;
  for (const [first, lines] of parts) {
    const top = firstUnder(rows, first);
    if (scratch) {
      const size = [under(rows, lines), across];
      writer.call('excerpt', picture, ...shape, top, -columns.before, ...size, scratch);
    }
    output.write(first * columns.count, {
      from: {
        place: scratch ?? further(picture, top * line),
        step: columns.stride * pixel,
        line: rows.stride * line,
      },
      weights,
      across: columns.count,
      places: lines * columns.count,
    });
  }
  return output.tensor;
}

/** The weights of a layer that multiplies places one by one. */
export function pointWeights(job: LayerJob): Panels {
  const { kernel } = job.weights;
  const run = kernel.shape[kernel.shape.length - 2];
  const window = { down: 1, downStep: 0, along: 1, alongStep: 0, run };
  return packed(job.writer, window, weightsOf(job));
}

function weightsOf({ weights: { kernel, bias } }: LayerJob) {
  return { kernel, ...(bias && { bias }) };
}

/** Taps that lie one behind the other are one run. */
function windowOf(rows: Walk, columns: Walk, line: number, channels: number): Window {
  const isRun = columns.dilation === 1;
  return {
    down: rows.taps,
    downStep: rows.dilation * line,
    along: isRun ? 1 : columns.taps,
    alongStep: columns.dilation * channels * 4,
    run: channels * (isRun ? columns.taps : 1),
  };
}

/** Lines of the output for each call: the same number but for the last one. */
function linesOf(rows: Walk, columns: Walk, line: number): number {
  const shared = under(rows, 1) - rows.stride;
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

/** Where strips of a length start, and how long they are; a last one that is too short is joined. */
function strips(whole: number, length: number, fewest: number): [first: number, count: number][] {
  const count = Math.max(1, Math.ceil((whole - fewest + 1) / length));
  return Array.from({ length: count }, (_, index) => {
    const first = index * length;
    return [first, index === count - 1 ? whole - first : length];
  });
}

/** Where a layer's output goes, and how some of it is written. */
export function outputOf(job: LayerJob, across: number, { added, to }: Fusion) {
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
