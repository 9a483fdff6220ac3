/** Preprocessing without a model, in the thread of whoever calls. */

import type { ImageSpec, ModelInput } from '../../preprocess/spec.js';
import type { ReadPixels } from '../../reading/bitmap-pixels.js';
import type { ImageSource } from '../../reading/sources.js';
import { coreCode } from './index.js';

/**
 * A picture as a model with `spec` sees it, without a model: the same bytes as in Python.
 *
 * @example
 * ```js
 * const { data } = await kerasport.preprocessImage(file, {
 *   height: 224, width: 224, colorMode: 'rgb',
 *   fit: 'crop', resample: 'bilinear', background: [255, 255, 255],
 * });
 * ```
 */
export async function preprocessImage(image: ImageSource, spec: ImageSpec): Promise<ModelInput> {
  return (await coreCode('wasm').local()).preprocessImage(image, spec);
}

/**
 * The upright pixels of a picture, first frame, embedded colour profile ignored: of files the same
 * bytes as in Python, or refused as there. A video gives its current frame.
 *
 * @throws {@link KerasportError} `picture-unreadable`.
 */
export async function readPixels(image: ImageSource): Promise<ReadPixels> {
  return (await coreCode('wasm').local()).readPixels(image);
}
