/** The exported folder on the disk of a program that runs in Node, Deno or Bun. */

import { KerasportError, messageOf } from '../errors.js';
import type { Folder, ReadOptions } from './folder.js';

/** What of Node's own modules is used here. */
interface Builtins {
  'node:fs/promises': { readFile(path: string | URL): Promise<Uint8Array> };
  'node:url': { pathToFileURL(path: string): URL };
}

interface Node {
  getBuiltinModule<Name extends keyof Builtins>(name: Name): Builtins[Name];
}

/**
 * The folder at a path, or at a `file:` address; undefined where the source is neither, or this is
 * none of them. A page that runs in Node, as in Electron or a simulated DOM, has addresses of its own.
 */
export function nodeFolder(source: string): Folder | undefined {
  // Asked for by name: bundlers would look for whatever is imported, or put something in its place.
  const node = Reflect.get(globalThis, 'process') as Partial<Node> | undefined;
  if (typeof node?.getBuiltinModule !== 'function') return undefined;
  const scheme = /^([a-z][a-z\d+.-]+):/i.exec(source)?.[1].toLowerCase();
  if (scheme ? scheme !== 'file' : isPage()) return undefined;
  const { readFile } = node.getBuiltinModule('node:fs/promises');
  const root = scheme ? source : node.getBuiltinModule('node:url').pathToFileURL(source).href;
  const base = new URL(root.endsWith('/') ? root : `${root}/`);
  return {
    place: scheme ? base.href : source,
    remedy: 'Copy the whole exported folder there.',
    async read(path: string, { signal, onBytes }: ReadOptions = {}) {
      try {
        // Into memory of its own: Node hands out parts of a larger one.
        const bytes = Uint8Array.from(await readFile(new URL(path, base)));
        onBytes?.(bytes.length);
        return bytes;
      } catch (error) {
        signal?.throwIfAborted();
        const code = error instanceof Error && Reflect.get(error, 'code');
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
        throw new KerasportError(
          'bundle-missing',
          `'${path}' in ${source} cannot be read (${messageOf(error)}). Check the folder.`,
          { cause: error },
        );
      }
    },
  };
}

/** Whether this is a page, simulated or not. Workers of Deno and Bun have the address of a file. */
function isPage(): boolean {
  const here = Reflect.get(globalThis, 'location') as { readonly href?: unknown } | undefined;
  return 'document' in globalThis || (!!here?.href && !String(here.href).startsWith('file:'));
}
