/** An exported folder behind an address. */

import { METADATA_FILE, MODEL_FILE, MODEL_SCRIPT } from '../constants.generated.js';
import { KerasportError, messageOf, quote } from '../errors.js';
import { concatenate } from '../pictures/bytes.js';
import type { Folder, ReadOptions } from './folder.js';

/** The part of `fetch` that is needed: an option of `loadClassifier` can stand for it. */
export type Fetch = (input: URL, init: RequestInit) => Promise<Response>;

/**
 * The folder at an address: `model/`, `model`, `model/model.json`, `model/metadata.json`, seen from
 * the document's base; a query is sent along with every file.
 *
 * @throws {@link KerasportError} `invalid-argument` for what is no address.
 */
export function urlFolder(address: string | URL, fetch?: Fetch, cache?: RequestCache): Folder {
  const base = folderOf(address);
  return {
    place: base.href,
    remedy:
      'Check the address, and copy the whole exported folder there again; a cache on the way may ' +
      'hold a file of an earlier one.',
    ...(cache === undefined && { fresh: () => urlFolder(address, fetch, 'reload') }),
    async read(path, { signal, ...options } = {}) {
      const url = new URL(path, base);
      url.search = base.search;
      const init = { ...(signal && { signal }), ...(cache && { cache }) };
      const asked = fetch ? fetch(url, init) : globalThis.fetch(url, init);
      const response = await asked.catch((error: unknown) => {
        signal?.throwIfAborted();
        throw new KerasportError(
          'bundle-missing',
          `'${path}' cannot be fetched from ${base.href} (${messageOf(error)}). ${hindrance(base)}`,
          { cause: error },
        );
      });
      // A host of a single-page application answers everything it does not know with its page.
      const isPage = response.headers.get('content-type')?.startsWith('text/html') ?? false;
      if (response.status === 404 || response.status === 410) return undefined;
      if (!response.ok || isPage) {
        const answer = isPage && response.ok ? 'a page (text/html)' : `status ${response.status}`;
        throw new KerasportError(
          'bundle-missing',
          `'${path}' at ${base.href} was answered with ${answer}. Expected the file. Check the ` +
            'address, and that the server hands out files of the folder as they are.',
        );
      }
      return bytesOf(response, options);
    },
  };
}

function folderOf(address: string | URL): URL {
  try {
    const url = new URL(address, globalThis.document?.baseURI ?? globalThis.location?.href);
    const last = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
    if (last === MODEL_FILE || last === METADATA_FILE) {
      url.pathname = url.pathname.slice(0, -last.length);
    }
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    url.hash = '';
    return url;
  } catch (error) {
    throw new KerasportError(
      'invalid-argument',
      `The model's address is ${quote(String(address))}, which is none (${messageOf(error)}). ` +
        "Expected the URL of an exported folder, like 'model/'.",
      { cause: error },
    );
  }
}

/** Why a request came to nothing, as far as the addresses tell. */
function hindrance(base: URL): string {
  const here = globalThis.location;
  if (base.protocol === 'file:' || here?.protocol === 'file:') {
    return `Pages opened from a file may not fetch: embed ${MODEL_SCRIPT} there.`;
  }
  if (here && here.origin !== base.origin) {
    return (
      `Check the address and the network, and let that server allow this page: it must send ` +
      `'Access-Control-Allow-Origin: ${here.origin}' (CORS).`
    );
  }
  return "Check the address, the network, and 'connect-src' in the page's Content-Security-Policy.";
}

/** The body of an answer, reported piece by piece; never more than one byte beyond `limit`. */
async function bytesOf(
  response: Response,
  { limit = Number.MAX_SAFE_INTEGER, onBytes }: ReadOptions,
): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(await response.arrayBuffer());
  const pieces: Uint8Array[] = [];
  let length = 0;
  while (length <= limit) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.length;
    onBytes?.(value.length);
  }
  if (length > limit) await reader.cancel();
  return concatenate(pieces);
}
