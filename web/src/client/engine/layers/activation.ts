/** Layers that compute something from each value, or from those of one place. */

import { product } from '../../bundle/fields.js';
import type { ActivationName } from '../../constants.generated.js';
import type { LayerWriter } from '../layers.js';
import type { Place, ProgramWriter, Tensor } from '../program.js';
import { combine, combineWithOne } from './merging.js';

/** Activations that the kernels compute from all values of a place together. */
const OF_A_ROW: readonly ActivationName[] = ['softmax', 'logSoftmax'];

/** Writes what an activation, not `linear`, makes of a tensor to a place, which may be its own. */
export function activate(
  writer: ProgramWriter,
  activation: ActivationName,
  { place, shape }: Tensor,
  to: Place,
): void {
  const count = product(shape);
  const columns = shape[shape.length - 1];
  const size = OF_A_ROW.includes(activation) ? [count / columns, columns] : [count];
  writer.call(activation, place, to, ...size);
}

export const activation: LayerWriter = ({ writer, activation: name, inputs: [x] }) => {
  if (name === 'linear') return x;
  const result = writer.tensor(x.shape);
  activate(writer, name, x, result.place);
  return result;
};

export const softmax: LayerWriter = (job) => activation({ ...job, activation: 'softmax' });

export const relu: LayerWriter = (job) => {
  const limit = job.config.max_value as number | null | undefined;
  if (limit === 6) return activation({ ...job, activation: 'relu6' });
  const result = activation({ ...job, activation: 'relu' });
  if (typeof limit === 'number') {
    combineWithOne(job.writer, 'minimum', result, limit, result.place);
  }
  return result;
};

/** Negative values times a number. */
export const leakyRelu: LayerWriter = ({ writer, config, inputs: [x] }) => {
  const result = writer.tensor(x.shape);
  combineWithOne(writer, 'slope', x, config.alpha as number, result.place);
  return result;
};

/** Negative values times a weight for each. */
export const prelu: LayerWriter = ({ writer, weights, inputs: [x] }) => {
  const result = writer.tensor(x.shape);
  combine(writer, 'slope', x, writer.constant(weights.alpha.values), result.place);
  return result;
};

/** Values above a number; others become 0, what is not a number too. */
export const thresholdedRelu: LayerWriter = ({ writer, config, inputs: [x] }) => {
  const result = writer.tensor(x.shape);
  combineWithOne(writer, 'above', x, config.theta as number, result.place);
  return result;
};
