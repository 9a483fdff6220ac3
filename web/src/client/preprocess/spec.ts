/** What is asked of preprocessing, and what comes of it. */

import {
  COLOR_MODES,
  type ColorMode,
  FITS,
  type Fit,
  RESAMPLES,
  type Resample,
} from '../constants.generated.js';
import { KerasportError, quote } from '../errors.js';

/** Red, green, blue in 0..255. */
export type Color = readonly [red: number, green: number, blue: number];

/** What the model's input looks like and how a picture is brought into that shape. */
export interface ImageSpec {
  readonly height: number;
  readonly width: number;
  readonly colorMode: ColorMode;
  readonly fit: Fit;
  readonly resample: Resample;
  /** Red, green, blue in 0..255: under transparent pixels and around a padded picture. */
  readonly background: Color;
}

/** The model's input: uint8 `[height, width, channels]`, row by row, channels last. */
export interface ModelInput {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

const CHOICES = { colorMode: COLOR_MODES, fit: FITS, resample: RESAMPLES };

/** @throws {@link KerasportError} `invalid-argument` when `spec` asks for what there is not. */
export function checkSpec(spec: ImageSpec): void {
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
