/**
 * From upright pixels to the model's uint8 input: the browser half of one specification, whose
 * other half is `python/kerasport/preprocess.py`. Both give the same bytes, not similar ones.
 * Pure arithmetic: runs in a page, in a worker and in Node.js.
 */

import { KerasportError, quote } from './errors.js';
import { luma } from './kernel-scalar.js';
import { type Box, type Resample, resize } from './resample.js';
import { type Colour, type Pixels, Source } from './source.js';

export type { Pixels } from './source.js';

/** What the model's input looks like and how a picture is brought into that shape. */
export interface ImageSpec {
  readonly height: number;
  readonly width: number;
  readonly colorMode: 'rgb' | 'grayscale';
  readonly fit: 'stretch' | 'crop' | 'pad';
  readonly resample: Resample;
  /** Red, green, blue in 0..255: under transparent pixels and around a padded picture. */
  readonly background: Colour;
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
  const gray = spec.colorMode === 'grayscale';
  const { width, height } = spec;
  const data = fitInto(new Source(picture, gray, spec.background), spec);
  return { data, width, height, channels: gray ? 1 : 3 };
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

function fitInto(source: Source, spec: ImageSpec): Uint8Array {
  const { width, height, resample } = spec;
  const whole: Box = [0, 0, source.width, source.height];
  if (spec.fit === 'pad') {
    const inner = padLayout(source, spec);
    return padded(
      toColour(resize(source, { ...inner, box: whole, resample }), source, spec),
      inner,
      spec,
    );
  }
  const box = spec.fit === 'crop' ? cropBox(source, spec) : whole;
  return toColour(resize(source, { width, height, box, resample }), source, spec);
}

// Gray is repeated after the resizing: three equal channels would come out equal as well.
function toColour(data: Uint8Array, { channels }: Source, { colorMode }: ImageSpec): Uint8Array {
  if (channels === 3 || colorMode === 'grayscale') return data;
  const colour = new Uint8Array(data.length * 3);
  for (let from = 0, to = 0; from < data.length; from++, to += 3) {
    colour.fill(data[from], to, to + 3);
  }
  return colour;
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
