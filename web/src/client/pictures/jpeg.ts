/** JPEG: the segments that decide pixels (ITU-T T.81). */

import { MAX_SIDE } from '../constants.generated.js';
import { Bytes, concatenate } from './bytes.js';
import { orientationOf } from './exif.js';
import { type Component, type Frame, Scans } from './jpeg-scans.js';
import type { PictureFile } from './picture-file.js';
import { checkSize, damaged, endsEarly, Problem } from './problem.js';

const START = 0xd8;
const END = 0xd9;
const SCAN = 0xda;
const RESTART_INTERVAL = 0xdd;
const JFIF = 0xe0;
const EXIF = 0xe1;
const ADOBE = 0xee;
const PROGRESSIVE = 0xc2;
const SUPPORTED_FRAMES = [0xc0, 0xc1, PROGRESSIVE];
// Tables, frame, restart interval. Left out are profiles, thumbnails and other data that browsers
// and Pillow treat differently.
const KEPT = [...SUPPORTED_FRAMES, 0xc4, 0xdb, RESTART_INTERVAL];

/** The first picture of the file, without what does not decide its pixels. */
export function readJpeg(file: Bytes): PictureFile {
  const kept = [file.slice(0, 2)];
  let scans: Scans | undefined;
  let orientation: number | undefined;
  let interval = 0;
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
    if (isFrame(marker)) {
      if (scans) throw damaged('its frame header is wrong');
      scans = new Scans(readFrame(marker, body));
    } else if (marker === EXIF && orientation === undefined) {
      if (new Bytes(body).text(0, 6) === 'Exif\0\0') orientation = orientationOf(body);
    } else if (marker === RESTART_INTERVAL) {
      if (body.length !== 2) throw damaged('its restart interval is wrong');
      interval = body[0] * 256 + body[1];
    }
    if (marker === SCAN) {
      if (!scans) throw damaged('it has a scan before its frame header');
      const start = end;
      end = nextMarker(file.data, start);
      const header = scans.add(body, file.slice(start, end), interval);
      kept.push(file.slice(position, position + 4), header, file.slice(start, end));
    } else if (KEPT.includes(marker)) {
      kept.push(file.slice(position, end));
    } else if (marker === JFIF || marker === ADOBE) {
      kept.push(...colorMark(marker, body));
    }
    position = end;
  }
  if (!scans) throw damaged('it holds no picture');
  scans.checkComplete();
  const { width, height } = scans.frame;
  const content = concatenate([...kept, Uint8Array.of(0xff, END)]);
  return { format: 'JPEG', width, height, content, orientation: orientation ?? 1, isOpaque: true };
}

/**
 * The part of a segment that decides how components become colours, if it is long enough for
 * every decoder, without a thumbnail.
 */
function colorMark(marker: number, body: Uint8Array): Uint8Array[] {
  const [name, needed] = marker === JFIF ? ['JFIF\0', 14] : ['Adobe', 12];
  if (body.length < needed || new Bytes(body).text(0, 5) !== name) return [];
  const mark = body.slice(0, needed);
  if (marker === JFIF) mark.fill(0, 12);
  return [Uint8Array.of(0xff, marker, 0, needed + 2), mark];
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

function readFrame(marker: number, body: Uint8Array): Frame {
  if (!SUPPORTED_FRAMES.includes(marker)) {
    throw new Problem('it is a JPEG of a kind (arithmetic or lossless) that browsers do not read');
  }
  if (body.length < 6) throw damaged('its frame header is wrong');
  const [bits, highHeight, lowHeight, highWidth, lowWidth, count] = body;
  if (bits !== 8) {
    throw new Problem(`it is a JPEG of ${bits} bits, which browsers do not read`);
  }
  if (![1, 3, 4].includes(count)) {
    throw new Problem(`it is a JPEG of ${count} components, which browsers do not read`);
  }
  const [width, height] = [highWidth * 256 + lowWidth, highHeight * 256 + lowHeight];
  checkSize(width, height, MAX_SIDE);
  const components = new Map<number, Component>();
  for (let at = 6; at + 2 < body.length; at += 3) {
    components.set(body[at], { across: body[at + 1] >> 4, down: body[at + 1] & 15 });
  }
  const isSampled = (times: number) => times >= 1 && times <= 4;
  const areSampled = [...components.values()].every(
    ({ across, down }) => isSampled(across) && isSampled(down),
  );
  if (body.length !== 6 + 3 * count || components.size !== count || !areSampled) {
    throw damaged('its frame header is wrong');
  }
  return { width, height, components, isProgressive: marker === PROGRESSIVE };
}
