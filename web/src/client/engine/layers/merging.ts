/** Layers that combine several inputs. */

import { product } from '../../bundle/fields.js';
import type { LayerWriter } from '../layers.js';
import type { Place, ProgramWriter, Tensor } from '../program.js';
import { copyRows, repeated, transposed, VALUE } from '../rows.js';

/** Bytes of a vector: what the kernels go on by. */
const VECTOR = 16;

/** A kernel of `kernels/combinations.mjs`. */
type Combination = 'add' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'slope' | 'above';

/** Combines values with others in the same order. */
export function combine(
  writer: ProgramWriter,
  kernel: Combination,
  { place: a, shape }: Tensor,
  b: Place,
  y: Place,
): void {
  writer.call(kernel, a, b, y, 1, product(shape), 0, VECTOR);
}

/** Combines all values with one. */
export function combineWithOne(
  writer: ProgramWriter,
  kernel: Combination,
  { place: a, shape }: Tensor,
  value: number,
  y: Place,
): void {
  writer.call(kernel, a, writer.constant([value]), y, 1, product(shape), 0, 0);
}

/** How the kernel goes over a tensor beside another one: rows, columns, and steps over the tensor. */
type Walk = readonly [rows: number, columns: number, step: number, next: number];

/**
 * The walk over a tensor of the shape `sides` beside one of the shape `whole`; undefined where its
 * sides of 1 lie otherwise than all before or all behind the others.
 */
function walkOver(sides: readonly number[], whole: readonly number[]): Walk | undefined {
  const runs: { length: number; isShared: boolean }[] = [];
  for (const [axis, length] of whole.entries()) {
    if (length === 1) continue;
    const isShared = sides[axis] === length;
    const last = runs[runs.length - 1];
    if (last?.isShared === isShared) last.length *= length;
    else runs.push({ length, isShared });
  }
  const [first = { length: 1, isShared: true }, second, third] = runs;
  if (third) return undefined;
  const { length } = first;
  if (!second) return first.isShared ? [1, length, 0, VECTOR] : [1, length, 0, 0];
  return first.isShared ? [length, second.length, VALUE, 0] : [length, second.length, 0, VECTOR];
}

/** The larger one of two sides, of which one may be 1. */
const common = (a: readonly number[], b: readonly number[]) =>
  a.map((side, axis) => Math.max(side, b[axis]));

/** One after the other; sides of 1 are as long as the others. */
function merge(writer: ProgramWriter, kernel: Combination, inputs: readonly Tensor[]): Tensor {
  let [result] = inputs;
  let isOwn = false;
  for (const input of inputs.slice(1)) {
    const shape = common(result.shape, input.shape);
    const whole = product(shape);
    // Their order does not matter, and the first one must be whole.
    const [a, b] =
      product(result.shape) === whole
        ? [result, input]
        : product(input.shape) === whole
          ? [input, result]
          : [repeated(writer, result, shape), input];
    const walk = walkOver(b.shape, shape);
    const { place } = walk ? b : repeated(writer, b, shape);
    const to = isOwn && a === result ? result : writer.tensor(shape);
    writer.call(kernel, a.place, place, to.place, ...(walk ?? [1, whole, 0, VECTOR]));
    result = to;
    isOwn = true;
  }
  return result;
}

const merging =
  (kernel: Combination): LayerWriter =>
  ({ writer, inputs }) =>
    merge(writer, kernel, inputs);

export const add = merging('add');
export const multiply = merging('multiply');
export const maximum = merging('maximum');
export const minimum = merging('minimum');

export const average: LayerWriter = ({ writer, inputs }) => {
  const sum = merge(writer, 'add', inputs);
  if (inputs.length > 1) combineWithOne(writer, 'divide', sum, inputs.length, sum.place);
  return sum;
};

/** The kernel's tile: it computes whole ones, on copies with rows and columns to spare. */
const [TILE_ROWS, TILE_COLUMNS] = [4, 8];

/** The product of two matrices, each along one of its sides, 1 or 2. */
export const dot: LayerWriter = ({ writer, config, inputs, shape }) => {
  const [first, second] = config.axes as number[];
  const a = first === 1 ? transposed(writer, inputs[0], [1, 0]) : inputs[0];
  const b = second === 2 ? transposed(writer, inputs[1], [1, 0]) : inputs[1];
  const depth = b.shape[0];
  const [rows, columns] = shape;
  const whole = (count: number, tile: number) => Math.ceil(count / tile) * tile;
  const [m, n] = [whole(rows, TILE_ROWS), whole(columns, TILE_COLUMNS)];
  const left = spaced(writer, a, m, depth);
  const right = spaced(writer, b, depth, n);
  const tiles = writer.tensor([m, n]);
  writer.call('matrixProduct', left, right, tiles.place, m, depth, n);
  const result = writer.tensor(shape);
  copyRows(writer, tiles.place, result.place, {
    ...{ bytes: columns * VALUE, rows, fromStep: n * VALUE, toStep: columns * VALUE },
  });
  return result;
};

/** A matrix in a place for more rows and columns. */
function spaced(
  writer: ProgramWriter,
  { place, shape: [height, width] }: Tensor,
  rows: number,
  columns: number,
): Place {
  if (rows === height && columns === width) return place;
  const result = writer.tensor([rows, columns]);
  const [bytes, toStep] = [width * VALUE, columns * VALUE];
  copyRows(writer, place, result.place, { bytes, rows: height, fromStep: bytes, toStep });
  return result.place;
}
