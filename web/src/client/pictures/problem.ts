/** Why a file is not read, and the limits: the same words and numbers as in Python. */

/** Formats that are read. */
export type PictureFormat = 'JPEG' | 'PNG' | 'GIF' | 'BMP' | 'WEBP' | 'AVIF';

/** Largest picture that is processed: 256 MiB as 8-bit RGB, the same limit as in Python. */
export const MAX_PIXELS = 89_478_485;

/** Longest side in formats that the browser's own decoders read; Firefox's are the narrowest. */
export const MAX_SIDE = 32_767;

/** Largest file that is opened. */
export const MAX_BYTES = 2 ** 28;

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
