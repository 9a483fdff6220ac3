/** Where pictures come from. */

import { KerasportError, quote } from '../errors.js';

/** Everything that can be classified; a string is a `data:` URL. */
export type ImageSource =
  | Blob
  | string
  | HTMLImageElement
  | HTMLCanvasElement
  | HTMLVideoElement
  | OffscreenCanvas
  | VideoFrame
  | ImageBitmap
  | ImageData
  | RawPixels;

/**
 * Pixels row by row: gray, RGB or RGBA (unpremultiplied alpha), 8 bits each; `channels` is found
 * from the length where it is left out.
 */
export interface RawPixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels?: 1 | 3 | 4;
}

/** What is drawn, as opposed to stored. */
export type Drawable = Exclude<ImageSource, Blob | string | ImageData | RawPixels>;

/** What a page draws, by the names of its classes: some are missing in workers and in Node. */
const DRAWABLES = [
  'HTMLImageElement',
  'HTMLCanvasElement',
  'HTMLVideoElement',
  'OffscreenCanvas',
  'VideoFrame',
  'ImageBitmap',
];

/** What is often given instead of a picture, and what to give. */
const REMEDIES: readonly (readonly [is: (value: object) => boolean, remedy: string])[] = [
  [
    (value) => isA('ArrayBuffer', value) || ArrayBuffer.isView(value),
    'Wrap it: new Blob([bytes]).',
  ],
  [(value) => isA('Response', value), 'Give its content: await response.blob().'],
  [(value) => 'then' in value, 'Wait for it with await.'],
  [
    (value) => isA('FileList', value) || Array.isArray(value),
    'Give one of them, or use classifyMany().',
  ],
  [(value) => 'canvas' in value, 'Give its canvas.'],
  [(value) => isA('URL', value), 'Fetch it, and give await response.blob().'],
  [(value) => isA('Element', value), 'Give an <img>, <canvas> or <video> element.'],
];

/**
 * Whether `value` is of a class of the platform. This thread may not have the class, and each frame
 * has one of its own, of which only the name is the same.
 */
export function isA(name: string, value: unknown): boolean {
  const own: unknown = Reflect.get(globalThis, name);
  if (typeof own === 'function' && value instanceof own) return true;
  let type: unknown = value;
  while (typeof type === 'object' && type !== null) {
    type = Object.getPrototypeOf(type);
    if (type?.constructor?.name === name) return true;
  }
  return false;
}

/** Whether `value` is whole numbers of 0 to 255, one in a byte. */
export function isBytes(value: unknown): value is Uint8Array | Uint8ClampedArray {
  return isA('Uint8Array', value) || isA('Uint8ClampedArray', value);
}

/** Whether `source` is drawn, not stored. */
export function isDrawable(source: unknown): source is Drawable {
  return DRAWABLES.some((name) => isA(name, source));
}

/** Whether `source` is pixels. */
export function isRaw(source: unknown): source is RawPixels | ImageData {
  return (
    typeof source === 'object' &&
    source !== null &&
    ['data', 'width', 'height'].every((key) => key in source)
  );
}

/**
 * Checks that a value is a picture, or may be one.
 *
 * @throws {@link KerasportError} `invalid-argument`, with what to give instead.
 */
export function checkImageSource(source: unknown): asserts source is ImageSource {
  if (typeof source === 'string' || isA('Blob', source) || isDrawable(source) || isRaw(source)) {
    return;
  }
  const isObject = typeof source === 'object' && source !== null;
  const remedy = isObject ? REMEDIES.find(([is]) => is(source))?.[1] : undefined;
  const fix = remedy ?? (source == null ? 'Was there a file to choose from?' : undefined);
  throw new KerasportError(
    'invalid-argument',
    `The picture is ${nameOf(source)}. Expected a File or Blob, an <img>, <canvas> or <video>, an ` +
      'ImageBitmap, ImageData or VideoFrame, a data: URL, or pixels as {data, width, height}.' +
      (fix ? ` ${fix}` : ''),
  );
}

/** What a value is called: its class where it has one. */
function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return quote(value);
  const { name } = value.constructor ?? {};
  return typeof name === 'string' && name && name !== 'Object'
    ? `of the type ${name}`
    : 'an object';
}
