/**
 * From upright pixels to the model's uint8 input: the browser half of one specification, whose
 * other half is `python/kerasport/preprocess.py`. Both give the same bytes, not similar ones.
 * Pure arithmetic: runs in a page, in a worker and in Node.js.
 */

import { KerasportError, quote } from './errors.js';
import { type Box, type Raster, type Resample, resize } from './resample.js';

/** What the model's input looks like and how a picture is brought into that shape. */
export interface ImageSpec {
  readonly height: number;
  readonly width: number;
  readonly colorMode: 'rgb' | 'grayscale';
  readonly fit: 'stretch' | 'crop' | 'pad';
  readonly resample: Resample;
  /** Red, green, blue in 0..255: under transparent pixels and around a padded picture. */
  readonly background: readonly [number, number, number];
}

/**
 * An upright picture as 8-bit pixels, row by row: gray (1 channel), RGB (3) or RGBA with
 * unpremultiplied alpha (4).
 */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/** The model's input: uint8 `[height, width, channels]`, row by row, channels last. */
export interface ModelInput {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Largest picture that is processed: 256 MiB as 8-bit RGB, the same limit as in Python. */
export const MAX_PIXELS = 89_478_485;

/**
 * The model's input for one picture.
 *
 * @throws {@link KerasportError} `picture-unreadable` when there are no pixels, too many, or not as
 * many values as width, height and channels say; `invalid-argument` when `spec` asks for what there
 * is not.
 */
export function preprocess(picture: Pixels, spec: ImageSpec): ModelInput {
  checkSpec(spec);
  checkPixels(picture);
  const opaque = composite(picture, spec.background);
  const gray = spec.colorMode === 'grayscale';
  const raster = gray ? toGrayscale(opaque) : toColour(opaque);
  const channels = gray ? 1 : 3;
  const { width, height } = spec;
  return { data: fitInto(raster, channels, spec), width, height, channels };
}

const CHOICES = {
  colorMode: ['rgb', 'grayscale'],
  fit: ['stretch', 'crop', 'pad'],
  resample: ['nearest', 'bilinear', 'bicubic', 'lanczos'],
} as const;

function checkSpec(spec: ImageSpec): void {
  const refuse = (field: keyof ImageSpec, expected: string) => {
    throw new KerasportError(
      'invalid-argument',
      `The preprocessing's ${field} is ${quote(spec[field])}. Expected ${expected}.`,
    );
  };
  for (const side of ['height', 'width'] as const) {
    if (!Number.isInteger(spec[side]) || spec[side] < 1) refuse(side, 'a whole number from 1');
  }
  for (const field of ['colorMode', 'fit', 'resample'] as const) {
    const known: readonly string[] = CHOICES[field];
    if (!known.includes(spec[field])) refuse(field, known.join(', '));
  }
  const isLevel = (level: number) => Number.isInteger(level) && level >= 0 && level <= 255;
  if (spec.background?.length !== 3 || !spec.background.every(isLevel)) {
    refuse('background', 'red, green and blue in 0..255');
  }
}

function checkPixels({ data, width, height, channels }: Pixels): void {
  const sizesAreWhole = Number.isInteger(width) && Number.isInteger(height);
  if (!sizesAreWhole || width < 1 || height < 1 || ![1, 3, 4].includes(channels)) {
    throw new KerasportError(
      'picture-unreadable',
      `The pixels are ${quote(width)} wide and ${quote(height)} high with ${quote(channels)} ` +
        'channels. Expected at least 1 x 1 and 1, 3 or 4 channels.',
    );
  }
  if (width * height > MAX_PIXELS) {
    throw new KerasportError(
      'picture-unreadable',
      `The picture has ${width} x ${height} pixels; at most ${MAX_PIXELS} in all are processed. ` +
        'Reduce the picture first.',
    );
  }
  if (data.length !== width * height * channels) {
    throw new KerasportError(
      'picture-unreadable',
      `The pixels hold ${data.length} values. Expected ${width * height * channels}: width ` +
        `${width} x height ${height} x ${channels} channels.`,
    );
  }
}

function composite(picture: Pixels, background: ImageSpec['background']): Raster {
  if (picture.channels !== 4 || isOpaque(picture.data)) return picture;
  const { data, width, height } = picture;
  const [backRed, backGreen, backBlue] = background;
  const mixed = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3];
    const rest = 255 - alpha;
    // Positive int32 throughout, so that |0 is the floor division of the Python side.
    mixed[i] = ((data[i] * alpha + backRed * rest + 127) / 255) | 0;
    mixed[i + 1] = ((data[i + 1] * alpha + backGreen * rest + 127) / 255) | 0;
    mixed[i + 2] = ((data[i + 2] * alpha + backBlue * rest + 127) / 255) | 0;
  }
  return { data: mixed, width, height, channels: 4 };
}

function isOpaque(rgba: Uint8Array | Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) {
    if (rgba[i] !== 255) return false;
  }
  return true;
}

/** ITU-R BT.601 luma in 16-bit fixed point, the formula of Pillow's `convert("L")`. */
export function luma(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

function toGrayscale({ data, width, height, channels }: Raster): Raster {
  if (channels === 1) return { data, width, height, channels };
  const gray = new Uint8Array(width * height);
  for (let from = 0, to = 0; to < gray.length; from += channels, to++) {
    gray[to] = luma(data[from], data[from + 1], data[from + 2]);
  }
  return { data: gray, width, height, channels: 1 };
}

function toColour(raster: Raster): Raster {
  if (raster.channels !== 1) return raster;
  const { data, width, height } = raster;
  const colour = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from++, to += 3) {
    colour.fill(data[from], to, to + 3);
  }
  return { data: colour, width, height, channels: 3 };
}

function fitInto(raster: Raster, channels: 1 | 3, spec: ImageSpec): Uint8Array {
  const { width, height, resample, background } = spec;
  const whole: Box = [0, 0, raster.width, raster.height];
  if (spec.fit !== 'pad') {
    const box = spec.fit === 'crop' ? cropBox(raster, spec) : whole;
    return resize(raster, { width, height, box, resample, channels });
  }
  const inner = padLayout(raster, spec);
  const picture = resize(raster, { ...inner, box: whole, resample, channels });
  const result = new Uint8Array(width * height * channels);
  const fill = channels === 1 ? [luma(...background)] : background;
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
export function padLayout(source: Size, target: Size): Size & { left: number; top: number } {
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
