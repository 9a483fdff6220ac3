/** Files of a bundle, compared with what its metadata says of them. */

import { METADATA_FILE } from '../constants.generated.js';
import { KerasportError } from '../errors.js';
import type { Folder, ReadOptions } from './folder.js';
import type { FileEntry } from './metadata.generated.js';

/** The bytes of a file that the bundle must have. */
export async function readRequired(
  folder: Folder,
  path: string,
  options?: ReadOptions,
): Promise<Uint8Array> {
  const bytes = await folder.read(path, options);
  if (bytes) return bytes;
  throw new KerasportError(
    'bundle-missing',
    `There is no '${path}' in ${folder.place}. Expected a whole folder written by kerasport. ` +
      folder.remedy,
    { kind: 'other-export' },
  );
}

/** The bytes of a file, after comparing them with what `files` says about it. */
export async function readVerified(
  folder: Folder,
  path: string,
  files: readonly FileEntry[],
  options?: Omit<ReadOptions, 'limit'>,
): Promise<Uint8Array> {
  const entry = files.find((candidate) => candidate.path === path);
  if (!entry) {
    throw new KerasportError(
      'bundle-damaged',
      `'${path}' is needed, but ${METADATA_FILE} does not list it. Export the model again.`,
      { kind: 'other-export' },
    );
  }
  const bytes = await readRequired(folder, path, { ...options, limit: entry.bytes });
  if (bytes.length !== entry.bytes) {
    throw new KerasportError(
      'bundle-damaged',
      `'${path}' has ${lengthOf(bytes, entry)} bytes. Expected ${entry.bytes}. ` +
        `The file is cut short or from another export. ${folder.remedy}`,
      { kind: 'other-export' },
    );
  }
  const found = await sha256(bytes);
  if (found !== undefined && found !== entry.sha256) {
    throw new KerasportError(
      'bundle-damaged',
      `'${path}' has the SHA-256 ${found}. Expected ${entry.sha256}. ` +
        `The file was changed or is from another export. ${folder.remedy}`,
      { kind: 'other-export' },
    );
  }
  return bytes;
}

/** Reading stops behind the length that was announced. */
function lengthOf(bytes: Uint8Array, entry: FileEntry): string {
  return bytes.length > entry.bytes ? `more than ${entry.bytes}` : `${bytes.length}`;
}

/** SHA-256 in hexadecimal; undefined where the page has no `crypto.subtle` (http without TLS). */
export async function sha256(bytes: Uint8Array): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
