/** Layers that stretch and move values, channel by channel. */

import { product } from '../../bundle/fields.js';
import { type LayerWriter, later, valuesOf, type Weight } from '../layers.js';
import type { Later, ProgramWriter, Tensor } from '../program.js';

/** Values of one row of factors, if the tensor is large enough: short rows are slow. */
const LONG = 256;

/** `x * factor + offset`, with one of both per channel; of numbers of one byte each, if that is said. */
function affine(
  writer: ProgramWriter,
  x: Tensor,
  factors: Later,
  offsets: Later,
  kernel: 'affine' | 'affineBytes' = 'affine',
): Tensor {
  const channels = factors.length;
  const places = product(x.shape) / channels;
  // Several places as one row, with the factors as many times.
  let times = Math.min(places, Math.max(1, Math.floor(LONG / channels)));
  while (places % times) times--;
  const row = (values: Later) => writer.constant(values, times);
  const result = writer.tensor(x.shape);
  const size = [places / times, times * channels];
  writer.call(kernel, x.place, result.place, ...size, row(factors), row(offsets));
  return result;
}

export const batchNormalization: LayerWriter = ({ writer, config, weights, inputs: [x] }) => {
  const { moving_variance: variance, moving_mean: mean, gamma, beta } = weights;
  const epsilon = config.epsilon as number;
  // In double precision, and rounded once.
  const factors = () => {
    const scale = gamma?.values;
    return Float64Array.from(variance.values, (v, i) => (scale?.[i] ?? 1) / Math.sqrt(v + epsilon));
  };
  const offsets = () => {
    const [means, shift] = [mean.values, beta?.values];
    return factors().map((factor, i) => (shift?.[i] ?? 0) - means[i] * factor);
  };
  const [all, channels] = [[variance, mean, gamma, beta], product(variance.shape)];
  return affine(writer, x, later(channels, all, factors), later(channels, all, offsets));
};

export const rescaling: LayerWriter = ({ writer, config, inputs: [x], ofBytes }) => {
  const lists = [config.scale, config.offset].map((value) =>
    Array.isArray(value) ? (value as number[]) : [value as number],
  );
  const channels = Math.max(...lists.map(({ length }) => length));
  const [factors, offsets] = lists.map((list) =>
    later(channels, [], () =>
      Float64Array.from({ length: channels }, (_, index) => list[index % list.length]),
    ),
  );
  return affine(writer, x, factors, offsets, ofBytes ? 'affineBytes' : 'affine');
};

export const layerNormalization: LayerWriter = ({ writer, config, weights, inputs: [x] }) => {
  const columns = x.shape[x.shape.length - 1];
  const row = (weight: Weight | undefined, other: number) =>
    weight ? writer.constant(valuesOf(weight)) : writer.constant([other], columns);
  const [gamma, beta] = [row(weights.gamma, 1), row(weights.beta, 0)];
  const result = writer.tensor(x.shape);
  const size = [product(x.shape) / columns, columns];
  const epsilon = config.epsilon as number;
  writer.call('layerNormalization', x.place, result.place, ...size, gamma, beta, epsilon);
  return result;
};
