/** The orientation in EXIF data. One reader for every format, because decoders disagree. */

import { Bytes } from './bytes.js';

const ORIENTATION = 0x0112;
const SHORT = 3;

/**
 * The orientation, 1 to 8, that EXIF data asks for; 1 where it is absent or damaged. `exif` is a
 * TIFF structure, with or without `Exif\0\0` before it.
 */
export function orientationOf(exif: Uint8Array): number {
  const hasName = new Bytes(exif).text(0, 6) === 'Exif\0\0';
  const tiff = new Bytes(hasName ? exif.subarray(6) : exif);
  const magic = tiff.text(0, 4);
  if (magic !== 'II*\0' && magic !== 'MM\0*') return 1;
  const little = magic === 'II*\0';
  try {
    const start = tiff.number(4, 4, little);
    const count = tiff.number(start, 2, little);
    for (let index = 0; index < count; index++) {
      const entry = start + 2 + 12 * index;
      // Read whole, as in Python: an entry that is cut off ends the search.
      tiff.number(entry + 8, 4, little);
      if (tiff.number(entry, 2, little) !== ORIENTATION) continue;
      const value = tiff.number(entry + 8, 2, little);
      const isShort = tiff.number(entry + 2, 2, little) === SHORT;
      const isOne = tiff.number(entry + 4, 4, little) === 1;
      return isShort && isOne && value >= 1 && value <= 8 ? value : 1;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return 1;
}
