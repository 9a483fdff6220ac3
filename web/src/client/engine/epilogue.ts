/** What a layer computes at its end: within the kernel where it is a bound, else in place. */

import type { ActivationName } from '../constants.generated.js';
import type { Place, ProgramWriter } from './program.js';

/** Bounds of what a kernel writes. */
export interface Clamp {
  readonly low: number;
  readonly high: number;
}

export const UNBOUNDED: Clamp = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

const CLAMPS: Readonly<Partial<Record<ActivationName, Clamp>>> = {
  linear: UNBOUNDED,
  relu: { low: 0, high: Number.POSITIVE_INFINITY },
  relu6: { low: 0, high: 6 },
};

/** How a layer's values are bounded; {@link activate} does what is more than that. */
export function clampOf(activation: ActivationName): Clamp {
  return CLAMPS[activation] ?? UNBOUNDED;
}

/** How many values lie along the last axis, and how often. */
type Size = readonly [rows: number, columns: number];

/** Computes an activation that is no bound in place, on `rows` times `columns` values. */
export function activate(
  writer: ProgramWriter,
  activation: ActivationName,
  place: Place,
  size: Size,
): void {
  if (!CLAMPS[activation]) callActivation(writer, activation, place, place, size);
}

/** Computes any activation but `linear`; `to` may be `from`. */
export function callActivation(
  writer: ProgramWriter,
  activation: ActivationName,
  from: Place,
  to: Place,
  [rows, columns]: Size,
): void {
  const along = activation === 'softmax' || activation === 'logSoftmax';
  writer.call(activation, from, to, ...(along ? [rows, columns] : [rows * columns]));
}
