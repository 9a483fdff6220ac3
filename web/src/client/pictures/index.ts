/**
 * From the bytes of a picture file to what decides its pixels, checked before anything is decoded.
 *
 * Browsers and Pillow agree on pixels, but not on what surrounds them: colour profiles, gamma,
 * animations, orientation outside JPEG, files that end too early. So both sides reduce a file to
 * what decides its pixels, by the same rules and with the same refusals, and give that to their
 * decoders. `python/kerasport/pictures/` is the twin of this folder, file by file.
 */

import { MAX_BYTES, type PictureFormat } from '../constants.generated.js';
import { isAvif, readAvif } from './avif.js';
import { type BmpFile, readBmp } from './bmp.js';
import { Bytes } from './bytes.js';
import { type GifFile, readGif } from './gif.js';
import { readJpeg } from './jpeg.js';
import type { PictureFile } from './picture-file.js';
import { type PngFile, readPng } from './png.js';
import { checkDensity, Problem, tooManyBytes } from './problem.js';
import { readWebp } from './webp.js';

export { decodeBmp } from './bmp.js';
export { bytesOf } from './bytes.js';
export { decodeGif } from './gif.js';
export { decodePng } from './png-pixels.js';
export { damaged, grouped, Problem, showsNothing, tooManyBytes, wrongData } from './problem.js';
export { place, turn } from './turn.js';
export { hasNoAlpha, withMoreData } from './webp.js';

// First bytes in hexadecimal, not as text: minified text would hold raw characters beyond ASCII,
// which a page in another character set than UTF-8 reads wrongly.
const JPEG = 'ffd8';
const PNG = '89504e470d0a1a0a';

// Recognised only to be refused by name.
const OTHER_FORMATS = [
  ['49492a00', 'a TIFF'],
  ['4d4d002a', 'a TIFF'],
  ['00000100', 'an ICO'],
  ['0000000c6a502020', 'a JPEG 2000'],
  ['ff4fff51', 'a JPEG 2000'],
  ['0000000c4a584c20', 'a JPEG XL'],
  ['ff0a', 'a JPEG XL'],
  ['38425053', 'a PSD'],
  ['25504446', 'a PDF'],
] as const;

/** A picture in a file that its format's own reader understood. */
export type AnyPictureFile = PngFile | BmpFile | GifFile | EnginePictureFile;

/** A picture that the browser's own decoder gets. */
export type EnginePictureFile = PictureFile & { format: EngineFormat };
type EngineFormat = Exclude<PictureFormat, 'PNG' | 'BMP' | 'GIF'>;

/**
 * The picture in a file; what it is decides its content, not its name.
 *
 * @throws {@link Problem} where Python and every browser would not read it alike, where it is
 *   incomplete or too large.
 */
export function readPictureFile(data: Uint8Array): AnyPictureFile {
  const file = read(data);
  const { width, height } = ('screen' in file && file.screen) || file;
  checkDensity(width * height, data.length);
  return file;
}

function read(data: Uint8Array): AnyPictureFile {
  if (data.length === 0) throw new Problem('the file is empty');
  if (data.length > MAX_BYTES) throw tooManyBytes(data.length);
  const file = new Bytes(data);
  const magic = hexadecimal(data.subarray(0, 8));
  const start = file.text(0, 12);
  if (magic.startsWith(JPEG)) return readJpeg(file) as AnyPictureFile;
  if (magic === PNG) return readPng(file);
  if (/^GIF8[79]a/.test(start)) return readGif(file);
  if (start.startsWith('BM')) return readBmp(file);
  if (/^RIFF[\s\S]{4}WEBP/.test(start)) return readWebp(file) as AnyPictureFile;
  if (isAvif(file)) return readAvif(file) as AnyPictureFile;
  const other = nameOf(magic, file);
  throw new Problem(other ? `it is ${other}, which not every browser reads` : 'it is no picture');
}

function nameOf(magic: string, file: Bytes): string | undefined {
  const known = OTHER_FORMATS.find(([first]) => magic.startsWith(first));
  if (known) return known[1];
  if (file.text(4, 4) === 'ftyp') return 'a HEIC or another file of its family';
  // Behind a byte order mark and white space.
  const skipped = [0xef, 0xbb, 0xbf, 0x09, 0x0a, 0x0d, 0x20];
  const at = file.slice(0, 256).findIndex((byte) => !skipped.includes(byte));
  return at >= 0 && /^<(svg|\?xml)/.test(file.text(at, 5)) ? 'an SVG' : undefined;
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
