/** Copies with steps, from which everything is written that only moves values. */

import { product } from '../bundle/fields.js';
import { further, type Place, type ProgramWriter, type Tensor } from './program.js';

/** Bytes of a value. */
export const VALUE = 4;

/** What is copied: groups of blocks of rows. Where a step is not told there is one of them only. */
export interface Rows {
  readonly bytes: number;
  readonly rows?: number;
  readonly fromStep?: number;
  readonly toStep?: number;
  readonly blocks?: number;
  readonly fromBlock?: number;
  readonly toBlock?: number;
  readonly groups?: number;
  readonly group?: number;
}

export function copyRows(
  writer: ProgramWriter,
  from: Place,
  to: Place,
  { rows = 1, blocks = 1, groups = 1, ...how }: Rows,
): void {
  const { bytes, fromStep = 0, toStep = 0, fromBlock = 0, toBlock = 0, group = 0 } = how;
  const block = [blocks, fromBlock, toBlock];
  writer.call('copyRows', from, to, bytes, rows, fromStep, toStep, ...block, groups, group);
}

/** A tensor with sides of 1 as often as another shape of the same rank has them. */
export function repeated(writer: ProgramWriter, tensor: Tensor, shape: readonly number[]): Tensor {
  let result = tensor;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const times = shape[axis];
    if (times === result.shape[axis]) continue;
    const bytes = VALUE * product(result.shape.slice(axis));
    const rows = product(result.shape.slice(0, axis));
    const wider = writer.tensor(result.shape.map((side, at) => (at === axis ? times : side)));
    const [step, { place }] = [times * bytes, wider];
    copyRows(writer, result.place, place, { bytes, rows, fromStep: bytes, toStep: step });
    // What is there already is copied behind itself: few calls, however often it is.
    for (let done = 1; done < times; done *= 2) {
      const next = Math.min(done, times - done) * bytes;
      const behind = further(place, done * bytes);
      copyRows(writer, place, behind, { bytes: next, rows, fromStep: step, toStep: step });
    }
    result = wider;
  }
  return result;
}

/** A tensor whose side `axis` is the tensor's side `order[axis]`. */
export function transposed(
  writer: ProgramWriter,
  tensor: Tensor,
  order: readonly number[],
): Tensor {
  let result = tensor;
  const now = tensor.shape.map((_, axis) => axis);
  for (const [place, axis] of order.entries()) {
    const at = now.indexOf(axis);
    const before = now.slice(place, at).map((each) => tensor.shape[each]);
    now.splice(place, 0, ...now.splice(at, 1));
    const shape = now.map((each) => tensor.shape[each]);
    result = swapped(writer, result, shape, [
      product(shape.slice(0, place)),
      product(before),
      shape[place],
      product(shape.slice(at + 1)),
    ]);
  }
  return result;
}

/** Seen as a tensor of four sides, the two in the middle change places. */
function swapped(
  writer: ProgramWriter,
  { place }: Tensor,
  shape: readonly number[],
  [groups, outer, inner, values]: readonly number[],
): Tensor {
  if (outer === 1 || inner === 1) return { shape, place };
  const result = writer.tensor(shape);
  const bytes = VALUE * values;
  copyRows(writer, place, result.place, {
    ...{ bytes, groups, group: bytes * outer * inner },
    ...{ rows: outer, fromStep: bytes * inner, toStep: bytes },
    ...{ blocks: inner, fromBlock: bytes, toBlock: bytes * outer },
  });
  return result;
}
