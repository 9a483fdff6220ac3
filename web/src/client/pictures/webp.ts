/** WebP: the chunks that decide pixels (RFC 9649). */

import { MAX_SIDE } from '../constants.generated.js';
import { ascii, Bytes, concatenate } from './bytes.js';
import { orientationOf } from './exif.js';
import type { PictureFile } from './picture-file.js';
import { checkSize, damaged, endsEarly } from './problem.js';

const KEPT = ['VP8X', 'ALPH', 'VP8 ', 'VP8L', 'ANIM'];
// Bits of VP8X: alpha and animation. A profile, EXIF and XMP are left out.
const KEPT_FLAGS = 0x12;

/** The file without profile and metadata, and of an animation the first frame. */
export function readWebp(file: Bytes): PictureFile {
  if (file.length < 12) throw endsEarly();
  const end = 8 + file.number(4, 4, true);
  if (end > file.length) throw endsEarly();
  const kept: Uint8Array[] = [ascii('WEBP')];
  let size: { width: number; height: number } | undefined;
  let exif: Uint8Array | undefined;
  let hasFrame = false;
  let position = 12;
  while (position + 8 <= end) {
    const kind = file.text(position, 4);
    const length = file.number(position + 4, 4, true);
    if (position + 8 + length > end) throw endsEarly();
    const body = file.data.slice(position + 8, position + 8 + length);
    if (kind === 'VP8X' && length >= 10 && !size) {
      size = { width: 1 + triple(body, 4), height: 1 + triple(body, 7) };
      body[0] &= KEPT_FLAGS;
    } else if (kind === 'VP8 ' || kind === 'VP8L') {
      size ??= frameSize(kind, body);
      hasFrame = true;
    } else if (kind === 'EXIF') {
      exif ??= body;
    }
    if (KEPT.includes(kind) || (kind === 'ANMF' && !hasFrame)) {
      kept.push(file.slice(position, position + 8), body, new Uint8Array(length % 2));
    }
    hasFrame ||= kind === 'ANMF';
    position += 8 + length + (length % 2);
  }
  if (!size || !hasFrame) throw damaged('it holds no picture');
  checkSize(size.width, size.height, MAX_SIDE);
  const content = concatenate([ascii('RIFF'), new Uint8Array(4), ...kept]);
  new DataView(content.buffer).setUint32(4, content.length - 8, true);
  const orientation = exif ? orientationOf(exif) : 1;
  return { format: 'WEBP', ...size, content, orientation };
}

function triple(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
}

function frameSize(kind: string, body: Uint8Array) {
  if (body.length < 10) throw endsEarly();
  const bytes = new Bytes(body);
  if (kind === 'VP8 ') {
    return { width: bytes.number(6, 2, true) & 0x3fff, height: bytes.number(8, 2, true) & 0x3fff };
  }
  const packed = bytes.number(1, 4, true);
  return { width: 1 + (packed & 0x3fff), height: 1 + ((packed >>> 14) & 0x3fff) };
}
