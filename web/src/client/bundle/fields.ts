/** JSON documents, read with the place of every value. */

import { MAX_LAYER_VALUES, PATH_PATTERN, SHA256_PATTERN } from '../constants.generated.js';
import { KerasportError, messageOf, quote } from '../errors.js';
import { parseJson } from './json-text.js';

/** A value in a JSON document together with its place, so that a complaint can name it. */
export class Field {
  constructor(
    readonly document: string,
    readonly place: string,
    readonly value: unknown,
  ) {}

  get(key: string): Field {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fail('an object');
    }
    // Own fields only: a document must not reach what objects inherit.
    const found = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
    return new Field(this.document, this.place ? `${this.place}.${key}` : key, found);
  }

  list<Item>(read: (field: Field) => Item): Item[] {
    return this.items().map(read);
  }

  items(): Field[] {
    if (!Array.isArray(this.value)) this.fail('a list');
    return this.value.map(
      (item, index) => new Field(this.document, `${this.place}[${index}]`, item),
    );
  }

  dictionary<Item>(read: (field: Field) => Item): Record<string, Item> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fail('an object');
    }
    return Object.fromEntries(Object.keys(value).map((key) => [key, read(this.get(key))]));
  }

  optional<Item>(read: (field: Field) => Item): Item | null {
    return this.value === null || this.value === undefined ? null : read(this);
  }

  /** What may be null, but is there. */
  nullable<Item>(read: (field: Field) => Item): Item | null {
    return this.value === null ? null : read(this);
  }

  text(): string {
    if (typeof this.value !== 'string' || BLANK.test(this.value)) this.fail('a text');
    return this.value;
  }

  path(): string {
    const text = this.text();
    return PATH_PATTERN.test(text) ? text : this.fail('a relative path of plain characters');
  }

  sha256(): string {
    const text = this.text();
    return SHA256_PATTERN.test(text) ? text : this.fail('a SHA-256 in hexadecimal');
  }

  number(minimum = -Number.MAX_VALUE, maximum = Number.MAX_VALUE): number {
    const { value } = this;
    if (typeof value !== 'number' || !(value >= minimum && value <= maximum)) {
      this.fail(minimum === -Number.MAX_VALUE ? 'a number' : `a number from ${minimum}`);
    }
    return value;
  }

  integer(minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER): number {
    const { value } = this;
    if (
      typeof value !== 'number' ||
      !Number.isInteger(value) ||
      value < minimum ||
      value > maximum
    ) {
      this.fail(`a whole number${bounds(minimum, maximum)}`);
    }
    return value;
  }

  boolean(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.fail('true or false');
  }

  oneOf<const Choice extends string>(...choices: Choice[]): Choice {
    return choices.find((choice) => choice === this.value) ?? this.fail(choices.join(' or '));
  }

  /** The value as messages quote it. */
  shown(): string {
    return quote(this.value);
  }

  fail(expected: string): never {
    return this.refuse(`${this.place || 'the document'} is ${this.shown()}. Expected ${expected}.`);
  }

  /** Throws a sentence about the document and what was expected. */
  refuse(problem: string): never {
    throw new KerasportError(
      'bundle-damaged',
      `'${this.document}' is not valid: ${problem} Export the model again.`,
    );
  }
}

/** What shows nothing, in JavaScript or in Python. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python calls these space, and JavaScript does not.
const BLANK = /^[\s\u001c-\u001f\u0085]*$/;

/** What a message says of the bounds of whole numbers. */
function bounds(minimum: number, maximum: number): string {
  const lower = minimum > Number.MIN_SAFE_INTEGER ? ` from ${minimum}` : '';
  return lower + (maximum < Number.MAX_SAFE_INTEGER ? ` to ${maximum}` : '');
}

/** A shape as messages show it: 3 x 3 x 8. */
export function dimensions(sides: readonly number[]): string {
  return sides.length ? sides.join(' x ') : '1';
}

/** The number of values of a shape. */
export function product(sides: readonly number[]): number {
  return sides.reduce((result, side) => result * side, 1);
}

/** The same, or a number above every limit: larger ones would not be exact. */
export function bounded(sides: readonly number[]): number {
  return sides.reduce((result, side) => Math.min(result * side, 2 * MAX_LAYER_VALUES), 1);
}

/** The root of the JSON document in `bytes`. */
export function readJson(document: string, bytes: Uint8Array): Field {
  try {
    return new Field(document, '', parseJson(bytes));
  } catch (error) {
    throw new KerasportError(
      'bundle-damaged',
      `'${document}' is not JSON (${messageOf(error)}). Export the model again.`,
      { cause: error },
    );
  }
}
