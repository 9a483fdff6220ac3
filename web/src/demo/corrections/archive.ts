/** What leaves the page: `corrections.csv`, or `corrections.zip` with the pictures. */

import { crc32 } from './fingerprint.js';
import type { Marked } from './marks.js';
import { tableText } from './table.js';
import { type Entry, MOST_ENTRIES, zipOf } from './zip.js';

/** Bytes of pictures in one archive: what browsers save without trouble, and ZIP counts. */
const MOST_BYTES = 1e9;
/** Letters of a picture's own name in an archive: systems take 255 bytes. */
const LONGEST_NAME = 50;
/** What a system takes in no name, and what makes a name look like another one. */
const UNFIT = /[\p{Cc}\p{Cs}\\:*?"<>|\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Files to save. */
export interface Saved {
  readonly files: readonly { readonly name: string; readonly content: Blob }[];
  /** Pictures that cannot be read any more: only their lines are saved. */
  readonly unreadable: number;
}

/** The table alone. */
export function tableFile(corrections: readonly Marked[]): Blob {
  return new Blob([tableText(corrections)], { type: 'text/csv' });
}

/** The pictures and the table; several archives where one would be too large, each whole. */
export async function archives(
  corrections: readonly Marked[],
  mostBytes = MOST_BYTES,
): Promise<Saved> {
  const groups = inGroups(corrections, mostBytes);
  let unreadable = 0;
  const files = [];
  for (const [index, group] of groups.entries()) {
    const entries: Entry[] = [];
    const table = tableFile(group);
    const crc = crc32(new Uint8Array(await table.arrayBuffer()));
    entries.push({ name: 'corrections.csv', data: table, crc });
    for (const each of group) {
      if (await isReadable(each.picture)) {
        entries.push({ name: pathOf(each), data: each.picture, crc: each.crc });
      } else unreadable += 1;
    }
    const name = groups.length === 1 ? 'corrections.zip' : `corrections-${index + 1}.zip`;
    files.push({ name, content: zipOf(entries, new Date()) });
  }
  return { files, unreadable };
}

function inGroups(corrections: readonly Marked[], mostBytes: number): Marked[][] {
  const groups: Marked[][] = [];
  let bytes = 0;
  for (const each of corrections) {
    const last = groups.at(-1);
    bytes += each.picture.size;
    if (last && bytes <= mostBytes && last.length < MOST_ENTRIES - 1) last.push(each);
    else {
      groups.push([each]);
      bytes = each.picture.size;
    }
  }
  return groups;
}

/** A name that is there once and that every system takes; which picture it is, its content says. */
function pathOf({ content, file }: Marked): string {
  const own = file
    .slice(file.lastIndexOf('/') + 1)
    .replace(UNFIT, '_')
    .replace(/[ .]+$/, '');
  const letters = Array.from(own);
  return `pictures/${content.slice(0, 16)}-${letters.slice(-LONGEST_NAME).join('')}`;
}

/** One byte tells: browsers refuse files that are gone or were changed. */
async function isReadable(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
