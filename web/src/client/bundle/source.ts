/** The exported folder, wherever it lies: in a script, behind a URL, among picked files. */

import { METADATA_FILE, MODEL_SCRIPT } from '../constants.generated.js';
import { KerasportError, messageOf, quote } from '../errors.js';
import { bytesOf, concatenate } from '../pictures/bytes.js';
import type { Folder } from './folder.js';
import { nodeFolder } from './node-folder.js';
import { nextTask } from './tasks.js';
import { type Fetch, urlFolder } from './url-folder.js';

/** In front of an embedded bundle's name, where that is a text like an address. */
const EMBEDDED = 'embedded:';

/** Where a bundle comes from; see {@link openFolder}. */
export type BundleSource =
  | string
  | URL
  | { readonly embedded: string }
  | { readonly files: Iterable<File> };

/** What `model.js` leaves behind on `globalThis.kerasportBundles`. */
export interface EmbeddedBundle {
  readonly formatVersion: number;
  readonly name: string;
  readonly files: ReadonlyMap<string, readonly Uint8Array[]>;
  /** A whole file, in memory of its own. Scripts of earlier versions do not have it. */
  readonly read?: (path: string) => Uint8Array | undefined;
}

/**
 * The folder that `source` stands for: nothing for the last embedded bundle, `{embedded: name}` or
 * `embedded:name` for the last one of that name, a URL of a folder, or picked files.
 */
export function openFolder(source?: BundleSource, fetch?: Fetch): Folder {
  if (source === undefined) return embeddedFolder();
  if (typeof source === 'string' && source.startsWith(EMBEDDED)) {
    return embeddedFolder(source.slice(EMBEDDED.length));
  }
  if (typeof source === 'string') return nodeFolder(source) ?? urlFolder(source, fetch);
  if (typeof source === 'object' && source !== null) {
    // Simulated pages have a URL of their own beside Node's.
    if ('href' in source) return openFolder(source.href, fetch);
    if ('embedded' in source && typeof source.embedded === 'string') {
      return embeddedFolder(source.embedded);
    }
    if ('files' in source && isIterable(source.files)) return pickedFolder(source.files);
  }
  throw new KerasportError(
    'invalid-argument',
    `The model's source is ${quote(source)}. Expected a URL of a folder, {embedded: name}, ` +
      '{files: File[]}, or nothing for the model embedded in the page.',
  );
}

function isIterable(value: unknown): value is Iterable<File> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function embeddedFolder(name?: string): Folder {
  const all: readonly EmbeddedBundle[] = Reflect.get(globalThis, 'kerasportBundles') ?? [];
  const bundle = all.findLast((candidate) => name === undefined || candidate.name === name);
  if (!bundle) {
    const found = all.map((candidate) => quote(candidate.name)).join(', ') || 'none';
    throw new KerasportError(
      'bundle-missing',
      `There is no embedded model${name === undefined ? '' : ` ${quote(name)}`} in this page ` +
        `(found: ${found}). Expected a script '${MODEL_SCRIPT}' that was loaded before. ` +
        `Export a model, and put its ${MODEL_SCRIPT} into the page.`,
    );
  }
  return {
    place: MODEL_SCRIPT,
    remedy: 'Export the model again.',
    async read(path, { onBytes } = {}) {
      // Each file in a task of its own: all of them copied in one would hold the page up.
      await nextTask();
      const bytes = readWhole(bundle, path);
      if (bytes) onBytes?.(bytes.length);
      return bytes;
    },
  };
}

function readWhole({ files, read }: EmbeddedBundle, path: string): Uint8Array | undefined {
  try {
    // A piece may be decoded only now, and tell only now that it is damaged.
    const pieces = files.get(path);
    const bytes = read ? read(path) : pieces && concatenate(pieces);
    // Behind an odd number of bytes lies another one.
    return bytes && bytes.length < bytes.buffer.byteLength ? bytes.slice() : bytes;
  } catch (error) {
    throw new KerasportError('bundle-damaged', messageOf(error), { cause: error });
  }
}

function pickedFolder(files: Iterable<File>): Folder {
  const byPath = new Map<string, File>();
  for (const file of files) byPath.set(file.webkitRelativePath || file.name, file);
  const paths = [...byPath.keys()].sort((a, b) => depth(a) - depth(b));
  const root = paths.find((path) => path.split('/').at(-1) === METADATA_FILE) ?? '';
  const folder = root.slice(0, root.lastIndexOf('/') + 1);
  return {
    place: 'the picked files',
    isPicked: true,
    remedy: 'Pick the whole folder that was exported, or export the model again.',
    async read(path, { onBytes, limit = Number.MAX_SAFE_INTEGER } = {}) {
      // Files picked one by one carry no folder in their names.
      const file = byPath.get(folder + path) ?? byPath.get(path.split('/').at(-1) ?? path);
      if (!file) return undefined;
      const bytes = await bytesOf(limit < file.size ? file.slice(0, limit + 1) : file);
      onBytes?.(bytes.length);
      return bytes;
    },
  };
}

function depth(path: string): number {
  return path.split('/').length;
}
