/** Activations that the hot kernels compute at their end, and the others behind them. */

import type { ActivationName } from '../../constants.generated.js';
import type { ProgramWriter, Tensor } from '../program.js';

/** What every value is kept between. */
export interface Clamp {
  readonly low: number;
  readonly high: number;
}

const CLAMPS: Readonly<Partial<Record<ActivationName, Clamp>>> = {
  relu: { low: 0, high: Number.POSITIVE_INFINITY },
  relu6: { low: 0, high: 6 },
};

/** What a kernel with a clamp does of an activation: all of it, or nothing. */
export function clampOf(activation: ActivationName): Clamp {
  const none = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  return CLAMPS[activation] ?? none;
}

/** Computes in place what {@link clampOf} left of an activation. */
export function activate(writer: ProgramWriter, activation: ActivationName, y: Tensor): void {
  if (activation === 'linear' || activation in CLAMPS) return;
  const count = y.shape.reduce((product, side) => product * side, 1);
  if (activation === 'softmax' || activation === 'logSoftmax') {
    const columns = y.shape[y.shape.length - 1];
    writer.call(activation, y.place, y.place, count / columns, columns);
  } else writer.call(activation, y.place, y.place, count);
}
