/** Where a picture of another shape goes in the model's input: stretched, cropped or padded. */

import { luma } from './compose.js';
import { type Box, resize } from './resample.js';
import type { PixelRows } from './rows.js';
import type { ImageSpec } from './spec.js';

/** The model's input values for a picture, as `spec` fits it in. */
export function fitInto(source: PixelRows, spec: ImageSpec): Uint8Array {
  const { width, height, resample } = spec;
  const whole: Box = [0, 0, source.width, source.height];
  if (spec.fit === 'pad') {
    const inner = padLayout(source, spec);
    return padded(
      toColor(resize(source, { ...inner, box: whole, resample }), source, spec),
      inner,
      spec,
    );
  }
  const box = spec.fit === 'crop' ? cropBox(source, spec) : whole;
  return toColor(resize(source, { width, height, box, resample }), source, spec);
}

// Gray is repeated after the resizing: three equal channels would come out equal as well.
function toColor(data: Uint8Array, { channels }: PixelRows, { colorMode }: ImageSpec): Uint8Array {
  if (channels === 3 || colorMode === 'grayscale') return data;
  const color = new Uint8Array(data.length * 3);
  for (let from = 0, to = 0; from < data.length; from++, to += 3) {
    color.fill(data[from], to, to + 3);
  }
  return color;
}

function padded(picture: Uint8Array, inner: Inner, spec: ImageSpec): Uint8Array {
  const { width, height, background } = spec;
  const fill = spec.colorMode === 'grayscale' ? [luma(...background)] : background;
  const channels = fill.length;
  const result = new Uint8Array(width * height * channels);
  for (let i = 0; i < result.length; i++) result[i] = fill[i % channels];
  const rowLength = inner.width * channels;
  for (let row = 0; row < inner.height; row++) {
    const to = ((inner.top + row) * width + inner.left) * channels;
    result.set(picture.subarray(row * rowLength, (row + 1) * rowLength), to);
  }
  return result;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Inner extends Size {
  readonly left: number;
  readonly top: number;
}

/** The centre crop with the target's aspect ratio; its edges may be fractions of a pixel. */
export function cropBox(source: Size, target: Size): Box {
  if (source.width * target.height > source.height * target.width) {
    const cropped = (source.height * target.width) / target.height;
    const left = (source.width - cropped) / 2;
    return [left, 0, left + cropped, source.height];
  }
  const cropped = (source.width * target.height) / target.width;
  const top = (source.height - cropped) / 2;
  return [0, top, source.width, top + cropped];
}

/**
 * Size and left top corner of the whole picture inside the target. The shorter side is rounded half
 * up and is at least 1 pixel; an odd rest goes to the right and to the bottom.
 */
export function padLayout(source: Size, target: Size): Inner {
  let { width, height } = target;
  if (source.width * target.height >= source.height * target.width) {
    height = Math.min(height, scaledSide(source.height, target.width, source.width));
  } else {
    width = Math.min(width, scaledSide(source.width, target.height, source.height));
  }
  return {
    width,
    height,
    left: Math.floor((target.width - width) / 2),
    top: Math.floor((target.height - height) / 2),
  };
}

// side * target / source, rounded half up. All products stay far below 2^53, and the quotient of
// two integers never rounds up to the next integer there.
function scaledSide(side: number, target: number, source: number): number {
  return Math.max(1, Math.floor((2 * side * target + source) / (2 * source)));
}
