/** Calls of the kernels that multiply with weights, with names instead of positions. */

import { type Clamp, UNBOUNDED } from './epilogue.js';
import { later, valuesOf, type Weight } from './layers.js';
import { further, type Place, type ProgramWriter } from './program.js';
import { PANEL } from './sizes.js';

/**
 * Values that are summed up in one go. More of them are cut into pieces whose sums are added up in
 * the output: small values are not added to a large sum, and a panel stays in the nearest cache.
 * With twice as many, sums of 500 to 5000 have 1.3 times the error; with half as many, 0.8 times, but
 * those of 90,000 have 1.5 times the error, and models need a hundredth more time.
 */
const MOST_VALUES = 256;

/** `down` times `along` times `run` values one behind the other; steps in bytes. */
export interface Window {
  readonly down: number;
  readonly downStep: number;
  readonly along: number;
  readonly alongStep: number;
  readonly run: number;
}

/** A part of a window, and its weights as the kernels read them. */
interface Piece {
  readonly place: Place;
  readonly window: Window;
  /** Bytes from the start of the window. */
  readonly start: number;
}

/** Weights for every piece of a window, in the order in which they are added up. */
export interface Panels {
  readonly pieces: readonly Piece[];
  readonly columns: number;
}

/** Places of a picture, `step` bytes from one to the next, `line` bytes from line to line. */
export interface Lines {
  readonly place: Place;
  readonly step: number;
  readonly line: number;
}

/** A convolution of some lines. */
export interface Convolution {
  /** Where the window of each place starts. */
  readonly from: Lines;
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

/**
 * Lays a kernel, whose last side are its columns, and its bias into panels while it is loaded. The
 * other sides are those of the window.
 */
export function packed(
  writer: ProgramWriter,
  window: Window,
  { kernel, bias }: Readonly<{ kernel: Weight; bias?: Weight }>,
): Panels {
  const columns = kernel.shape[kernel.shape.length - 1];
  let done = 0;
  let biases = bias ? writer.raw(valuesOf(bias)) : 0;
  const pieces = piecesOf(window).map((piece) => {
    const count = countOf(piece.window);
    const place = writer.prepared(panelBytes(count, columns));
    // Each for itself: they need not be there at once.
    const start = done;
    done += count * columns;
    const end = done;
    const values = later(count * columns, [kernel], () => kernel.values.subarray(start, end));
    writer.prepare('pack', writer.raw(values), biases, place, count, columns);
    biases = 0;
    return { ...piece, place };
  });
  return { pieces, columns };
}

/** Lays a matrix that layers have computed into panels, for each picture. */
export function packedAgain(
  writer: ProgramWriter,
  matrix: Place,
  [values, columns]: readonly [values: number, columns: number],
): Panels {
  const window = { down: 1, downStep: 0, along: 1, alongStep: 0, run: values };
  const parts = piecesOf(window);
  const sizes = parts.map((piece) => panelBytes(piece.window.run, columns));
  // One region for all of them: laying out many takes long.
  let end = writer.bytes(sizes.reduce((sum, size) => sum + size, 0));
  const pieces = parts.map((piece, index) => {
    const place = end;
    end = further(end, sizes[index]);
    const from = further(matrix, piece.start * columns);
    writer.call('pack', from, 0, place, piece.window.run, columns);
    return { ...piece, place };
  });
  return { pieces, columns };
}

/** Calls the kernel for each piece of the window. */
export function convolve(writer: ProgramWriter, work: Convolution): void {
  const { from, weights, to } = work;
  const last = weights.pieces.length - 1;
  for (const [index, { place, window, start }] of weights.pieces.entries()) {
    const { low, high } = index === last ? work.clamp : UNBOUNDED;
    writer.call(
      'convolve',
      ...[further(from.place, start), place, to.place, index === 0 ? (work.added ?? 0) : to.place],
      ...[work.across, from.step, from.line],
      ...[window.down, window.downStep, window.along, window.alongStep, window.run],
      ...[to.step, to.line, weights.columns, low, high, work.places],
    );
  }
}

function countOf({ down, along, run }: Window): number {
  return down * along * run;
}

/** A bias and some values for each column of whole panels. */
function panelBytes(values: number, columns: number): number {
  return Math.ceil(columns / PANEL) * PANEL * (values + 1) * 4;
}

/** Cuts the outermost side of a window that makes it small enough, then what is still too large. */
function piecesOf(window: Window, start = 0): Omit<Piece, 'place'>[] {
  const { down, downStep, along, alongStep, run } = window;
  if (countOf(window) <= MOST_VALUES) return [{ window, start }];
  if (down > 1) {
    return cut(down, along * run).flatMap(([first, count]) =>
      piecesOf({ ...window, down: count }, start + first * downStep),
    );
  }
  if (along > 1) {
    return cut(along, run).flatMap(([first, count]) =>
      piecesOf({ ...window, along: count }, start + first * alongStep),
    );
  }
  return cut(run, 1).map(([first, count]) => ({
    window: { ...window, run: count },
    start: start + first * 4,
  }));
}

/** Parts of nearly the same length, as long as they may be but not empty: where they start. */
function cut(length: number, values: number): [first: number, count: number][] {
  const parts = Math.ceil(length / Math.max(1, Math.floor(MOST_VALUES / values)));
  const starts = Array.from({ length: parts + 1 }, (_, part) =>
    Math.floor((part * length) / parts),
  );
  return starts.slice(0, -1).map((first, part) => [first, starts[part + 1] - first]);
}
