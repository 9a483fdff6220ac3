/** Layers with windows in double precision, as plain loops, and how far float32 may be from them. */

/** What a sum of products is, and what it would be if none were negative. */
export interface Sums {
  readonly shape: readonly number[];
  readonly values: Float64Array;
  /** Sums of the products' sizes: rounding errors are a small part of these. */
  readonly sizes: Float64Array;
}

export interface Picture {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

export interface Windows {
  readonly kernel_size: readonly number[];
  readonly strides: readonly number[];
  readonly padding: 'same' | 'valid';
  readonly dilation_rate?: readonly number[];
}

/** Windows along one side, and zeros before it: TensorFlow's definition of the two paddings. */
export function extent(windows: Windows, axis: number, length: number): [number, number] {
  const dilation = windows.dilation_rate?.[axis] ?? 1;
  const [stride, covered] = [windows.strides[axis], (windows.kernel_size[axis] - 1) * dilation + 1];
  if (windows.padding === 'valid') return [Math.ceil((length - covered + 1) / stride), 0];
  const count = Math.ceil(length / stride);
  return [count, Math.floor(Math.max(0, (count - 1) * stride + covered - length) / 2)];
}

/** A picture with zeros around it: so many rows above and below, columns left and right. */
export function framed(
  { shape, values }: Picture,
  [above, below, left, right]: readonly number[],
): Picture {
  const [height, width, channels] = shape;
  const wide = [above + height + below, left + width + right, channels];
  const all = new Float32Array(wide[0] * wide[1] * channels);
  for (let row = 0; row < height; row++) {
    const line = Array.from(
      { length: width * channels },
      (_, i) => values[row * width * channels + i],
    );
    all.set(line, ((above + row) * wide[1] + left) * channels);
  }
  return { shape: wide, values: all };
}

/**
 * Adds `x * w` to the sums for each output, tap and pair of channels that `channels` lists for it.
 *
 * @param pairs - calls back with each channel of the input, the index of its weight behind the tap's
 *   and the channel of the output.
 */
function slide(
  x: Picture,
  kernel: Picture,
  bias: ArrayLike<number> | undefined,
  windows: Windows,
  outputs: number,
  pairs: (each: (from: number, weight: number, to: number) => void) => void,
): Sums {
  const [height, width, channels] = x.shape;
  const [[rows, top], [columns, left]] = [extent(windows, 0, height), extent(windows, 1, width)];
  const shape = [rows, columns, outputs];
  const values = new Float64Array(rows * columns * outputs);
  const sizes = new Float64Array(values.length);
  const perTap = kernel.shape[2] * kernel.shape[3];
  const [rateY, rateX] = windows.dilation_rate ?? [1, 1];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const out = (row * columns + column) * outputs;
      for (let to = 0; to < outputs; to++) {
        values[out + to] = bias?.[to] ?? 0;
        sizes[out + to] = Math.abs(bias?.[to] ?? 0);
      }
      for (let tapY = 0; tapY < kernel.shape[0]; tapY++) {
        for (let tapX = 0; tapX < kernel.shape[1]; tapX++) {
          const y = row * windows.strides[0] - top + tapY * rateY;
          const z = column * windows.strides[1] - left + tapX * rateX;
          if (y < 0 || y >= height || z < 0 || z >= width) continue;
          const tap = (tapY * kernel.shape[1] + tapX) * perTap;
          pairs((from, weight, to) => {
            const product =
              x.values[(y * width + z) * channels + from] * kernel.values[tap + weight];
            values[out + to] += product;
            sizes[out + to] += Math.abs(product);
          });
        }
      }
    }
  }
  return { shape, values, sizes };
}

export function depthwise64(
  x: Picture,
  kernel: Picture,
  bias: ArrayLike<number> | undefined,
  windows: Windows,
): Sums {
  const [, , channels, times] = kernel.shape;
  return slide(x, kernel, bias, windows, channels * times, (each) => {
    for (let to = 0; to < channels * times; to++) each(Math.floor(to / times), to, to);
  });
}

export function convolution64(
  x: Picture,
  kernel: Picture,
  bias: ArrayLike<number> | undefined,
  windows: Windows,
): Sums {
  const [, , inputs, outputs] = kernel.shape;
  return slide(x, kernel, bias, windows, outputs, (each) => {
    for (let from = 0; from < inputs; from++) {
      for (let to = 0; to < outputs; to++) each(from, from * outputs + to, to);
    }
  });
}

/** `Conv2DTranspose`: each input value spread over a window; with `same`, the middle is kept. */
export function transposed64(
  x: Picture,
  kernel: Picture,
  bias: ArrayLike<number> | undefined,
  windows: Windows,
): Sums {
  const [height, width, inputs] = x.shape;
  const [sideY, sideX, outputs] = kernel.shape;
  const [strideY, strideX] = windows.strides;
  const surplus = [Math.max(sideY - strideY, 0), Math.max(sideX - strideX, 0)];
  const cut = windows.padding === 'same' ? surplus : [0, 0];
  const shape = [
    height * strideY + surplus[0] - cut[0],
    width * strideX + surplus[1] - cut[1],
    outputs,
  ];
  const values = new Float64Array(shape[0] * shape[1] * outputs);
  const sizes = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    values[index] = bias?.[index % outputs] ?? 0;
    sizes[index] = Math.abs(values[index]);
  }
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let tapY = 0; tapY < sideY; tapY++) {
        for (let tapX = 0; tapX < sideX; tapX++) {
          const y = row * strideY + tapY - Math.floor(cut[0] / 2);
          const z = column * strideX + tapX - Math.floor(cut[1] / 2);
          if (y < 0 || y >= shape[0] || z < 0 || z >= shape[1]) continue;
          for (let to = 0; to < outputs; to++) {
            for (let from = 0; from < inputs; from++) {
              const product =
                x.values[(row * width + column) * inputs + from] *
                kernel.values[((tapY * sideX + tapX) * outputs + to) * inputs + from];
              const index = (y * shape[1] + z) * outputs + to;
              values[index] += product;
              sizes[index] += Math.abs(product);
            }
          }
        }
      }
    }
  }
  return { shape, values, sizes };
}

/** Largest distance from the exact values, in rounding errors of the sums of the products' sizes. */
export function errorInUnits(
  result: Float32Array,
  { values, sizes }: Sums,
  activate: (value: number) => number,
): number {
  let largest = 0;
  for (let index = 0; index < values.length; index++) {
    const distance = Math.abs(result[index] - activate(values[index]));
    const unit = sizes[index] * 2 ** -24;
    // A result that is not a number is as far away as can be.
    const units = distance === 0 ? 0 : distance / unit;
    largest = Number.isNaN(units) ? Number.POSITIVE_INFINITY : Math.max(largest, units);
  }
  return largest;
}
