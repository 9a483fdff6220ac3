/** Layers that take the largest value or the mean of windows. */

import type { LayerJob, LayerWriter } from '../layers.js';
import type { Tensor } from '../program.js';

type Pool = 'maxPool' | 'averagePool';

interface Windows {
  readonly window: readonly number[];
  readonly strides: readonly number[];
  /** Pixels above and to the left of the picture. */
  readonly padding: readonly number[];
  readonly output: readonly number[];
}

/** @param picture - height, width and channels. */
function pool(
  { writer, inputs: [{ place }], shape }: LayerJob,
  kernel: Pool,
  picture: readonly number[],
  { window, strides, padding, output }: Windows,
): Tensor {
  const result = writer.tensor(shape);
  const how = [...picture, ...window, ...strides, ...padding, ...output];
  writer.call(kernel, place, result.place, ...how);
  return result;
}

const pooling =
  (kernel: Pool): LayerWriter =>
  (job) => {
    const picture = job.inputs[0].shape;
    const window = job.config.pool_size as number[];
    const strides = job.config.strides as number[];
    const output = job.shape.slice(0, 2);
    // TensorFlow's padding: an odd rest goes behind.
    const padding = output.map((count, axis) => {
      const covered = (count - 1) * strides[axis] + window[axis];
      const isSame = job.config.padding === 'same';
      return isSame ? Math.floor(Math.max(covered - picture[axis], 0) / 2) : 0;
    });
    return pool(job, kernel, picture, { window, strides, padding, output });
  };

/** All pixels as one row. */
const globalPooling =
  (kernel: Pool): LayerWriter =>
  (job) => {
    const [height, width, channels] = job.inputs[0].shape;
    const window = [1, height * width];
    const once = { strides: [1, 1], padding: [0, 0], output: [1, 1] };
    return pool(job, kernel, [...window, channels], { window, ...once });
  };

export const maxPooling = pooling('maxPool');
export const averagePooling = pooling('averagePool');
export const globalMaxPooling = globalPooling('maxPool');
export const globalAveragePooling = globalPooling('averagePool');
