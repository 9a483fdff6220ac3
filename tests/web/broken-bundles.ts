/** The table of broken and hostile bundles, and how each departs from the frozen one. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { scriptParts } from '../../web/src/client/bundle/script-text.js';
import { SCRIPT_FORMS } from '../../web/src/client/constants.generated.js';
import { concatenate } from '../../web/src/client/pictures/bytes.js';
import { type Files, sha256Of } from './tiny-bundle.js';

const GOLDEN = fileURLToPath(new URL('../golden/', import.meta.url));

/** One departure from a file. */
interface Edit {
  readonly file: string;
  readonly remove?: boolean;
  readonly keepBytes?: number;
  readonly flipByte?: number;
  readonly base64?: string;
  readonly before?: string;
  readonly repeat?: string;
  readonly after?: string;
  readonly find?: string;
  readonly replace?: string;
  readonly set?: Way;
  readonly unset?: Way;
  readonly append?: Way;
  readonly value?: unknown;
  readonly times?: number;
}

type Way = readonly (string | number)[];

/** A bundle, and what is said of it: `both` what both sides say, but for what helps. */
interface Case {
  readonly edits: readonly Edit[];
  readonly seal?: boolean;
  readonly code: string;
  readonly browser?: string;
  readonly both?: string;
}

/** All of them by name. */
export const CASES: Readonly<Record<string, Case>> = JSON.parse(
  readFileSync(`${GOLDEN}broken/cases.json`, 'utf8'),
);

/** The exact message of the client library. */
export function expectedMessage({ both, browser }: Case): string {
  return both === undefined ? (browser ?? '') : `${both} Export the model again.`;
}

/** The files of the frozen bundle. */
export function frozenBundle(): Files {
  const folder = `${GOLDEN}bundle-v1/`;
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => statSync(folder + path).isFile());
  return Object.fromEntries(
    paths.map((path) => [path, Uint8Array.from(readFileSync(folder + path))]),
  );
}

/** The files of the frozen bundle with the edits of a case. */
export async function brokenBundle({ edits, seal }: Case): Promise<Files> {
  const files = frozenBundle();
  for (const edit of edits) {
    if (edit.remove) delete files[edit.file];
    else files[edit.file] = edited(files[edit.file], edit);
  }
  if (!seal) return files;
  files['metadata.json'] = sealed(files);
  const parts: Uint8Array[] = [];
  const folder = {
    place: 'here',
    remedy: 'Export the model again.',
    read: async (path: string) => files[path],
  };
  const metadata = JSON.parse(new TextDecoder().decode(files['metadata.json']));
  for await (const part of scriptParts(SCRIPT_FORMS[0], folder, metadata)) parts.push(part);
  return { ...files, 'model.js': concatenate(parts) };
}

/** Metadata with the hashes of the files as they are now. */
function sealed(files: Files): Uint8Array {
  const metadata = JSON.parse(new TextDecoder().decode(files['metadata.json']));
  for (const entry of metadata.files) {
    const bytes = files[entry.path];
    Object.assign(entry, { bytes: bytes.length, sha256: sha256Of(bytes) });
  }
  return new TextEncoder().encode(JSON.stringify(metadata));
}

function edited(bytes: Uint8Array, edit: Edit): Uint8Array {
  const { keepBytes, flipByte, base64, repeat, find, replace = '' } = edit;
  if (keepBytes !== undefined) return bytes.slice(0, keepBytes);
  if (flipByte !== undefined) return bytes.map((byte, i) => (i === flipByte ? byte ^ 1 : byte));
  if (base64 !== undefined) return Uint8Array.from(Buffer.from(base64, 'base64'));
  const encode = (text: string) => new TextEncoder().encode(text);
  if (repeat !== undefined) {
    return encode(`${edit.before}${repeat.repeat(edit.times ?? 0)}${edit.after}`);
  }
  const text = new TextDecoder().decode(bytes);
  if (find !== undefined) return encode(text.split(find).join(replace));
  const document = JSON.parse(text);
  change(document, edit);
  return encode(JSON.stringify(document));
}

function change(document: unknown, { set, unset, append, value, times = 1 }: Edit): void {
  const way = set ?? unset ?? append ?? [];
  const last = way[way.length - 1];
  // biome-ignore lint/suspicious/noExplicitAny: it is any JSON.
  const place = way.slice(0, -1).reduce((inner: any, key) => inner[key], document);
  if (append) for (let i = 0; i < times; i++) place[last].push(value);
  else if (!unset) place[last] = value;
  else if (Array.isArray(place)) place.splice(last as number, 1);
  else delete place[last];
}
