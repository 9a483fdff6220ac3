/** Layers that move values, or only see them in another shape. */

import { product } from '../../bundle/fields.js';
import type { LayerWriter } from '../layers.js';
import { further } from '../program.js';
import { copyRows, repeated, transposed, VALUE } from '../rows.js';

/** The same values in another shape: Flatten and Reshape. */
export const reshape: LayerWriter = ({ inputs: [{ place }], shape }) => ({ shape, place });

export const permute: LayerWriter = ({ writer, config, inputs: [x] }) =>
  transposed(
    writer,
    x,
    (config.dims as number[]).map((axis) => axis - 1),
  );

export const cropping: LayerWriter = ({ writer, config, inputs: [x], shape }) => {
  const [[top], [left]] = config.cropping as number[][];
  const [, width, channels] = x.shape;
  const [rows, columns] = shape;
  const result = writer.tensor(shape);
  const first = further(x.place, VALUE * channels * (top * width + left));
  const [fromStep, bytes] = [width, columns].map((side) => side * channels * VALUE);
  copyRows(writer, first, result.place, { bytes, rows, fromStep, toStep: bytes });
  return result;
};

export const zeroPadding: LayerWriter = ({ writer, config, inputs: [x], shape }) => {
  const [[top, bottom], [left, right]] = config.padding as number[][];
  const [rows, width, channels] = x.shape;
  const result = writer.tensor(shape);
  const pixel = VALUE * channels;
  const [bytes, step] = [pixel * width, pixel * shape[1]];
  const first = top * step + left * pixel;
  // Before the first row, between two, and behind the last one.
  const zero = (offset: number, size: number, count = 1) => {
    if (size && count) writer.call('zeroRows', further(result.place, offset), size, count, step);
  };
  zero(0, first);
  zero(first + bytes, pixel * (left + right), rows - 1);
  zero(first + (rows - 1) * step + bytes, right * pixel + bottom * step);
  const inside = further(result.place, first);
  copyRows(writer, x.place, inside, { bytes, rows, fromStep: bytes, toStep: step });
  return result;
};

/** Every pixel so many times: as if height and width had another side of 1 behind each. */
export const upsampling: LayerWriter = ({ writer, config, inputs: [{ shape, place }], ...job }) => {
  const [height, width, channels] = shape;
  const [rows, columns] = config.size as number[];
  const pixels = { shape: [height, 1, width, 1, channels], place };
  const result = repeated(writer, pixels, [height, rows, width, columns, channels]);
  return { shape: job.shape, place: result.place };
};

export const concatenate: LayerWriter = ({ writer, config, inputs, shape, within }) => {
  if (inputs.length === 1 && !within) return inputs[0];
  const axis = config.axis as number;
  const at = axis < 0 ? axis + shape.length : axis - 1;
  const runOf = (sides: readonly number[]) => VALUE * product(sides.slice(at));
  const result = within ?? writer.tensor(shape);
  const [rows, toStep] = [product(shape.slice(0, at)), runOf(result.shape)];
  let offset = 0;
  for (const input of inputs) {
    const bytes = runOf(input.shape);
    const to = further(result.place, offset);
    const isThere = input.place.region === to.region;
    if (!isThere) copyRows(writer, input.place, to, { bytes, rows, fromStep: bytes, toStep });
    offset += bytes;
  }
  return offset === toStep ? result : { shape, place: result.place, step: toStep };
};
