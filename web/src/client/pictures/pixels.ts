/** What a decoded picture is. */

/**
 * An upright picture as 8-bit pixels, row by row: gray (1 channel), RGB (3) or RGBA with
 * unpremultiplied alpha (4).
 */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}
