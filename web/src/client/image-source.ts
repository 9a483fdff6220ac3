/** From whatever holds a picture to upright 8-bit pixels, exactly as they were stored. */

import { KerasportError, messageOf } from './errors.js';
import {
  type ImageSpec,
  MAX_PIXELS,
  type ModelInput,
  type Pixels,
  preprocess,
} from './preprocess.js';

/** Everything that can be classified. */
export type ImageSource =
  | Blob
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | ImageBitmap
  | ImageData
  | RawPixels;

/**
 * Pixels row by row: gray, RGB or RGBA (unpremultiplied alpha), 8 bits each; `channels` is found
 * from the length where it is left out.
 */
export interface RawPixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels?: 1 | 3 | 4;
}

type Drawable = HTMLImageElement | HTMLCanvasElement | OffscreenCanvas | ImageBitmap | Blob;

/**
 * A picture as a model with `spec` sees it, without a model: the same bytes as in Python.
 *
 * @example
 * ```js
 * const { data } = await kerasport.preprocessImage(file, {
 *   height: 224, width: 224, colorMode: 'rgb',
 *   fit: 'crop', resample: 'bilinear', background: [255, 255, 255],
 * });
 * ```
 */
export async function preprocessImage(image: ImageSource, spec: ImageSpec): Promise<ModelInput> {
  return preprocess(await readPixels(image), spec);
}

/**
 * The upright pixels of a picture, first frame, embedded colour profile ignored.
 *
 * @throws {@link KerasportError} `picture-unreadable`.
 */
export async function readPixels(source: ImageSource): Promise<Pixels> {
  if (isRaw(source)) return rawPixels(source);
  const bitmap = await openBitmap(source);
  try {
    if (bitmap.width * bitmap.height > MAX_PIXELS) {
      throw unreadable(
        source,
        `it has ${bitmap.width} x ${bitmap.height} pixels, more than ${MAX_PIXELS}`,
        'Reduce it first.',
      );
    }
    return readBitmap(bitmap);
  } catch (error) {
    if (error instanceof KerasportError) throw error;
    throw unreadable(
      source,
      `its pixels are not accessible: ${messageOf(error)}`,
      'Pictures of other sites, and of <img> elements in pages opened from a file, are locked by ' +
        'the browser: give the file itself.',
      error,
    );
  } finally {
    if (bitmap !== source) bitmap.close();
  }
}

function isRaw(source: ImageSource): source is RawPixels | ImageData {
  return 'data' in source && 'width' in source && 'height' in source;
}

function rawPixels(source: RawPixels | ImageData): Pixels {
  const { data, width, height } = source;
  const eightBits = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  const channels = 'channels' in source ? source.channels : data.length / (width * height);
  if (eightBits && (channels === 1 || channels === 3 || channels === 4)) {
    return { data, width, height, channels };
  }
  throw new KerasportError(
    'picture-unreadable',
    `The pixels are ${data?.constructor?.name ?? typeof data} of length ${data?.length} for ` +
      `${width} x ${height}. Expected a Uint8Array or Uint8ClampedArray with 1, 3 or 4 values ` +
      'per pixel, in 0..255.',
  );
}

async function openBitmap(source: Drawable): Promise<ImageBitmap> {
  if (source instanceof ImageBitmap) return source;
  try {
    return await createImageBitmap(source, {
      // As stored in the file: Keras training ignores colour profiles too.
      colorSpaceConversion: 'none',
      premultiplyAlpha: 'none',
    });
  } catch (error) {
    throw unreadable(
      source,
      'the browser cannot decode it',
      'It may be damaged, or no picture at all. Use a JPEG, PNG, WebP, GIF, BMP or AVIF file.',
      error,
    );
  }
}

function unreadable(source: Drawable, reason: string, fix: string, cause?: unknown) {
  const name = source instanceof File && source.name ? `'${source.name}'` : 'The picture';
  return new KerasportError('picture-unreadable', `${name} cannot be read: ${reason}. ${fix}`, {
    cause,
  });
}

function readBitmap(bitmap: ImageBitmap): Pixels {
  const pixels = readByCanvas(bitmap);
  // A 2D canvas keeps colours premultiplied: exact where alpha is 255, lossy elsewhere.
  return isTransparent(pixels.data) ? (readByWebGl(bitmap) ?? pixels) : pixels;
}

function readByCanvas(bitmap: ImageBitmap): Pixels {
  const { width, height } = bitmap;
  const context = createCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser gives no 2D canvas');
  context.drawImage(bitmap, 0, 0);
  return { data: context.getImageData(0, 0, width, height).data, width, height, channels: 4 };
}

function isTransparent(rgba: Uint8Array | Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) {
    if (rgba[i] !== 255) return true;
  }
  return false;
}

/** Undefined where WebGL2 is missing or the picture is larger than its textures. */
function readByWebGl(bitmap: ImageBitmap): Pixels | undefined {
  const { width, height } = bitmap;
  const gl = createCanvas(1, 1).getContext('webgl2', { antialias: false, depth: false });
  if (!gl) return undefined;
  try {
    if (Math.max(width, height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return undefined;
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    const texture = gl.getParameter(gl.TEXTURE_BINDING_2D);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const data = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, data);
    return gl.getError() === gl.NO_ERROR ? { data, width, height, channels: 4 } : undefined;
  } finally {
    // Browsers keep few contexts alive and would drop the inference engine's own.
    gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

function createCanvas(width: number, height: number): HTMLCanvasElement | OffscreenCanvas {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement('canvas'), { width, height });
}
