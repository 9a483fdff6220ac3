/** The exported folder, wherever it lies: in a script, behind a URL, among picked files. */

import { METADATA_FILE, MODEL_SCRIPT } from '../constants.generated.js';
import { KerasportError, messageOf, quote } from '../errors.js';
import { bytesOf, concatenate } from '../pictures/bytes.js';
import type { FileEntry } from './metadata.generated.js';
import { nodeFolder } from './node-folder.js';

/** A folder that can be read from, and nothing else. */
export interface Folder {
  /** Where the folder is, for messages. */
  readonly place: string;
  /** The bytes of one file in memory of its own, or undefined where there is no such file. */
  read(path: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
}

/** Where a bundle comes from; see {@link openFolder}. */
export type BundleSource = string | URL | { embedded: string } | { files: Iterable<File> };

/** What `model.js` leaves behind on `globalThis.kerasportBundles`. */
export interface EmbeddedBundle {
  readonly formatVersion: number;
  readonly name: string;
  readonly files: ReadonlyMap<string, readonly Uint8Array[]>;
}

/**
 * The folder that `source` stands for: nothing for the last embedded bundle, `{embedded: name}` for
 * the last one of that name, a URL of a folder or its path in Node, or picked files.
 */
export function openFolder(source?: BundleSource): Folder {
  if (source === undefined) return embeddedFolder();
  if (typeof source === 'string') return nodeFolder(source) ?? urlFolder(source);
  // Simulated pages have a URL of their own beside Node's.
  if ('href' in source) return openFolder(source.href);
  if ('embedded' in source) return embeddedFolder(source.embedded);
  if ('files' in source) return pickedFolder(source.files);
  throw new KerasportError(
    'invalid-argument',
    `The model's source is ${quote(source)}. Expected a URL of a folder, {embedded: name}, ` +
      '{files: File[]}, or nothing for the model embedded in the page.',
  );
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
    async read(path) {
      // Each file in a task of its own: all of them copied in one would hold the page up.
      await nextTask();
      const pieces = bundle.files.get(path);
      try {
        // A piece may be decoded only now, and tell only now that it is damaged.
        return pieces && concatenate(pieces);
      } catch (error) {
        throw new KerasportError('bundle-damaged', messageOf(error), { cause: error });
      }
    },
  };
}

function urlFolder(url: string): Folder {
  const base = new URL(url.endsWith('/') ? url : `${url}/`, globalThis.location?.href);
  return {
    place: base.href,
    async read(path, signal) {
      const response = await fetch(new URL(path, base), signal ? { signal } : {}).catch(
        (error: unknown) => {
          signal?.throwIfAborted();
          throw new KerasportError(
            'bundle-missing',
            `'${path}' cannot be fetched from ${base.href} (${messageOf(error)}). Pages opened ` +
              `from a file may not fetch: embed ${MODEL_SCRIPT} there. Elsewhere, check the address.`,
            { cause: error },
          );
        },
      );
      if (response.status === 404) return undefined;
      if (!response.ok) {
        throw new KerasportError(
          'bundle-missing',
          `'${path}' at ${base.href} was answered with status ${response.status}. Expected 200. ` +
            'Check the address and the server.',
        );
      }
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}

function pickedFolder(files: Iterable<File>): Folder {
  const byPath = new Map<string, File>();
  for (const file of files) byPath.set(file.webkitRelativePath || file.name, file);
  const paths = [...byPath.keys()].sort((a, b) => depth(a) - depth(b));
  const root = paths.find((path) => path.split('/').at(-1) === METADATA_FILE) ?? '';
  const folder = root.slice(0, root.lastIndexOf('/') + 1);
  return {
    place: 'the picked files',
    async read(path) {
      // Files picked one by one carry no folder in their names.
      const file = byPath.get(folder + path) ?? byPath.get(path.split('/').at(-1) ?? path);
      return file && bytesOf(file);
    },
  };
}

function depth(path: string): number {
  return path.split('/').length;
}

/** The bytes of a file that the bundle must have. */
export async function readRequired(
  folder: Folder,
  path: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await folder.read(path, signal);
  if (bytes) return bytes;
  throw new KerasportError(
    'bundle-missing',
    `There is no '${path}' in ${folder.place}. Expected a whole folder written by kerasport. ` +
      'Export the model again.',
  );
}

/** The bytes of a file, after comparing them with what `files` says about it. */
export async function readVerified(
  folder: Folder,
  path: string,
  files: readonly FileEntry[],
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const entry = files.find((candidate) => candidate.path === path);
  if (!entry) {
    throw new KerasportError(
      'bundle-damaged',
      `'${path}' is needed, but ${METADATA_FILE} does not list it. Export the model again.`,
    );
  }
  const bytes = await readRequired(folder, path, signal);
  if (bytes.length !== entry.bytes) {
    throw new KerasportError(
      'bundle-damaged',
      `'${path}' has ${bytes.length} bytes. Expected ${entry.bytes}. ` +
        'The file is cut short or from another export: export the model again.',
    );
  }
  const found = await sha256(bytes);
  if (found !== undefined && found !== entry.sha256) {
    throw new KerasportError(
      'bundle-damaged',
      `'${path}' has the SHA-256 ${found}. Expected ${entry.sha256}. ` +
        'The file was changed or is from another export: export the model again.',
    );
  }
  return bytes;
}

/** SHA-256 in hexadecimal; undefined where the page has no `crypto.subtle` (http without TLS). */
export async function sha256(bytes: Uint8Array): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Waits for the next task. Unlike a timer's, this wait stays short in a page in the background. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
