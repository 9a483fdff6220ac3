/**
 * From upright pixels to the model's uint8 input: the browser half of one specification, whose
 * other half is `python/kerasport/preprocess/`. Both give the same bytes, not similar ones. Pure
 * arithmetic: runs in a page, in a worker and in Node.js.
 */

import { MAX_PIXELS } from '../constants.generated.js';
import { KerasportError, quote } from '../errors.js';
import type { Pixels } from '../pictures/pixels.js';
import { fitInto } from './fit.js';
import { PixelRows } from './rows.js';
import { checkSpec, type ImageSpec, type ModelInput } from './spec.js';

/**
 * The model's input for one picture.
 *
 * @throws {@link KerasportError} `picture-unreadable` when there are no pixels, too many, or not as
 * many values as width, height and channels say; `invalid-argument` when `spec` asks for what there
 * is not.
 */
export function preprocess(picture: Pixels, spec: ImageSpec): ModelInput {
  checkSpec(spec);
  checkPixels(picture);
  const gray = spec.colorMode === 'grayscale';
  const { width, height } = spec;
  const data = fitInto(new PixelRows(picture, gray, spec.background), spec);
  return { data, width, height, channels: gray ? 1 : 3 };
}

function checkPixels({ data, width, height, channels }: Pixels): void {
  const sizesAreWhole = Number.isInteger(width) && Number.isInteger(height);
  if (!sizesAreWhole || width < 1 || height < 1 || ![1, 3, 4].includes(channels)) {
    throw new KerasportError(
      'picture-unreadable',
      `The pixels are ${quote(width)} wide and ${quote(height)} high with ${quote(channels)} ` +
        'channels. Expected at least 1 x 1 and 1, 3 or 4 channels.',
    );
  }
  if (width * height > MAX_PIXELS) {
    throw new KerasportError(
      'picture-unreadable',
      `The picture has ${width} x ${height} pixels; at most ${MAX_PIXELS} in all are processed. ` +
        'Reduce the picture first.',
    );
  }
  if (data.length !== width * height * channels) {
    throw new KerasportError(
      'picture-unreadable',
      `The pixels hold ${data.length} values. Expected ${width * height * channels}: width ` +
        `${width} x height ${height} x ${channels} channels.`,
    );
  }
}
