/** The bundle in a folder as it is now, whatever older copies of its files a cache holds. */

import { METADATA_FILE } from '../constants.generated.js';
import { KerasportError } from '../errors.js';
import { Field } from './fields.js';
import type { Folder } from './folder.js';
import { checkListing, checkOtherFormats } from './listing.js';
import type { Metadata } from './metadata.generated.js';
import { readMetadata } from './metadata.js';
import { readRequired } from './verified.js';

/** A folder and what its metadata says. */
export interface Opened {
  readonly folder: Folder;
  readonly metadata: Metadata;
}

/** Reads the metadata of a folder. */
export async function openBundle(
  folder: Folder,
  tfjsVersion: string,
  signal?: AbortSignal,
): Promise<Opened> {
  const bytes = await readRequired(folder, METADATA_FILE, { signal });
  const metadata = readMetadata(bytes, tfjsVersion);
  checkListing(new Field(METADATA_FILE, 'files', metadata.files));
  checkOtherFormats(new Field(METADATA_FILE, 'otherFormats', metadata.otherFormats ?? []));
  return { folder, metadata };
}

/**
 * Does work with a bundle; once more with a fresh copy where a file was of another export: where a
 * model was exported again under its old address, caches hold old files beside new ones.
 *
 * @returns the result, and the bundle that gave it.
 */
export async function withCurrent<Result>(
  opened: Opened,
  work: (opened: Opened) => Promise<Result>,
  tfjsVersion: string,
  signal?: AbortSignal,
): Promise<{ result: Result; opened: Opened }> {
  try {
    return { result: await work(opened), opened };
  } catch (error) {
    const isMixed = error instanceof KerasportError && error.kind === 'other-export';
    const folder = isMixed ? opened.folder.fresh?.() : undefined;
    if (!folder) throw error;
    const fresh = await openBundle(folder, tfjsVersion, signal);
    return { result: await work(fresh), opened: fresh };
  }
}
