/** Why a file is not read: the same words as in Python. */

import {
  BLANK_PIXELS,
  MAX_BYTES,
  MAX_OWN_SIDE,
  MAX_PIXELS,
  MAX_PIXELS_PER_BYTE,
} from '../constants.generated.js';

/** What helps against most problems. */
export const SAVE_AGAIN = 'Save it as JPEG, PNG, GIF, BMP or WebP.';

/** A file is not read: `reason` completes "cannot be read: ..."; `fix` says what helps. */
export class Problem extends Error {
  constructor(
    readonly reason: string,
    readonly fix: string = SAVE_AGAIN,
  ) {
    super(`${reason}. ${fix}`);
  }
}

/** The problem of a file that was cut off. */
export function endsEarly(): Problem {
  return new Problem('it is incomplete, the file ends too early', 'Copy or save it again.');
}

/** The problem of a file whose content contradicts its format. */
export function damaged(what: string): Problem {
  return new Problem(`it is damaged, ${what}`, 'Copy or save it again.');
}

/** The problem of a file whose pixels cannot be decoded. */
export function wrongData(): Problem {
  return damaged('its compressed data is wrong');
}

/** The problem of a WebP that is transparent everywhere: WebKit shows damaged ones so. */
export function showsNothing(): Problem {
  return new Problem(
    'it is a WebP that shows nothing, like a damaged one',
    'Copy or save it again, as PNG if it is meant to be empty.',
  );
}

/** The problem of a file that is not even opened. */
export function tooManyBytes(size: number): Problem {
  const limit = grouped(MAX_BYTES);
  return new Problem(`it has ${grouped(size)} bytes, more than ${limit}`, 'Reduce it first.');
}

/** Refuses a size before anything is decoded or reserved for it. */
export function checkSize(width: number, height: number, maxSide: number = MAX_OWN_SIDE): void {
  if (width < 1 || height < 1) throw damaged(`it says that it has ${width} x ${height} pixels`);
  if (width * height > MAX_PIXELS) {
    throw new Problem(
      `it has ${width} x ${height} pixels, more than ${grouped(MAX_PIXELS)} in all`,
      'Reduce it first.',
    );
  }
  if (Math.max(width, height) > maxSide) {
    const why = maxSide < MAX_OWN_SIDE ? ', which browsers decode only as PNG or BMP' : '';
    throw new Problem(
      `it has ${width} x ${height} pixels, more than ${grouped(maxSide)} on a side${why}`,
      'Reduce it first.',
    );
  }
}

/** Refuses a large picture in next to no bytes, which costs its readers gigabytes. */
export function checkDensity(pixels: number, size: number): void {
  if (pixels > Math.max(BLANK_PIXELS, size * MAX_PIXELS_PER_BYTE)) {
    throw damaged('it holds too little data for its size');
  }
}

/** A number with its thousands apart, as Python writes it. */
export function grouped(count: number): string {
  return count.toLocaleString('en');
}
