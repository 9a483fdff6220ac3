/** From what the browser shows to a bitmap that can be read, or handed to a worker. */

import { KerasportError } from '../errors.js';
import { AS_STORED } from './bitmap-pixels.js';
import { type Drawable, type ImageSource, isA, isDrawable } from './sources.js';

/** Whether `source` belongs to the page, so that no worker can have it. */
export function isElement(source: ImageSource): source is Exclude<Drawable, ImageBitmap> {
  return isDrawable(source) && !isA('ImageBitmap', source);
}

/**
 * What is drawn, as a bitmap; a bitmap itself.
 *
 * @throws {@link KerasportError} `picture-unreadable`.
 */
export async function openBitmap(source: Drawable): Promise<ImageBitmap> {
  if (!isElement(source)) return source;
  try {
    return await createImageBitmap(source, AS_STORED);
  } catch (error) {
    throw new KerasportError(
      'picture-unreadable',
      'The picture cannot be read: the browser has no pixels of it. Wait until an <img> is loaded ' +
        'or a <video> shows a frame, and give a canvas at least one pixel.',
      { cause: error },
    );
  }
}
