/** Reading the pixels of what the browser decoded or drew. */

import type { Pixels } from '../pictures/pixels.js';
import { isA } from './sources.js';

/** Pixels, and whether they are those that were stored. */
export interface ReadPixels extends Pixels {
  /**
   * False where transparency had to go through a 2D canvas, because WebGL 2 is missing or does
   * not keep colours: those under an alpha below 255 are then rounded (docs/formats.md).
   */
  readonly isExact: boolean;
}

/** As stored: Keras training ignores colour profiles too, and transparency loses no colour. */
export const AS_STORED: ImageBitmapOptions = {
  colorSpaceConversion: 'none',
  premultiplyAlpha: 'none',
};

// Safari on iOS draws on nothing larger, and no engine on a longer side.
const TILE = 4096;

/** The pixels of a bitmap, RGBA; `file` is what it was decoded from, where that is known. */
export async function readBitmap(bitmap: ImageBitmap, file?: Blob): Promise<ReadPixels> {
  const pixels = readByCanvas(bitmap);
  // A 2D canvas keeps colours premultiplied: exact where alpha is 255 or 0, lossy elsewhere.
  if (!isTranslucent(pixels.data)) return { ...pixels, isExact: true };
  if (await bitmapsKeepColor()) {
    const exact = await readByWebGl(bitmap);
    if (exact) return { ...exact, isExact: true };
  } else if (file && typeof document !== 'undefined') {
    const exact = await readFileByWebGl(file, bitmap);
    if (exact) return { ...exact, isExact: true };
  }
  return { ...pixels, isExact: false };
}

// One pixel (200, 100, 50) of alpha 3.
const PROBE = 'UklGRiIAAABXRUJQVlA4TBUAAAAvAAAAEAdQsiJXRiGAAChoYkRE/wMA';

let keepsColor: Promise<boolean> | undefined;

/** Whether a bitmap that was asked for unpremultiplied is: WebKit's are not. */
function bitmapsKeepColor(): Promise<boolean> {
  const probe = async () => {
    const bytes = Uint8Array.from(atob(PROBE), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/webp' }), AS_STORED);
    const pixels = await readByWebGl(bitmap);
    bitmap.close();
    return pixels?.data.join() === '200,100,50,3';
  };
  keepsColor ??= probe();
  return keepsColor;
}

/** By way of an `<img>`, which WebKit decodes anew for a texture, with its colour. */
async function readFileByWebGl(
  file: Blob,
  { width, height }: ImageBitmap,
): Promise<Pixels | undefined> {
  const image = new Image();
  const address = URL.createObjectURL(file);
  try {
    image.src = address;
    await image.decode();
    const isSame = image.naturalWidth === width && image.naturalHeight === height;
    return isSame ? await readByWebGl(image) : undefined;
  } catch {
    // The page's own Content-Security-Policy may forbid blob: pictures.
    return undefined;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** The pixels of a bitmap's left top corner, RGBA. */
export function readCorner(bitmap: ImageBitmap, width: number, height: number): Uint8Array {
  const context = openCanvas(width, height);
  context.drawImage(bitmap, 0, 0);
  return new Uint8Array(context.getImageData(0, 0, width, height).data.buffer);
}

function readByCanvas(bitmap: ImageBitmap): Pixels & { data: Uint8Array } {
  const { width, height } = bitmap;
  const [tileWidth, tileHeight] = [Math.min(width, TILE), Math.min(height, TILE)];
  const context = openCanvas(tileWidth, tileHeight);
  if (tileWidth === width && tileHeight === height) {
    // A fresh canvas is clear, and what it gives is ours: two passes less over all pixels.
    context.drawImage(bitmap, 0, 0);
    const { buffer } = context.getImageData(0, 0, width, height).data;
    return { data: new Uint8Array(buffer), width, height, channels: 4 };
  }
  const data = new Uint8Array(width * height * 4);
  for (const { left, top, columns, rows } of tiles(width, height, TILE)) {
    context.clearRect(0, 0, tileWidth, tileHeight);
    context.drawImage(bitmap, left, top, columns, rows, 0, 0, columns, rows);
    const tile = context.getImageData(0, 0, columns, rows).data;
    insert(data, width, tile, { left, top, columns, rows });
  }
  return { data, width, height, channels: 4 };
}

function isTranslucent(rgba: Uint8Array): boolean {
  for (let i = 3; i < rgba.length; i += 4) {
    if (rgba[i] !== 255 && rgba[i] !== 0) return true;
  }
  return false;
}

/** Undefined where WebGL 2 is missing, or an element is larger than its textures. */
async function readByWebGl(source: ImageBitmap | HTMLImageElement): Promise<Pixels | undefined> {
  const { width, height } = source;
  const gl = openWebGl();
  if (!gl) return undefined;
  try {
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    const texture = gl.getParameter(gl.TEXTURE_BINDING_2D);
    const data = new Uint8Array(width * height * 4);
    for (const tile of tiles(width, height, gl.getParameter(gl.MAX_TEXTURE_SIZE))) {
      const { left, top, columns, rows } = tile;
      const isWhole = columns === width && rows === height;
      if (!isWhole && !isA('ImageBitmap', source)) return undefined;
      const part = isWhole
        ? source
        : await createImageBitmap(source, left, top, columns, rows, AS_STORED);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, part);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
      const pixels = isWhole ? data : new Uint8Array(columns * rows * 4);
      gl.readPixels(0, 0, columns, rows, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
      if (!isWhole) {
        insert(data, width, pixels, tile);
        if (part instanceof ImageBitmap) part.close();
      }
      if (gl.getError() !== gl.NO_ERROR) return undefined;
    }
    return { data, width, height, channels: 4 };
  } finally {
    // Browsers keep few contexts alive and would drop the inference engine's own.
    gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

function openWebGl(): WebGL2RenderingContext | null {
  const options = { antialias: false, depth: false };
  // WebKit knows OffscreenCanvas, but on some systems without WebGL.
  const canvases = [
    () => (typeof OffscreenCanvas === 'undefined' ? null : new OffscreenCanvas(1, 1)),
    () => (typeof document === 'undefined' ? null : document.createElement('canvas')),
  ];
  for (const create of canvases) {
    const context = create()?.getContext('webgl2', options) as WebGL2RenderingContext | null;
    if (context) return context;
  }
  return null;
}

interface Tile {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
}

function* tiles(width: number, height: number, side: number): Generator<Tile> {
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      const columns = Math.min(side, width - left);
      yield { left, top, columns, rows: Math.min(side, height - top) };
    }
  }
}

function insert(
  data: Uint8Array,
  width: number,
  pixels: Uint8Array | Uint8ClampedArray,
  { left, top, columns, rows }: Tile,
): void {
  if (columns === width) {
    data.set(pixels, top * width * 4);
    return;
  }
  for (let y = 0; y < rows; y++) {
    const row = pixels.subarray(y * columns * 4, (y + 1) * columns * 4);
    data.set(row, ((top + y) * width + left) * 4);
  }
}

type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

function openCanvas(width: number, height: number): Context {
  const canvas =
    typeof OffscreenCanvas !== 'undefined'
      ? new OffscreenCanvas(width, height)
      : Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true }) as Context | null;
  if (!context) throw new Error('this browser gives no 2D canvas');
  return context;
}
