/** WebP: the chunks that decide pixels (RFC 9649). */

import { MAX_SIDE } from '../constants.generated.js';
import { ascii, Bytes, concatenate } from './bytes.js';
import { orientationOf } from './exif.js';
import type { PictureFile, Screen } from './picture-file.js';
import { checkSize, damaged, endsEarly } from './problem.js';
import { frameSize as lossySize, withRoom } from './vp8.js';

const ALPHA_FLAG = 0x10;
const LOSSLESS_MARK = 0x2f;
// Of the fifth byte of a lossless picture: whether it has alpha, and its version.
const HAS_ALPHA = 0x10;
const VERSION = 0xe0;
const FRAME_HEADER = 16;

interface Chunk {
  readonly kind: string;
  readonly body: Uint8Array;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The picture alone, or the first frame of an animation, as a file of its own.
 *
 * Decoders differ on what an animation's frame does not cover, on alpha that a lossless picture has
 * but does not announce, and on chunks that are repeated or contradict each other.
 */
export function readWebp(file: Bytes): PictureFile {
  if (file.length < 12) throw endsEarly();
  const end = 8 + file.number(4, 4, true);
  if (end > file.length) throw endsEarly();
  const chunks = readChunks(file, 12, end);
  const exif = chunks.find(({ kind }) => kind === 'EXIF')?.body;
  let canvas: Size | undefined;
  if (chunks[0]?.kind === 'VP8X') {
    if (chunks[0].body.length < 10) throw damaged('its header is wrong');
    canvas = { width: side(chunks[0].body, 4), height: side(chunks[0].body, 7) };
  }
  const first = chunks.find(({ kind }) => ['VP8 ', 'VP8L', 'ANMF'].includes(kind));
  if (!first) throw damaged('it holds no picture');
  const frame = first.kind === 'ANMF' ? first.body : undefined;
  if (frame && frame.length < FRAME_HEADER) throw damaged('its header is wrong');
  const inner = frame ? readChunks(new Bytes(frame), FRAME_HEADER, frame.length) : chunks;
  const { size, parts, isOpaque } = pictureOf(inner);
  checkSize(size.width, size.height, MAX_SIDE);
  const screen = frame ? screenOf(canvas, size, frame) : undefined;
  if (!frame && canvas && !isSame(canvas, size)) throw contradiction();
  return {
    format: 'WEBP',
    ...size,
    content: chunk('RIFF', ascii('WEBP'), ...parts),
    orientation: exif ? orientationOf(exif) : 1,
    isOpaque,
    ...(screen ? { screen } : {}),
  };
}

/** Whether what `readWebp` gave as `content` has neither alpha nor room for any. */
export function hasNoAlpha(content: Uint8Array): boolean {
  return new Bytes(content).text(12, 4) === 'VP8 ';
}

/** What `readWebp` gave as `content`, with zeros behind the compressed data of its last chunk. */
export function withMoreData(content: Uint8Array, length: number): Uint8Array {
  const chunks = readChunks(new Bytes(content), 12, content.length);
  const { kind, body } = chunks.pop() as Chunk;
  const before = chunks.map((each) => chunk(each.kind, each.body));
  return chunk('RIFF', ascii('WEBP'), ...before, chunk(kind, body, new Uint8Array(length)));
}

function readChunks(file: Bytes, start: number, end: number): Chunk[] {
  const chunks: Chunk[] = [];
  let position = start;
  while (position + 8 <= end) {
    const length = file.number(position + 4, 4, true);
    if (position + 8 + length > end) throw endsEarly();
    const body = file.slice(position + 8, position + 8 + length);
    chunks.push({ kind: file.text(position, 4), body });
    position += 8 + length + (length % 2);
  }
  return chunks;
}

/** The size, the chunks of the picture alone, and whether it says that it is opaque. */
function pictureOf(chunks: readonly Chunk[]) {
  let alpha: Uint8Array | undefined;
  for (const { kind, body } of chunks) {
    if (kind === 'ALPH' && !alpha && body.length) {
      alpha = body;
    } else if (kind === 'VP8 ') {
      const size = lossySize(body);
      const picture = chunk(kind, withRoom(body));
      const parts = alpha ? [extended(size), chunk('ALPH', alpha), picture] : [picture];
      return { size, parts, isOpaque: !alpha };
    } else if (kind === 'VP8L') {
      const size = losslessSize(body);
      const isOpaque = !(body[4] & HAS_ALPHA);
      // Where it does not announce alpha, decoders drop what there is, or keep it: asking for it
      // shows whether there is any.
      const asking = body.slice();
      asking[4] |= HAS_ALPHA;
      return { size, parts: [chunk(kind, asking)], isOpaque };
    }
  }
  throw damaged('it holds no picture');
}

function losslessSize(body: Uint8Array): Size {
  // Nothing but what is transparent everywhere is shorter, which WebKit shows like damage.
  if (body.length < 10) throw endsEarly();
  if (body[0] !== LOSSLESS_MARK || body[4] & VERSION) throw damaged('its frame header is wrong');
  const packed = new Bytes(body).number(1, 4, true);
  return { width: 1 + (packed & 0x3fff), height: 1 + ((packed >>> 14) & 0x3fff) };
}

/** Where an animation's frame lies; undefined where it is all there is. */
function screenOf(canvas: Size | undefined, size: Size, frame: Uint8Array): Screen | undefined {
  const [left, top] = [2 * (side(frame, 0) - 1), 2 * (side(frame, 3) - 1)];
  const claimed = { width: side(frame, 6), height: side(frame, 9) };
  if (!canvas || !isSame(claimed, size)) throw contradiction();
  if (left + size.width > canvas.width || top + size.height > canvas.height) throw contradiction();
  checkSize(canvas.width, canvas.height, MAX_SIDE);
  return isSame(canvas, size) ? undefined : { ...canvas, left, top };
}

function isSame(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

function contradiction() {
  return damaged('its sizes contradict each other');
}

function chunk(kind: string, ...bodies: readonly Uint8Array[]): Uint8Array {
  const length = bodies.reduce((sum, body) => sum + body.length, 0);
  const whole = concatenate([
    ascii(kind),
    new Uint8Array(4),
    ...bodies,
    new Uint8Array(length % 2),
  ]);
  new DataView(whole.buffer).setUint32(4, length, true);
  return whole;
}

function extended({ width, height }: Size): Uint8Array {
  const body = new Uint8Array(10);
  body[0] = ALPHA_FLAG;
  for (const [at, length] of [
    [4, width],
    [7, height],
  ]) {
    body.set([length - 1, (length - 1) >> 8, (length - 1) >> 16], at);
  }
  return chunk('VP8X', body);
}

/** A side in pixels, stored less one in 24 bits. */
function side(bytes: Uint8Array, at: number): number {
  return 1 + (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16));
}
