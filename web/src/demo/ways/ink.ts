/** How the model's pictures are drawn: colours, thickness and size of the ink. */

/** A gray picture, row by row, 0 to 255. */
export interface GrayPicture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Ink as shares of the picture's side, and its colours as gray levels. */
export interface Ink {
  readonly paper: number;
  readonly pen: number;
  /** Width of a stroke. */
  readonly stroke: number;
  /** Larger side of what is drawn. */
  readonly extent: number;
}

const INK_FROM = 0.25;

/** What the samples have in common; black on white where there are none. */
export function measureInk(samples: readonly GrayPicture[]): Ink {
  if (samples.length === 0) return { paper: 255, pen: 0, stroke: 0.09, extent: 0.72 };
  const edges = samples.map(meanOfEdge);
  const paper = median(edges) < 128 ? 0 : 255;
  const sizes = samples.map((sample) => measure(sample, paper));
  return {
    paper,
    pen: 255 - paper,
    stroke: clamp(median(sizes.map(({ stroke }) => stroke)), 0.05, 0.2),
    extent: clamp(median(sizes.map(({ extent }) => extent)), 0.4, 1),
  };
}

function meanOfEdge({ data, width, height }: GrayPicture): number {
  let sum = 0;
  for (let row = 0; row < height; row++) sum += data[row * width] + data[row * width + width - 1];
  return sum / (2 * height);
}

/** A stroke has two long sides: its width is twice its area over its outline. */
function measure({ data, width, height }: GrayPicture, paper: number) {
  const level = (row: number, column: number) =>
    row < 0 || column < 0 || row >= height || column >= width
      ? 0
      : Math.abs(data[row * width + column] - paper) / 255;
  let area = 0;
  let outline = 0;
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let row = 0; row <= height; row++) {
    for (let column = 0; column <= width; column++) {
      const here = level(row, column);
      area += here;
      // Both differences as one length: a slanted edge is not counted along both axes.
      outline += Math.hypot(here - level(row - 1, column), here - level(row, column - 1));
      if (here < INK_FROM) continue;
      [left, right] = [Math.min(left, column), Math.max(right, column)];
      [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    }
  }
  const side = Math.max(width, height);
  return {
    stroke: outline > 0 ? (2 * area) / outline / side : 0,
    extent: Math.max(right - left + 1, bottom - top + 1, 0) / side,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
