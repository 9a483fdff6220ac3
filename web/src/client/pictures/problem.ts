/** Why a file is not read: the same words as in Python. */

import { MAX_BYTES, MAX_PIXELS } from '../constants.generated.js';

/** What helps against most problems. */
export const SAVE_AGAIN = 'Save it as JPEG, PNG, GIF, BMP, WebP or AVIF.';

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

/** The problem of a file that is not even opened. */
export function tooManyBytes(size: number): Problem {
  const limit = grouped(MAX_BYTES);
  return new Problem(`it has ${grouped(size)} bytes, more than ${limit}`, 'Reduce it first.');
}

/** Refuses a size before anything is decoded or reserved for it. */
export function checkSize(width: number, height: number, maxSide = Number.POSITIVE_INFINITY): void {
  if (width < 1 || height < 1) throw damaged(`it says that it has ${width} x ${height} pixels`);
  if (width * height > MAX_PIXELS) {
    throw new Problem(
      `it has ${width} x ${height} pixels, more than ${grouped(MAX_PIXELS)} in all`,
      'Reduce it first.',
    );
  }
  if (Math.max(width, height) > maxSide) {
    throw new Problem(
      `it has ${width} x ${height} pixels, more than ${grouped(maxSide)} on a side, which ` +
        'browsers decode only as PNG or BMP',
      'Reduce it first.',
    );
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}
