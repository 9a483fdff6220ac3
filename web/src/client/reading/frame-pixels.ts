/** Reading opaque bitmaps by way of a video frame: one copy, where a canvas draws and converts. */

import type { Pixels } from '../pictures/pixels.js';

/** Pixels that are compared with a canvas before frames are trusted, at most, along a side. */
const CORNER = 32;

/** Bytes that are kept for another picture, at most. */
const MOST_KEPT = 2 ** 24;

/** Memory of a picture that nobody reads any more: to get new one takes longer than to fill it. */
let spare: ArrayBuffer | undefined;

/** Memory that pictures were read into, and that may come back. */
const lent = new WeakSet<ArrayBufferLike>();

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
    const data = roomFor(width * height * 4);
    const [{ offset, stride }] = await frame.copyTo(data, { format: 'RGBA' });
    const pixels = { data, width, height, channels: 4 } as const;
    if (offset !== 0 || stride !== width * 4) return undefined;
    areExact ??= isCorner(pixels, cornerOf);
    if (!areExact) return undefined;
    lent.add(data.buffer);
    return pixels;
  } catch {
    // Some browsers give frames in their own order of bytes only.
    return undefined;
  } finally {
    frame?.close();
  }
}

/** Takes pixels that nobody will read again; only what {@link readOpaque} gave counts. */
export function giveBack({ data: { buffer } }: Pixels): void {
  if (lent.delete(buffer) && buffer.byteLength <= MOST_KEPT) spare = buffer as ArrayBuffer;
}

function roomFor(bytes: number): Uint8Array<ArrayBuffer> {
  const kept = spare;
  if (!kept || kept.byteLength < bytes) return new Uint8Array(bytes);
  spare = undefined;
  return new Uint8Array(kept, 0, bytes);
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
