/** Checks of what callers give: every wrong argument is `invalid-argument` and says what came. */

import { OUTPUT_KINDS } from './constants.generated.js';
import { KerasportError, quote } from './errors.js';

type Expectation = readonly [is: (value: unknown) => boolean, expected: string];

const FUNCTION: Expectation = [(value) => typeof value === 'function', 'a function'];

/** What the options are, in every function that takes them. */
const OPTIONS: Readonly<Record<string, Expectation>> = {
  topK: [(value) => Number.isInteger(value) && Number(value) >= 1, 'a whole number from 1'],
  workers: [
    (value) => value === 'auto' || (Number.isInteger(value) && Number(value) >= 1),
    "a whole number from 1, or 'auto'",
  ],
  signal: [(value) => isObject(value) && 'aborted' in value, 'an AbortSignal'],
  onProgress: FUNCTION,
  onResult: FUNCTION,
};

const LOAD_OPTIONS: Readonly<Record<string, Expectation>> = {
  ...OPTIONS,
  kind: [
    (value) => value === 'any' || OUTPUT_KINDS.some((kind) => kind === value),
    "'probabilities', 'labels' or 'any'",
  ],
  worker: [(value) => value === 'auto' || typeof value === 'boolean', "true, false or 'auto'"],
  fetch: FUNCTION,
  onBackendChange: FUNCTION,
};

const CAMERA_OPTIONS: Readonly<Record<string, Expectation>> = {
  facing: [(value) => value === 'environment' || value === 'user', "'environment' or 'user'"],
  deviceId: [(value) => typeof value === 'string', "a camera's deviceId"],
  video: [(value) => isObject(value) && 'srcObject' in value, 'a <video> element'],
  signal: OPTIONS.signal,
};

/** Checks the options that functions share. */
export function checkOptions(options: unknown): void {
  check(options, OPTIONS);
}

/** Checks the options of `loadClassifier`. */
export function checkLoadOptions(options: unknown): void {
  check(options, LOAD_OPTIONS);
}

/** Checks the options of `openCamera`. */
export function checkCameraOptions(options: unknown): void {
  check(options, CAMERA_OPTIONS);
}

/** Checks that there are several of something. */
export function checkIterable(values: unknown): void {
  const isMany = isObject(values) && (Symbol.iterator in values || Symbol.asyncIterator in values);
  if (isMany) return;
  throw wrong(`The pictures are ${quote(values)}. Expected a list, or what yields pictures.`);
}

function check(options: unknown, expectations: Readonly<Record<string, Expectation>>): void {
  if (!isObject(options)) throw wrong(`The options are ${quote(options)}. Expected an object.`);
  for (const [name, [is, expected]] of Object.entries(expectations)) {
    const value: unknown = Reflect.get(options, name);
    // Undefined stands for the default.
    if (value === undefined || is(value)) continue;
    throw wrong(`The option '${name}' is ${quote(value)}. Expected ${expected}.`);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function wrong(message: string): KerasportError {
  return new KerasportError('invalid-argument', message);
}
