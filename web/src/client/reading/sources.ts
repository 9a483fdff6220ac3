/** Where pictures come from. */

/** Everything that can be classified; a string is a `data:` URL. */
export type ImageSource =
  | Blob
  | string
  | HTMLImageElement
  | HTMLCanvasElement
  | HTMLVideoElement
  | OffscreenCanvas
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
