/**
 * `model.js` as it follows from the other files. It is code: whoever opens a folder compares it byte
 * for byte before somebody puts it into a page. The twin of `kerasport.bundle.script`.
 */

import {
  METADATA_FILE,
  MODEL_FILE,
  MODEL_SCRIPT,
  SAMPLES_FILE,
  SCHEMA_FILE,
  SCRIPT_FORMS,
  type ScriptForm,
} from '../constants.generated.js';
import { KerasportError } from '../errors.js';
import type { Folder } from './folder.js';
import type { Metadata } from './metadata.generated.js';
import { nextTask } from './tasks.js';
import { readRequired, readVerified } from './verified.js';

/**
 * Compares the script in a folder, where there is one, with what this or an earlier version makes of
 * the other files.
 *
 * @throws KerasportError `bundle-damaged`.
 */
export async function checkScript(
  folder: Folder,
  metadata: Metadata,
  signal?: AbortSignal,
): Promise<void> {
  const script = await folder.read(MODEL_SCRIPT, { signal });
  if (!script) return;
  for (const form of SCRIPT_FORMS) {
    let position = 0;
    let isSame = true;
    for await (const part of scriptParts(form, folder, metadata, signal)) {
      isSame = isPart(script, part, position);
      position += part.length;
      if (!isSame) break;
    }
    if (isSame && position === script.length) return;
  }
  throw new KerasportError(
    'bundle-damaged',
    `'${MODEL_SCRIPT}' is not what the files of its folder make: it may hold code of somebody ` +
      'else, or is from another export. Do not put it into a page. Export the model again.',
  );
}

/** The script, part by part: no task takes long. */
export async function* scriptParts(
  form: ScriptForm,
  folder: Folder,
  { name, formatVersion, files }: Metadata,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { decoder, carrier, pieceBytes } = form;
  const isUtf16 = carrier !== 'base64';
  const encode = isUtf16 ? utf16 : ascii;
  const mark = isUtf16 ? '\ufeff' : '';
  yield encode(
    `${mark}// kerasport bundle, format ${formatVersion}: load it before kerasport.iife.js.\n` +
      // Functions: a name is no pattern.
      decoder
        .replaceAll('FORMAT_VERSION', () => String(formatVersion))
        .replace('NAME', () => literalOf(name, isUtf16)),
  );
  for (const path of namesIn(files.map((entry) => entry.path))) {
    const content =
      path === METADATA_FILE
        ? await readRequired(folder, path, { signal })
        : await readVerified(folder, path, files, { signal });
    for (let start = 0; start === 0 || start < content.length; start += pieceBytes) {
      const piece = content.subarray(start, start + pieceBytes);
      await nextTask();
      const count = isUtf16 ? `, ${piece.length}` : '';
      const [before, behind] = carrier === 'comment' ? ['function(){/*', '*/}'] : ['"', '"'];
      yield encode(`kerasportBundle(${literalOf(path, isUtf16)}${count}, ${before}`);
      yield carrier === 'base64' ? base64(piece) : characters(piece, ESCAPED[carrier]);
      yield encode(`${behind});\n`);
    }
  }
}

/** Small files first: a page can show the model's name before the weights have arrived. */
function namesIn(listed: readonly string[]): string[] {
  const first = [MODEL_FILE, SAMPLES_FILE].filter((name) => listed.includes(name));
  const rest = listed.filter((name) => !first.includes(name) && name !== SCHEMA_FILE);
  return [METADATA_FILE, ...first, ...rest];
}

function isPart(whole: Uint8Array, part: Uint8Array, position: number): boolean {
  if (position + part.length > whole.length) return false;
  for (let i = 0; i < part.length; i++) if (whole[position + i] !== part[i]) return false;
  return true;
}

/** JSON in ASCII; where a page might hold it, without the start of a tag. */
function literalOf(text: string, isUtf16: boolean): string {
  const literal = JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return isUtf16 ? literal : literal.replaceAll('<', '\\u003c');
}

function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes[2 * i] = code & 0xff;
    bytes[2 * i + 1] = code >> 8;
  }
  return bytes;
}

const ESCAPE = 0x2028;
/** What may stand in none of them. */
const ESCAPED = {
  comment: [0x2a, ESCAPE],
  literal: [0x22, 0x5c, 0x0a, 0x0d, ESCAPE, 0x2029],
};

/** Two bytes to a character. */
function characters(piece: Uint8Array, escaped: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * piece.length + 2);
  let end = 0;
  const write = (code: number) => {
    bytes[end++] = code & 0xff;
    bytes[end++] = code >> 8;
  };
  // Two bytes become two or four.
  const codes = Math.ceil(piece.length / 2);
  for (let i = 0; i < codes; i++) {
    const code = piece[2 * i] | ((piece[2 * i + 1] ?? 0) << 8);
    if (escaped.includes(code) || (code & 0xf800) === 0xd800) {
      write(ESCAPE);
      write(code ^ 0x8000);
    } else write(code);
  }
  return bytes.subarray(0, end);
}

function base64(piece: Uint8Array): Uint8Array {
  let binary = '';
  for (const byte of piece) binary += String.fromCharCode(byte);
  return ascii(btoa(binary));
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
