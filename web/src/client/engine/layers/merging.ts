/** Layers that combine several inputs. */

import { product } from '../../bundle/fields.js';
import { convolve, packedAgain } from '../convolve.js';
import { UNBOUNDED } from '../epilogue.js';
import type { LayerWriter } from '../layers.js';
import type { Place, ProgramWriter, Tensor } from '../program.js';
import { repeated, transposed, VALUE } from '../rows.js';

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

/** The product of two matrices, each along one of its sides, 1 or 2. */
export const dot: LayerWriter = ({ writer, config, inputs, shape }) => {
  const [first, second] = config.axes as number[];
  const a = first === 1 ? transposed(writer, inputs[0], [1, 0]) : inputs[0];
  const b = second === 2 ? transposed(writer, inputs[1], [1, 0]) : inputs[1];
  const [depth, columns] = b.shape;
  const result = writer.tensor(shape);
  convolve(writer, {
    from: { place: a.place, step: depth * VALUE, line: 0 },
    weights: packedAgain(writer, b.place, [depth, columns]),
    to: { place: result.place, step: columns * VALUE, line: 0 },
    clamp: UNBOUNDED,
    across: shape[0],
    places: shape[0],
  });
  return result;
};
