/**
 * Transposed convolutions. Outputs that lie a stride apart are an ordinary convolution with every
 * so-manieth tap, backwards; there are as many of these as the stride has places.
 */

import { product } from '../../bundle/fields.js';
import { convolve, type Panels, packed } from '../convolve.js';
import { activate, clampOf } from '../epilogue.js';
import type { LayerJob, Weight } from '../layers.js';
import { further, type Tensor } from '../program.js';

/** Outputs of one side that lie a stride apart. */
interface Phase {
  /** The first of them. */
  readonly first: number;
  readonly count: number;
  /** Taps of the kernel that meet them, in the order of the inputs. */
  readonly taps: readonly number[];
  /** The input under the first tap for the first output; negative before the picture. */
  readonly start: number;
}

function phases(length: number, taps: number, stride: number, isSame: boolean): Phase[] {
  const surplus = Math.max(taps - stride, 0);
  const outputs = length * stride + (isSame ? 0 : surplus);
  const cut = isSame ? Math.floor(surplus / 2) : 0;
  return Array.from({ length: Math.min(stride, outputs) }, (_, first) => {
    // An output gets `input * stride + tap - cut`.
    const rest = (first + cut) % stride;
    const met: number[] = [];
    for (let tap = rest; tap < taps; tap += stride) met.unshift(tap);
    const last = (first + cut - rest) / stride;
    const count = Math.ceil((outputs - first) / stride);
    return { first, count, taps: met, start: last - Math.max(met.length - 1, 0) };
  });
}

/** Zeros that the windows of some phases need before and behind a side. */
function zeros(list: readonly Phase[], length: number): [before: number, behind: number] {
  const ends = list.map(({ start, count, taps }) => start + count - 1 + Math.max(taps.length, 1));
  const before = Math.max(0, ...list.map(({ start }) => -start));
  return [before, Math.max(0, Math.max(...ends) - length)];
}

/** Some taps of a kernel of rows x columns x outputs x inputs, with the outputs last. */
function picked(kernel: Weight, rows: readonly number[], columns: readonly number[]): Weight {
  const [, width, outputs, inputs] = kernel.shape;
  const shape = [rows.length, columns.length, inputs, outputs];
  const read = () => {
    const { values: all } = kernel;
    const values = new Float32Array(product(shape));
    let at = 0;
    for (const row of rows) {
      for (const column of columns) {
        const tap = (row * width + column) * outputs * inputs;
        for (let from = 0; from < inputs; from++) {
          for (let to = 0; to < outputs; to++) values[at++] = all[tap + to * inputs + from];
        }
      }
    }
    return values;
  };
  let values: Float32Array | undefined;
  return {
    shape,
    get values() {
      values ??= read();
      return values;
    },
    arrival: async () => kernel.arrival?.(),
  };
}

/** `Conv2DTranspose`. */
export function transposed(job: LayerJob): Tensor {
  const { writer, config, weights, inputs, shape, activation } = job;
  const [height, width, channels] = inputs[0].shape;
  const [, columns, filters] = shape;
  const { kernel, bias } = weights;
  const biases = bias ? { bias } : {};
  const [strideY, strideX] = config.strides as number[];
  const isSame = config.padding === 'same';
  const down = phases(height, kernel.shape[0], strideY, isSame);
  const across = phases(width, kernel.shape[1], strideX, isSame);
  const [above, below] = zeros(down, height);
  const [left, right] = zeros(across, width);
  const [pixel, outPixel] = [channels * 4, filters * 4];
  const line = (left + width + right) * pixel;
  const framed = writer.bytes((above + height + below) * line);
  writer.call(
    'excerpt',
    ...[inputs[0].place, height, width, channels, -above, -left],
    ...[above + height + below, left + width + right, framed],
  );
  const y = writer.tensor(shape);
  let untouched: Panels | undefined;
  for (const rows of down) {
    for (const side of across) {
      const isMet = rows.taps.length > 0 && side.taps.length > 0;
      const [tapsY, tapsX] = isMet ? [rows.taps, side.taps] : [[0], [0]];
      const window = {
        ...{ down: tapsY.length, downStep: line },
        ...{ along: 1, alongStep: 0, run: tapsX.length * channels },
      };
      let panels: Panels;
      if (isMet) {
        panels = packed(writer, window, { kernel: picked(kernel, tapsY, tapsX), ...biases });
      } else {
        // Outputs that no tap meets are the bias: one product with zero.
        const values = new Float32Array(channels * filters);
        const nothing = { shape: [channels, filters], values };
        untouched ??= packed(writer, window, { kernel: nothing, ...biases });
        panels = untouched;
      }
      const start = (rows.start + above) * line + (side.start + left) * pixel;
      convolve(writer, {
        from: { place: further(framed, start), step: pixel, line },
        weights: panels,
        to: {
          place: further(y.place, (rows.first * columns + side.first) * outPixel),
          step: strideX * outPixel,
          line: strideY * columns * outPixel,
        },
        clamp: clampOf(activation),
        across: side.count,
        places: rows.count * side.count,
      });
    }
  }
  activate(writer, activation, y.place, [shape[0] * columns, filters]);
  return y;
}
