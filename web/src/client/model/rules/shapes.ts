/** Layers that say, change or enlarge a shape. */

import { bounded, dimensions, product } from '../../bundle/fields.js';
import { MAX_RANK, type Rule } from './layer-plan.js';
import {
  channelsLast,
  nothingBut,
  onlyInput,
  onlyPicture,
  readFrame,
  readPair,
  readSide,
  setting,
} from './settings.js';

/** What InputLayer comes to. */
export const inputLayer: Rule = (layer) => {
  const sides = setting(layer, 'batch_input_shape');
  const [batch, ...rest] = sides.items();
  if (!batch || batch.value !== null || rest.length !== 3) {
    sides.fail('[null, height, width, channels]');
  }
  return { shape: rest.map(readSide) };
};

/** What Flatten comes to. */
export const flatten: Rule = (layer, inputs) => {
  const shape = onlyInput(layer, inputs);
  channelsLast(layer);
  return { shape: [product(shape)] };
};

/** What Reshape comes to. */
export const reshape: Rule = (layer, inputs) => {
  const shape = onlyInput(layer, inputs);
  const target = setting(layer, 'target_shape');
  const sides = target.list((item) => (item.value === -1 ? -1 : readSide(item)));
  const count = product(shape);
  const known = bounded(sides.filter((each) => each !== -1));
  const unknown = sides.filter((each) => each === -1).length;
  if (sides.length < 1 || sides.length > MAX_RANK || unknown > 1 || count % known !== 0) {
    target.fail(`sides of ${dimensions(shape)} values`);
  }
  const output = sides.map((each) => (each === -1 ? count / known : each));
  if (bounded(output) !== count) target.fail(`sides of ${dimensions(shape)} values`);
  return { shape: output };
};

/** What Permute comes to. */
export const permute: Rule = (layer, inputs) => {
  const shape = onlyInput(layer, inputs);
  const order = setting(layer, 'dims');
  const dims = order.list((axis) => axis.integer(1, MAX_RANK));
  const sorted = [...dims].sort((a, b) => a - b);
  if (dims.length !== shape.length || sorted.some((axis, index) => axis !== index + 1)) {
    order.fail(`the axes 1 to ${shape.length}, each once`);
  }
  return { shape: dims.map((axis) => shape[axis - 1]) };
};

/** What ZeroPadding2D comes to. */
export const padded: Rule = (layer, inputs) => {
  const [height, width, channels] = onlyPicture(layer, inputs);
  const [[top, bottom], [left, right]] = readFrame(setting(layer, 'padding'));
  return { shape: [height + top + bottom, width + left + right, channels] };
};

/** What Cropping2D comes to. */
export const cropped: Rule = (layer, inputs) => {
  const [height, width, channels] = onlyPicture(layer, inputs);
  const [[top, bottom], [left, right]] = readFrame(setting(layer, 'cropping'));
  if (top + bottom >= height || left + right >= width) {
    setting(layer, 'cropping').fail(`less than the input has: ${height} x ${width}`);
  }
  return { shape: [height - top - bottom, width - left - right, channels] };
};

/** What UpSampling2D comes to. */
export const enlarged: Rule = (layer, inputs) => {
  const [height, width, channels] = onlyPicture(layer, inputs);
  const [rows, columns] = readPair(setting(layer, 'size'));
  nothingBut(setting(layer, 'interpolation'), 'nearest');
  return { shape: [height * rows, width * columns, channels] };
};
