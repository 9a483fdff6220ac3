/**
 * Heat maps of what mattered for an answer: the browser half of `python/kerasport/explanation.py`,
 * which computes the same numbers.
 */

import type { ExplainOptions, Explanation } from '../api.js';
import { checkClassCount } from '../bundle/metadata.js';
import { PATCHES } from '../constants.generated.js';
import { KerasportError, quote } from '../errors.js';
import type { ModelInput } from '../preprocess/spec.js';
import type { ImageSource } from '../reading/sources.js';
import type { ActivationMap } from './model.js';

/** What an explanation asks of a model: a part of a session. */
export interface Explainable {
  preprocess(image: ImageSource): Promise<ModelInput>;
  predict(pixels: Uint8Array): Promise<Float32Array>;
  classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined>;
}

/**
 * What mattered for the answer to a picture.
 *
 * @throws {@link KerasportError} `invalid-argument` where the model does not allow the method, or
 *   has no such class.
 */
export async function explain<ClassName extends string>(
  session: Explainable,
  image: ImageSource,
  classNames: readonly ClassName[],
  { classIndex, method = 'auto', onProgress }: ExplainOptions,
): Promise<Explanation<ClassName>> {
  const input = await session.preprocess(image);
  const before = await session.predict(input.data);
  checkClassCount(before.length, classNames.length);
  const index = classIndex ?? before.indexOf(Math.max(...before));
  checkRequest(index, method, classNames);
  const finish = (used: Explanation['method'], heat: Float32Array): Explanation<ClassName> => {
    onProgress?.(1);
    const { height, width } = input;
    return {
      method: used,
      classIndex: index,
      className: classNames[index],
      heat,
      height,
      width,
      input,
    };
  };
  if (method !== 'occlusion') {
    const map = await session.classActivation(input.data, index);
    if (map) return finish('class-activation', activationHeat(map, input));
    if (method === 'class-activation') {
      throw new KerasportError(
        'invalid-argument',
        'This model has no class activation map: it does not end in global average pooling, one ' +
          "dense layer and a softmax, or sigmoids of labels. Use the method 'occlusion' or 'auto'.",
      );
    }
  }
  const places = patches(input);
  const color = meanColor(input.data, input);
  const drops: number[] = [];
  for (const place of places) {
    const after = await session.predict(covered(input.data, input, place, color));
    drops.push(before[index] - after[index]);
    onProgress?.(drops.length / (places.length + 1));
  }
  return finish('occlusion', occlusionHeat(input, drops));
}

function checkRequest(index: number, method: string, classNames: readonly string[]): void {
  if (!['auto', 'class-activation', 'occlusion'].includes(method)) {
    throw new KerasportError(
      'invalid-argument',
      `The method is ${quote(method)}. Expected auto, class-activation or occlusion.`,
    );
  }
  if (Number.isInteger(index) && index >= 0 && index < classNames.length) return;
  throw new KerasportError(
    'invalid-argument',
    `The class to explain is ${quote(index)}. Expected a whole number from 0 to ` +
      `${classNames.length - 1}.`,
  );
}

/** A square or rectangular patch that is covered. */
interface Patch {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Size of the model's input. */
interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * The patches that occlusion covers, row by row: each a sixth of a side, rounded up, and half a
 * patch from the one before it, rounded up; the last one ends at the edge.
 */
function patches({ height, width }: Shape): Patch[] {
  const rows = starts(height);
  const columns = starts(width);
  return rows.places.flatMap((top) =>
    columns.places.map((left) => ({ top, left, height: rows.side, width: columns.side })),
  );
}

function starts(length: number): { side: number; places: number[] } {
  const side = Math.ceil(length / PATCHES);
  const stride = Math.ceil(side / 2);
  const last = length - side;
  const count = Math.ceil(last / stride) + 1;
  return { side, places: Array.from({ length: count }, (_, i) => Math.min(i * stride, last)) };
}

/** The mean of each channel, rounded half up: what patches are covered with. */
function meanColor(pixels: Uint8Array, { channels }: Shape): number[] {
  const count = pixels.length / channels;
  return Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let i = channel; i < pixels.length; i += channels) sum += pixels[i];
    return Math.floor((2 * sum + count) / (2 * count));
  });
}

/** `pixels` with one patch covered; a copy. */
function covered(
  pixels: Uint8Array,
  { width, channels }: Shape,
  patch: Patch,
  color: readonly number[],
): Uint8Array {
  const result = pixels.slice();
  for (let y = patch.top; y < patch.top + patch.height; y++) {
    const from = (y * width + patch.left) * channels;
    for (let i = 0; i < patch.width * channels; i++) result[from + i] = color[i % channels];
  }
  return result;
}

/**
 * The heat of occlusion: for each pixel the mean, over the patches that cover it, of how much the
 * class's probability falls when the patch is covered; then as {@link normalized}.
 *
 * @param drops - for each of `patches(shape)` the probability before minus the one after.
 */
function occlusionHeat(shape: Shape, drops: readonly number[]): Float32Array {
  const { height, width } = shape;
  const sums = new Float64Array(height * width);
  const counts = new Float64Array(height * width);
  for (const [index, patch] of patches(shape).entries()) {
    for (let y = patch.top; y < patch.top + patch.height; y++) {
      for (let x = patch.left; x < patch.left + patch.width; x++) {
        sums[y * width + x] += drops[index];
        counts[y * width + x] += 1;
      }
    }
  }
  return normalized(sums.map((sum, place) => sum / counts[place]));
}

/** The heat of a class activation map: enlarged between its values' centres, then normalised. */
function activationHeat(
  map: { readonly values: Float32Array; readonly height: number; readonly width: number },
  { height, width }: Shape,
): Float32Array {
  const rows = blends(map.height, height);
  const columns = blends(map.width, width);
  const result = new Float64Array(height * width);
  for (const [y, { first, second, share }] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      const across = (row: number) =>
        map.values[row * map.width + column.first] * (1 - column.share) +
        map.values[row * map.width + column.second] * column.share;
      result[y * width + x] = across(first) * (1 - share) + across(second) * share;
    }
  }
  return normalized(result);
}

/** For each place of `to` the two places of `from` between whose centres it lies. */
function blends(from: number, to: number) {
  return Array.from({ length: to }, (_, place) => {
    const center = Math.min(Math.max(((place + 0.5) * from) / to - 0.5, 0), from - 1);
    const first = Math.floor(center);
    return { first, second: Math.min(first + 1, from - 1), share: center - first };
  });
}

/** Negative values as 0, and the rest divided by the largest one; all 0 where there is none. */
function normalized(values: Float64Array): Float32Array {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, value);
  return Float32Array.from(values, (value) => (largest > 0 ? Math.max(0, value) / largest : 0));
}
