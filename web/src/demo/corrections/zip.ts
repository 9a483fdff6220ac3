/** An archive without compression: pictures are compressed already. */

/** A file in the archive. */
export interface Entry {
  /** Its path, with `/` between folders. */
  readonly name: string;
  readonly data: Blob;
  /** CRC-32 of its bytes. */
  readonly crc: number;
}

/** Bit 11: names are UTF-8 (APPNOTE.TXT, 4.4.4). */
const FLAGS = 0x0800;
const VERSION = 20;
/** What is at most written: larger archives need another format, ZIP64. */
export const MOST_ENTRIES = 0xfffe;

/**
 * The archive, as APPNOTE.TXT 6.3 has it. It refers to the files, whose bytes are read when it is
 * saved, and holds no copy of them. Less than 4 GiB and at most 65,534 files.
 */
export function zipOf(entries: readonly Entry[], time: Date): Blob {
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let offset = 0;
  let listed = 0;
  for (const { name, data, crc } of entries) {
    const path = new TextEncoder().encode(name);
    // What stands both before the file and in the directory.
    const common = [
      ...[two(FLAGS), two(0), ...dosTime(time), four(crc), four(data.size), four(data.size)],
      two(path.length),
    ];
    const local = joined(four(0x04034b50), two(VERSION), ...common, two(0), path);
    parts.push(local, data);
    // No extra field, no comment, the first disk, no attributes.
    const nothing = [two(0), two(0), two(0), two(0), four(0)];
    const versions = [two(VERSION), two(VERSION)];
    const line = joined(four(0x02014b50), ...versions, ...common, ...nothing, four(offset), path);
    directory.push(line);
    offset += local.length + data.size;
    listed += line.length;
  }
  const count = two(entries.length);
  const disks = [two(0), two(0)];
  const end = joined(
    ...[four(0x06054b50), ...disks, count, count, four(listed), four(offset), two(0)],
  );
  return new Blob([...parts, ...directory, end], { type: 'application/zip' });
}

function dosTime(time: Date): Uint8Array[] {
  const clock = (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1);
  const year = Math.max(0, time.getFullYear() - 1980);
  return [two(clock), two((year << 9) | ((time.getMonth() + 1) << 5) | time.getDate())];
}

function two(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8);
}

function four(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
