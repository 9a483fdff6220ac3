/** Where the windows of a layer lie along a side of a picture. */

import type { Frame } from '../layers.js';

/** How windows follow each other along one side. */
export interface Walk {
  /** Values of the input. */
  readonly length: number;
  /** Windows. */
  readonly count: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  /** Zeros before the first value. */
  readonly before: number;
}

const NONE: Frame = [
  [0, 0],
  [0, 0],
];

/**
 * From a layer's configuration: `kernel_size` or the like, `strides`, `padding`, `dilation_rate`.
 *
 * @param frame - zeros around the input, besides the layer's own.
 */
export function walk(
  config: Readonly<Record<string, unknown>>,
  window: readonly number[],
  axis: 0 | 1,
  length: number,
  frame: Frame = NONE,
): Walk {
  const [taps, stride] = [window[axis], (config.strides as number[])[axis]];
  const dilation = ((config.dilation_rate as number[] | null | undefined) ?? [1, 1])[axis];
  /** A step between one and the next is none where there is one: it may be any number. */
  const walkOf = (count: number, before: number): Walk => ({
    ...{ length, count, taps, before },
    stride: count === 1 ? 1 : stride,
    dilation: taps === 1 ? 1 : dilation,
  });
  const extent = (taps - 1) * dilation + 1;
  const [before, behind] = frame[axis];
  const framed = before + length + behind;
  if (config.padding === 'valid') {
    const count = Math.floor((framed - extent) / stride) + 1;
    return walkOf(count, before);
  }
  const count = Math.ceil(framed / stride);
  const zeros = Math.max(0, (count - 1) * stride + extent - framed);
  // One more behind than before, where they are not even.
  return walkOf(count, before + Math.floor(zeros / 2));
}

/** The first value under a window; negative where it begins in the zeros before. */
export function firstUnder({ stride, before }: Walk, window: number): number {
  return window * stride - before;
}

/** Values from the first under a number of windows to the last. */
export function under({ stride, taps, dilation }: Walk, windows: number): number {
  return (windows - 1) * stride + (taps - 1) * dilation + 1;
}

/** The windows that lie in the picture all the way: from the first to before the second. */
export function interior({
  length,
  count,
  taps,
  stride,
  dilation,
  before,
}: Walk): [number, number] {
  const first = Math.min(count, Math.ceil(before / stride));
  const room = length + before - ((taps - 1) * dilation + 1);
  return [first, Math.max(first, Math.min(count, Math.floor(room / stride) + 1))];
}
