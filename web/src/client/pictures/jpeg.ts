/** JPEG: the segments that decide pixels (ITU-T T.81). */

import { MAX_SIDE } from '../constants.generated.js';
import { Bytes, concatenate } from './bytes.js';
import { orientationOf } from './exif.js';
import type { PictureFile } from './picture-file.js';
import { checkSize, damaged, endsEarly, Problem } from './problem.js';

const START = 0xd8;
const END = 0xd9;
const SCAN = 0xda;
const EXIF = 0xe1;
const SUPPORTED_FRAMES = [0xc0, 0xc1, 0xc2];
// Tables, frame, scan, restart interval; JFIF and Adobe decide how components become colours.
// Left out are profiles, thumbnails and other data that browsers and Pillow treat differently.
const KEPT = [...SUPPORTED_FRAMES, 0xc4, 0xdb, 0xdd, 0xe0, 0xee, SCAN];

/** The first picture of the file, without what does not decide its pixels. */
export function readJpeg(file: Bytes): PictureFile {
  const kept = [file.slice(0, 2)];
  let size: { width: number; height: number } | undefined;
  let orientation: number | undefined;
  let hasScan = false;
  let position = 2;
  for (;;) {
    position = nextMarker(file.data, position);
    const marker = file.data[position + 1];
    if (marker === END) break;
    if (position + 4 > file.length) throw endsEarly();
    const length = file.number(position + 2, 2);
    let end = position + 2 + length;
    if (end > file.length) throw endsEarly();
    if (length < 2 || marker < 0xc0 || marker === START) {
      throw damaged('it has a marker where none may be');
    }
    const body = file.slice(position + 4, end);
    if (isFrame(marker)) size = frameSize(marker, body, size !== undefined);
    else if (marker === EXIF && orientation === undefined) {
      if (new Bytes(body).text(0, 6) === 'Exif\0\0') orientation = orientationOf(body);
    }
    if (marker === SCAN) {
      hasScan = true;
      end = nextMarker(file.data, end);
    }
    if (KEPT.includes(marker)) kept.push(file.slice(position, end));
    position = end;
  }
  if (!size || !hasScan) throw damaged('it holds no picture');
  const content = concatenate([...kept, Uint8Array.of(0xff, END)]);
  return { format: 'JPEG', ...size, content, orientation: orientation ?? 1 };
}

/**
 * Where the next marker is. Decoders skip fill bytes and bytes that belong to nothing; in a scan
 * 0xFF is followed by 0 when it is data, and restart markers belong to it.
 */
function nextMarker(data: Uint8Array, start: number): number {
  let position = data.indexOf(0xff, start);
  while (position >= 0 && position + 1 < data.length) {
    const next = data[position + 1];
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return position;
    position = data.indexOf(0xff, position + 1);
  }
  throw endsEarly();
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function frameSize(marker: number, body: Uint8Array, isSecond: boolean) {
  if (!SUPPORTED_FRAMES.includes(marker)) {
    throw new Problem('it is a JPEG of a kind (arithmetic or lossless) that browsers do not read');
  }
  if (isSecond || body.length < 6) throw damaged('its frame header is wrong');
  const [bits, highHeight, lowHeight, highWidth, lowWidth, components] = body;
  if (bits !== 8) {
    throw new Problem(`it is a JPEG of ${bits} bits, which browsers do not read`);
  }
  if (![1, 3, 4].includes(components)) {
    throw new Problem(`it is a JPEG of ${components} components, which browsers do not read`);
  }
  const size = { width: highWidth * 256 + lowWidth, height: highHeight * 256 + lowHeight };
  checkSize(size.width, size.height, MAX_SIDE);
  return size;
}
