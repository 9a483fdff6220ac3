/** Where a decoded picture belongs: on a larger screen, and which way up. */

import type { Screen } from './picture-file.js';
import type { Pixels } from './pixels.js';

/** The picture, RGBA, on a transparent screen. */
export function place(pixels: Pixels, { width, height, left, top }: Screen): Pixels {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < pixels.height; y++) {
    const row = pixels.data.subarray(y * pixels.width * 4, (y + 1) * pixels.width * 4);
    data.set(row, ((top + y) * width + left) * 4);
  }
  return { data, width, height, channels: 4 };
}

/** The picture as EXIF's orientation (1 to 8) asks for it. */
export function turn(pixels: Pixels, orientation: number): Pixels {
  if (orientation === 1) return pixels;
  const { data, channels } = pixels;
  const isSwapped = orientation >= 5;
  const width = isSwapped ? pixels.height : pixels.width;
  const height = isSwapped ? pixels.width : pixels.height;
  // Where the source pixel is counted from the right or from the bottom.
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const turned = new Uint8Array(data.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let [sourceX, sourceY] = isSwapped ? [y, x] : [x, y];
      if (fromRight) sourceX = pixels.width - 1 - sourceX;
      if (fromBottom) sourceY = pixels.height - 1 - sourceY;
      const from = (sourceY * pixels.width + sourceX) * channels;
      for (let channel = 0; channel < channels; channel++) turned[to++] = data[from + channel];
    }
  }
  return { data: turned, width, height, channels };
}
