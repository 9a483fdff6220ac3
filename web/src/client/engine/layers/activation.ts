/** Layers that compute something from each value, or from those of one place. */

import { product } from '../../bundle/fields.js';
import { callActivation } from '../epilogue.js';
import { type LayerWriter, valuesOf } from '../layers.js';
import { combine, combineWithOne } from './merging.js';

export const activation: LayerWriter = ({ writer, activation: ending, inputs: [x] }) => {
  if (ending === 'linear') return x;
  const result = writer.tensor(x.shape);
  const columns = x.shape[x.shape.length - 1];
  callActivation(writer, ending, x.place, result.place, [product(x.shape) / columns, columns]);
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
  combine(writer, 'slope', x, writer.constant(valuesOf(weights.alpha)), result.place);
  return result;
};

/** Values above a number; others become 0, what is not a number too. */
export const thresholdedRelu: LayerWriter = ({ writer, config, inputs: [x] }) => {
  const result = writer.tensor(x.shape);
  combineWithOne(writer, 'above', x, config.theta as number, result.place);
  return result;
};
