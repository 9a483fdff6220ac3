/** What a layer computes at its end: within the kernel where it is a bound, else in place. */

import type { ActivationName } from '../constants.generated.js';
import type { Place, ProgramWriter } from './program.js';

/** Bounds of what a kernel writes. */
export interface Clamp {
  readonly low: number;
  readonly high: number;
}

/** A value times `factor` times itself plus `offset`, this one bounded by 0 and 1: hard swish. */
export interface Gate {
  readonly factor: number;
  readonly offset: number;
}

/** What is computed from each value at the end of a layer. */
export type Ending = ActivationName | Clamp | Gate;

export const UNBOUNDED: Clamp = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

const CLAMPS: Readonly<Partial<Record<ActivationName, Clamp>>> = {
  linear: UNBOUNDED,
  relu: { low: 0, high: Number.POSITIVE_INFINITY },
  relu6: { low: 0, high: 6 },
};

/** How a layer's values are bounded; {@link activate} does what is more than that. */
export function clampOf(ending: Ending): Clamp {
  return boundsOf(ending) ?? UNBOUNDED;
}

/** Whether an ending is done where the values are written. */
export function isBound(ending: Ending): boolean {
  return boundsOf(ending) !== undefined;
}

/** The bounds that an ending is, if it is nothing else. */
function boundsOf(ending: Ending): Clamp | undefined {
  if (typeof ending === 'string') return CLAMPS[ending];
  return 'low' in ending ? ending : undefined;
}

/** How many values lie along the last axis, and how often. */
type Size = readonly [rows: number, columns: number];

/** Computes what is no bound in place, on `rows` times `columns` values. */
export function activate(writer: ProgramWriter, ending: Ending, place: Place, size: Size): void {
  if (!isBound(ending)) callActivation(writer, ending, place, place, size);
}

/** Computes any activation but `linear` and mere bounds; `to` may be `from`. */
export function callActivation(
  writer: ProgramWriter,
  ending: Ending,
  from: Place,
  to: Place,
  [rows, columns]: Size,
): void {
  if (typeof ending === 'string') {
    const along = ending === 'softmax' || ending === 'logSoftmax';
    writer.call(ending, from, to, ...(along ? [rows, columns] : [rows * columns]));
  } else if ('factor' in ending) {
    writer.call('gate', from, to, rows * columns, ending.factor, ending.offset);
  }
}
