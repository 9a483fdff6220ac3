/** What of a picture file decides its pixels. */

import type { PictureFormat } from '../constants.generated.js';

/**
 * A picture file reduced to what decides its pixels, checked but not decoded.
 *
 * `width` and `height` are as stored, before `orientation` (EXIF's 1 to 8) is applied. `content` is
 * what a decoder gets. `transparentLevel` is PNG's colour that stands for transparent, in the
 * file's own bit depth: one value for gray, three for RGB. `screen` is set where
 * the picture is only a part of something transparent. Where `isOpaque`, the file says that nothing
 * of it is transparent, and pixels that are contradict it.
 */
export interface PictureFile {
  readonly format: PictureFormat;
  readonly width: number;
  readonly height: number;
  readonly content: Uint8Array;
  readonly orientation: number;
  readonly transparentLevel?: readonly number[];
  readonly screen?: Screen;
  readonly isOpaque?: boolean;
}

/** The screen of an animation, and where the picture's left top corner lies on it. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}
