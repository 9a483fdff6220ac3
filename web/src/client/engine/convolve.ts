/** Calls of the kernels that multiply with weights, with names instead of positions. */

import type { Clamp } from './epilogue.js';
import type { Weight } from './layers.js';
import type { Argument, Place, ProgramWriter } from './program.js';

/** Columns of the kernels' tiles. */
const PANEL = 8;

/** Weights as the kernels read them. */
export interface Panels {
  readonly place: Place;
  /** Values that are multiplied with a column of weights. */
  readonly values: number;
  readonly columns: number;
}

/** Places of a picture, `step` bytes from one to the next, `line` bytes from line to line. */
export interface Lines {
  readonly place: Place;
  readonly step: number;
  readonly line: number;
}

/** `down` times `along` times `run` values one behind the other; steps in bytes. */
export interface Window {
  readonly down: number;
  readonly downStep: number;
  readonly along: number;
  readonly alongStep: number;
  readonly run: number;
}

/** A convolution of some lines. */
export interface Convolution {
  /** Where the window of each place starts. */
  readonly from: Lines;
  readonly window: Window;
  readonly weights: Panels;
  readonly to: Lines;
  /** What is added before the bounds are kept, laid out as the output. */
  readonly added?: Place;
  readonly clamp: Clamp;
  /** Places in a line. */
  readonly across: number;
  /** All of them, from the start of the first line on. */
  readonly places: number;
}

/** Lays a kernel, whose last side are its columns, and its bias into panels while it is loaded. */
export function packed(writer: ProgramWriter, kernel: Weight, bias?: Weight): Panels {
  const columns = kernel.shape[kernel.shape.length - 1];
  const values = kernel.values.length / columns;
  const place = writer.prepared(Math.ceil(columns / PANEL) * PANEL * (values + 1) * 4);
  const biases: Argument = bias ? writer.raw(bias.values) : 0;
  writer.prepare('pack', writer.raw(kernel.values), biases, place, values, columns);
  return { place, values, columns };
}

/** Calls the kernel for one piece of work. */
export function convolve(writer: ProgramWriter, work: Convolution): void {
  const { from, window, weights, to } = work;
  writer.call(
    'convolve',
    ...[from.place, weights.place, to.place, work.added ?? 0],
    ...[work.across, from.step, from.line],
    ...[window.down, window.downStep, window.along, window.alongStep, window.run],
    ...[to.step, to.line, weights.columns],
    ...[work.clamp.low, work.clamp.high, work.places],
  );
}
