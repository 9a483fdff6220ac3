/** Layers that slide a window over a picture, and those that take all of it at once. */

import { product } from '../../bundle/fields.js';
import type { LayerEntry } from '../topology.js';
import type { Rule, Shape } from './layer-plan.js';
import {
  biasOf,
  nothingBut,
  onlyOnes,
  onlyPicture,
  readPadding,
  readPair,
  readSide,
  setting,
} from './settings.js';

/** What Conv2D comes to. */
export const convolution: Rule = (layer, inputs) => {
  const shape = onlyPicture(layer, inputs);
  const filters = readSide(setting(layer, 'filters'));
  const window = readPair(setting(layer, 'kernel_size'));
  const { output, padded } = slide(layer, shape, 'kernel_size', window, true);
  return {
    shape: [...output, filters],
    weights: { kernel: [...window, shape[2], filters], ...biasOf(layer, filters) },
    multiplyAdds: product(output) * product(window) * shape[2] * filters,
    padded,
    activates: true,
  };
};

/** What DepthwiseConv2D comes to. */
export const depthwise: Rule = (layer, inputs) => {
  const shape = onlyPicture(layer, inputs);
  const multiplier = readSide(setting(layer, 'depth_multiplier'));
  const window = readPair(setting(layer, 'kernel_size'));
  const { output, padded } = slide(layer, shape, 'kernel_size', window);
  const channels = shape[2] * multiplier;
  return {
    shape: [...output, channels],
    weights: {
      depthwise_kernel: [...window, shape[2], multiplier],
      ...biasOf(layer, channels),
    },
    multiplyAdds: product(output) * product(window) * channels,
    padded,
    activates: true,
  };
};

/** What Conv2DTranspose comes to. */
export const transposed: Rule = (layer, inputs) => {
  const shape = onlyPicture(layer, inputs);
  const filters = readSide(setting(layer, 'filters'));
  const window = readPair(setting(layer, 'kernel_size'));
  const strides = readPair(setting(layer, 'strides'));
  onlyOnes(layer);
  const isSame = readPadding(layer) === 'same';
  const grown = strides.map((stride, axis) => shape[axis] * stride);
  const whole = grown.map((length, axis) => length + Math.max(window[axis] - strides[axis], 0));
  return {
    shape: [...(isSame ? grown : whole), filters],
    weights: { kernel: [...window, filters, shape[2]], ...biasOf(layer, filters) },
    multiplyAdds: product(shape) * product(window) * filters,
    padded: [...whole, filters],
    activates: true,
  };
};

/** What AveragePooling2D and MaxPooling2D come to. */
export const pooling: Rule = (layer, inputs) => {
  const shape = onlyPicture(layer, inputs);
  const window = readPair(setting(layer, 'pool_size'));
  const { output, padded } = slide(layer, shape, 'pool_size', window);
  const result = [...output, shape[2]];
  return { shape: result, multiplyAdds: product(result) * product(window), padded };
};

/** What GlobalAveragePooling2D and GlobalMaxPooling2D come to. */
export const globalPooling: Rule = (layer, inputs) => {
  const shape = onlyPicture(layer, inputs);
  nothingBut(setting(layer, 'keepdims'), false);
  return { shape: shape.slice(2) };
};

/** Rows and columns of a window's positions, and the input's shape with its padding. */
function slide(
  layer: LayerEntry,
  shape: Shape,
  key: string,
  window: readonly number[],
  dilates = false,
): { output: number[]; padded: number[] } {
  const strides = readPair(setting(layer, 'strides'));
  let dilations = [1, 1];
  if (dilates) {
    const field = setting(layer, 'dilation_rate');
    dilations = field.optional((rates) => readPair(rates)) ?? dilations;
    if (dilations.some((rate) => rate !== 1) && strides.some((stride) => stride !== 1)) {
      field.fail('[1, 1] beside strides of more than 1');
    }
  } else onlyOnes(layer);
  const isSame = readPadding(layer) === 'same';
  const output: number[] = [];
  const padded: number[] = [];
  for (const axis of [0, 1]) {
    const extent = (window[axis] - 1) * dilations[axis] + 1;
    const count = isSame
      ? Math.ceil(shape[axis] / strides[axis])
      : Math.floor((shape[axis] - extent) / strides[axis]) + 1;
    if (count < 1) setting(layer, key).fail(`a window that fits into ${shape[0]} x ${shape[1]}`);
    output.push(count);
    padded.push(Math.max(shape[axis], (count - 1) * strides[axis] + extent));
  }
  return { output, padded: [...padded, shape[2]] };
}
