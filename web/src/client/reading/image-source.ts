/** From whatever holds a picture to upright 8-bit pixels, exactly as they were stored. */

import { MAX_BYTES, MAX_PIXELS } from '../constants.generated.js';
import { KerasportError, messageOf, quote } from '../errors.js';
import {
  bytesOf,
  decodeBmp,
  decodeGif,
  decodePng,
  grouped,
  Problem,
  place,
  readPictureFile,
  tooManyBytes,
  turn,
} from '../pictures/index.js';
import type { Pixels } from '../pictures/pixels.js';
import { preprocess } from '../preprocess/preprocess.js';
import type { ImageSpec, ModelInput } from '../preprocess/spec.js';
import { type ReadPixels, readBitmap } from './bitmap-pixels.js';
import { openBitmap } from './drawables.js';
import { decodeByEngine } from './engine-pixels.js';
import {
  checkImageSource,
  type Drawable,
  type ImageSource,
  isBytes,
  isDrawable,
  isRaw,
  type RawPixels,
} from './sources.js';

/** `readPixels`, then `preprocess`: the work behind the library's function of the same name. */
export async function preprocessImage(image: ImageSource, spec: ImageSpec): Promise<ModelInput> {
  return preprocess(await readPixels(image), spec);
}

/** The work behind the library's function of the same name, in this thread. */
export async function readPixels(source: ImageSource): Promise<ReadPixels> {
  checkImageSource(source);
  if (typeof source === 'string') return readFile(blobOf(source), 'The picture');
  if (isDrawable(source)) return readDrawable(source);
  if (isRaw(source)) return { ...rawPixels(source), isExact: true };
  return readFile(source, 'name' in source && source.name ? `'${source.name}'` : undefined);
}

function rawPixels(source: RawPixels | ImageData): Pixels {
  const { data, width, height } = source;
  const channels = 'channels' in source ? source.channels : data.length / (width * height);
  if (isBytes(data) && (channels === 1 || channels === 3 || channels === 4)) {
    return { data, width, height, channels };
  }
  throw new KerasportError(
    'picture-unreadable',
    `The pixels are ${data?.constructor?.name ?? typeof data} of length ${data?.length} for ` +
      `${width} x ${height}. Expected a Uint8Array or Uint8ClampedArray with 1, 3 or 4 values ` +
      'per pixel, in 0..255.',
  );
}

/** The bytes in a `data:` URL, without a request: a strict Content-Security-Policy allows none. */
function blobOf(url: string): Blob {
  const [, type = '', content = ''] = /^data:([^,]*),([\s\S]*)$/i.exec(url) ?? [];
  if (!url.toLowerCase().startsWith('data:') || !url.includes(',')) {
    throw new KerasportError(
      'invalid-argument',
      `The picture is the text ${quote(url)}. Expected a data: URL; fetch other addresses ` +
        "yourself, and give the response's blob().",
    );
  }
  try {
    const decoded = /;\s*base64\s*$/i.test(type)
      ? atob(decodeURIComponent(content))
      : content.replace(/%([0-9a-f]{2})/gi, (_, code) =>
          String.fromCharCode(Number.parseInt(code, 16)),
        );
    return new Blob([Uint8Array.from(decoded, (character) => character.charCodeAt(0))]);
  } catch (error) {
    throw unreadable(
      'The picture',
      new Problem('its data: URL is damaged', 'Copy it again.'),
      error,
    );
  }
}

async function readFile(blob: Blob, name = 'The picture'): Promise<ReadPixels> {
  try {
    if (blob.size > MAX_BYTES) throw tooManyBytes(blob.size);
    const file = readPictureFile(await bytesOf(blob));
    const pixels = await decode(file);
    const placed = file.screen ? place(pixels, file.screen) : pixels;
    return { ...pixels, ...turn(placed, file.orientation) };
  } catch (error) {
    if (error instanceof Problem) throw unreadable(name, error);
    throw unreadable(
      name,
      new Problem(`it is damaged (${messageOf(error)})`, 'Copy or save it again.'),
      error,
    );
  }
}

async function decode(file: ReturnType<typeof readPictureFile>): Promise<ReadPixels> {
  if (file.format === 'BMP') return { ...decodeBmp(file), isExact: true };
  if (file.format === 'GIF') return { ...decodeGif(file), isExact: true };
  if (file.format === 'PNG') return { ...(await decodePng(file)), isExact: true };
  if (!hasDecoder()) {
    const name = `${/^A/.test(file.format) ? 'an' : 'a'} ${file.format}`;
    throw new Problem(
      `it is ${name}, which is decoded by the browser, and there is none`,
      'Decode it first, in Node with sharp for instance, and give its pixels as {data, width, ' +
        'height, channels}.',
    );
  }
  return decodeByEngine(file);
}

/** Whether pictures are decoded here, and can be read then: Deno has canvases that do not draw. */
function hasDecoder(): boolean {
  const draws = typeof OffscreenCanvasRenderingContext2D !== 'undefined';
  return typeof createImageBitmap !== 'undefined' && (draws || typeof document !== 'undefined');
}

async function readDrawable(source: Drawable): Promise<ReadPixels> {
  const bitmap = await openBitmap(source);
  try {
    const { width, height } = bitmap;
    if (width * height > MAX_PIXELS) {
      const reason = `it has ${width} x ${height} pixels, more than ${grouped(MAX_PIXELS)} in all`;
      throw unreadable('The picture', new Problem(reason, 'Reduce it first.'));
    }
    return await readBitmap(bitmap);
  } catch (error) {
    if (error instanceof KerasportError) throw error;
    const fix =
      'Pictures of other sites, and of <img> elements in pages opened from a file, are locked by ' +
      'the browser: give the file itself.';
    const reason = `its pixels are not accessible: ${messageOf(error)}`;
    throw unreadable('The picture', new Problem(reason, fix), error);
  } finally {
    if (bitmap !== source) bitmap.close();
  }
}

function unreadable(name: string, { reason, fix }: Problem, cause?: unknown): KerasportError {
  return new KerasportError('picture-unreadable', `${name} cannot be read: ${reason}. ${fix}`, {
    cause,
  });
}
