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
/** Beside digits: a point, the letters of an exponent, signs. */
const IN_NUMBERS = [0x2e, 0x65, 0x45, 0x2b, MINUS];

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
  const texts = new Texts(text);
  const mayHaveHalves = HALF_ESCAPED.test(text);
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = texts.endOf(i);
      if (mayHaveHalves && isHalf(text.slice(i, end))) {
        throw new Error('it has half of a surrogate pair');
      }
      i = end - 1;
    } else if (code === OPEN_LIST || code === OPEN) {
      if (++depth > MAX_JSON_DEPTH) {
        throw new Error(`it is nested more than ${MAX_JSON_DEPTH} deep`);
      }
    } else if (code === CLOSE_LIST || code === CLOSE) {
      depth--;
    } else if (isNumber(code)) {
      const end = endOfNumber(text, i);
      if (end - i > MAX_NUMBER_CHARACTERS) {
        throw new Error(`it has a number of more than ${MAX_NUMBER_CHARACTERS} characters`);
      }
      i = Math.max(end - 1, i);
    }
  }
}

/** What `JSON.parse` takes and other readers do not: keys that stand twice, endless numbers. */
function checkMeaning(text: string): void {
  const texts = new Texts(text);
  // Of each object that is open the keys; of a list undefined.
  const open: (Set<string> | undefined)[] = [];
  let isKey = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = texts.endOf(i);
      const keys = open.at(-1);
      if (isKey && keys) {
        const key = texts.valueOf(i, end);
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
      const end = endOfNumber(text, i);
      const number = text.slice(i, end);
      if (!Number.isFinite(Number(number))) {
        throw new Error(`it has the number ${number}, which is too large`);
      }
      i = end - 1;
    }
  }
}

/** The texts in a JSON text: searched for, because looking at each character takes ten times as long. */
class Texts {
  readonly #whole: string;
  /** The first escape that is not passed. */
  #escape = -1;

  constructor(whole: string) {
    this.#whole = whole;
  }

  /** Where a text that begins at `start` is over; the end of all where it is not closed. */
  endOf(start: number): number {
    const { length } = this.#whole;
    const quote = this.#whole.indexOf('"', start + 1);
    if (quote < 0) return length;
    if (!this.#isEscapedBefore(quote, start)) return quote + 1;
    let i = start + 1;
    while (i < length && this.#whole.charCodeAt(i) !== QUOTE) {
      i += this.#whole.charCodeAt(i) === BACKSLASH ? 2 : 1;
    }
    return Math.min(i + 1, length);
  }

  /** What a text from `start` to `end` says; it is closed. */
  valueOf(start: number, end: number): string {
    if (!this.#isEscapedBefore(end, start)) return this.#whole.slice(start + 1, end - 1);
    return JSON.parse(this.#whole.slice(start, end));
  }

  #isEscapedBefore(end: number, start: number): boolean {
    if (this.#escape < start) {
      const found = this.#whole.indexOf('\\', start);
      this.#escape = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#escape < end;
  }
}

function isHalf(literal: string): boolean {
  try {
    return HALF.test(JSON.parse(literal));
  } catch {
    return false; // said by the parser
  }
}

function isNumber(code: number): boolean {
  return code === MINUS || isDigit(code);
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Where a number that begins at `start` is over; there itself where a sign has no digit behind it. */
function endOfNumber(text: string, start: number): number {
  let i = start;
  if (text.charCodeAt(i) === MINUS) i++;
  if (!isDigit(text.charCodeAt(i))) return start;
  do i++;
  while (isDigit(text.charCodeAt(i)) || IN_NUMBERS.includes(text.charCodeAt(i)));
  return i;
}
