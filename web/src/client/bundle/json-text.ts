/**
 * JSON of strangers: its length, depth, keys and numbers are checked. Python's
 * `kerasport.json_text` is the twin: both refuse the same texts in the same words.
 */

import { MAX_JSON_BYTES, MAX_JSON_DEPTH, MAX_NUMBER_CHARACTERS } from '../constants.generated.js';

const [QUOTE, COMMA, MINUS, ZERO, NINE, COLON] = [0x22, 0x2c, 0x2d, 0x30, 0x39, 0x3a];
const [OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = [0x5b, 0x5c, 0x5d, 0x7b, 0x7d];

const HALF_ESCAPED = /\\u[dD][89a-fA-F]/;
/** Of a pair, the two halves are one character here; alone, each is its own. */
const HALF = /\p{Surrogate}/u;
const NUMBER = /-?[0-9][0-9.eE+-]*/y;

/**
 * The value of a JSON text in UTF-8.
 *
 * @throws an Error whose message is half a sentence.
 */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_JSON_BYTES)
    throw new Error(`it is longer than ${MAX_JSON_BYTES >> 20} MiB`);
  const text = decode(bytes);
  checkTokens(text);
  const value: unknown = JSON.parse(text);
  checkMeaning(text);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('it is not UTF-8');
  }
}

/** What costs much, or is no text, whether it is JSON or not. */
function checkTokens(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = endOfText(text, i);
      if (isHalf(text.slice(i, end))) throw new Error('it has half of a surrogate pair');
      i = end - 1;
    } else if (code === OPEN_LIST || code === OPEN) {
      if (++depth > MAX_JSON_DEPTH) {
        throw new Error(`it is nested more than ${MAX_JSON_DEPTH} deep`);
      }
    } else if (code === CLOSE_LIST || code === CLOSE) {
      depth--;
    } else if (isNumber(code)) {
      const { length } = numberAt(text, i);
      if (length > MAX_NUMBER_CHARACTERS) {
        throw new Error(`it has a number of more than ${MAX_NUMBER_CHARACTERS} characters`);
      }
      i += Math.max(length, 1) - 1;
    }
  }
}

/** What `JSON.parse` takes and other readers do not: keys that stand twice, endless numbers. */
function checkMeaning(text: string): void {
  // Of each object that is open the keys; of a list undefined.
  const open: (Set<string> | undefined)[] = [];
  let isKey = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = endOfText(text, i);
      const keys = open.at(-1);
      if (isKey && keys) {
        const key: string = JSON.parse(text.slice(i, end));
        if (keys.has(key)) {
          const shown = Array.from(key.slice(0, 160)).slice(0, 80).join('');
          throw new Error(`the key '${shown}' stands twice in one object`);
        }
        keys.add(key);
      }
      i = end - 1;
    } else if (code === OPEN || code === OPEN_LIST) {
      open.push(code === OPEN ? new Set() : undefined);
      isKey = code === OPEN;
    } else if (code === CLOSE || code === CLOSE_LIST) {
      open.pop();
    } else if (code === COMMA || code === COLON) {
      isKey = code === COMMA && open.at(-1) !== undefined;
    } else if (isNumber(code)) {
      const number = numberAt(text, i);
      if (!Number.isFinite(Number(number))) {
        throw new Error(`it has the number ${number}, which is too large`);
      }
      i += number.length - 1;
    }
  }
}

/** Where a text that begins at `start` is over; the end of all where it is not closed. */
function endOfText(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) {
    i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  }
  return Math.min(i + 1, text.length);
}

function isHalf(literal: string): boolean {
  if (!HALF_ESCAPED.test(literal)) return false;
  try {
    return HALF.test(JSON.parse(literal));
  } catch {
    return false; // said by the parser
  }
}

function isNumber(code: number): boolean {
  return code === MINUS || (code >= ZERO && code <= NINE);
}

function numberAt(text: string, start: number): string {
  NUMBER.lastIndex = start;
  return NUMBER.exec(text)?.[0] ?? '';
}
