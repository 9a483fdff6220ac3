/** Reading opaque bitmaps by way of a video frame: one copy, where a canvas draws and converts. */

import type { Pixels } from '../pictures/pixels.js';

/** Pixels that are compared with a canvas before frames are trusted, at most, along a side. */
const CORNER = 32;

/** As long as no picture was read: whether frames give what a canvas gives. */
let areExact: boolean | undefined;

/**
 * The pixels of a bitmap, RGBA, if the browser knows that it is opaque; else, or where it has no such
 * frames, undefined.
 *
 * @param cornerOf - the left top corner of the bitmap by another way; asked once.
 */
export async function readOpaque(
  bitmap: ImageBitmap,
  cornerOf: (width: number, height: number) => Uint8Array,
): Promise<Pixels | undefined> {
  if (areExact === false || typeof VideoFrame === 'undefined') return undefined;
  let frame: VideoFrame | undefined;
  try {
    frame = new VideoFrame(bitmap, { timestamp: 0 });
    // A bitmap that is not painted all over has alpha, whatever its file says.
    if (frame.format !== 'BGRX' && frame.format !== 'RGBX') return undefined;
    const { width, height } = bitmap;
    const data = new Uint8Array(width * height * 4);
    const [{ offset, stride }] = await frame.copyTo(data, { format: 'RGBA' });
    const pixels = { data, width, height, channels: 4 } as const;
    if (offset !== 0 || stride !== width * 4) return undefined;
    areExact ??= isCorner(pixels, cornerOf);
    return areExact ? pixels : undefined;
  } catch {
    // Some browsers give frames in their own order of bytes only.
    return undefined;
  } finally {
    frame?.close();
  }
}

function isCorner(
  { data, width, height }: Pixels,
  cornerOf: (width: number, height: number) => Uint8Array,
): boolean {
  const [columns, rows] = [Math.min(width, CORNER), Math.min(height, CORNER)];
  const line = columns * 4;
  return cornerOf(columns, rows).every(
    (level, at) => level === data[Math.floor(at / line) * width * 4 + (at % line)],
  );
}
