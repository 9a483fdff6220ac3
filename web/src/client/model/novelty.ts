/**
 * How far a picture's features are from those of the training: the content of `novelty.bin`. The twin of
 * `bundle/novelty.py`: the same files are refused in the same words, and equal features give equal bits.
 * All is computed in doubles from float32 values, each sum one value after the other.
 */

import type { Field } from '../bundle/fields.js';
import type { Novelty } from '../bundle/metadata.generated.js';
import { MAX_NOVELTY_VALUES, METADATA_FILE, NOVELTY_FILE } from '../constants.generated.js';
import { KerasportError, quote } from '../errors.js';
import type { LayerEntry } from './topology.js';

/** What a picture's distance from those of the training comes to. */
export interface Strangeness {
  /** The share of validation pictures that are nearer, 0..1. */
  readonly novelty: number;
  /** Whether it is no farther than most of them. */
  readonly familiar: boolean;
}

/** What distances are measured with: see `NoveltyScale` in Python. */
export class NoveltyScale {
  readonly #novelty: Novelty;
  /** Origin, directions, precisions, rest, centers. */
  readonly #values: Float32Array;

  /** @throws {@link KerasportError} `bundle-damaged`. */
  constructor(novelty: Novelty, content: Uint8Array) {
    const count = valuesOf(novelty);
    if (content.length !== 4 * count) {
      throw damaged(
        `has ${content.length} bytes. Expected ${4 * count}, as its novelty in ${METADATA_FILE} says.`,
      );
    }
    const view = new DataView(content.buffer, content.byteOffset, content.length);
    const values = Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
    const { features, axes } = novelty;
    const factors = values.subarray((1 + axes) * features, (1 + axes) * features + axes + 1);
    if (!values.every(Number.isFinite) || !factors.every((factor) => factor >= 0)) {
      throw damaged(
        'holds values that are not finite numbers, or factors below 0. Expected what a distance is ' +
          'computed from.',
      );
    }
    this.#novelty = novelty;
    this.#values = values;
  }

  /** How strange a picture is by its features. */
  judge(vector: Float32Array): Strangeness {
    const novelty = this.share(this.distance(vector));
    return { novelty, familiar: novelty <= this.#novelty.threshold };
  }

  /** The distance, in unit length, from the nearest center; infinite where it is no number. */
  distance(vector: Float32Array): number {
    const { features, axes, centers } = this.#novelty;
    const values = this.#values;
    const precisions = (1 + axes) * features;
    const firstCenter = precisions + axes + 1;
    const along = new Float64Array(axes);
    let square = 0;
    for (const value of vector) square += value * value;
    const length = Math.sqrt(square) || 1;
    const given = Float64Array.from(vector, (value, i) => value / length - values[i]);
    let whole = 0;
    for (const value of given) whole += value * value;
    let spanned = 0;
    for (let axis = 0; axis < axes; axis++) {
      const row = (1 + axis) * features;
      let sum = 0;
      for (let i = 0; i < features; i++) sum += given[i] * values[row + i];
      along[axis] = sum;
      spanned += sum * sum;
    }
    let best = Number.POSITIVE_INFINITY;
    for (let center = 0; center < centers; center++) {
      let sum = 0;
      for (let axis = 0; axis < axes; axis++) {
        const off = along[axis] - values[firstCenter + center * axes + axis];
        sum += values[precisions + axis] * (off * off);
      }
      if (sum < best) best = sum;
    }
    const distance = best + values[firstCenter - 1] * Math.max(whole - spanned, 0);
    return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
  }

  /** Where a distance lies among those of the validation pictures, 0..1. */
  share(distance: number): number {
    const { quantiles } = this.#novelty;
    const last = quantiles.length - 1;
    if (distance >= quantiles[last]) return 1;
    if (distance <= quantiles[0]) return 0;
    let place = 0;
    while (quantiles[place + 1] <= distance) place++;
    const [low, high] = [quantiles[place], quantiles[place + 1]];
    return (place + (distance - low) / (high - low)) / last;
  }
}

/** How many values `novelty.bin` has. */
function valuesOf({ features, axes, centers }: Novelty): number {
  return features + axes * features + axes + 1 + centers * axes;
}

/**
 * Checks that `novelty` in metadata names a layer that takes so many features, and has its file.
 *
 * @param field - the root of the document.
 * @throws {@link KerasportError} `bundle-damaged`.
 */
export function checkNovelty(
  field: Field,
  novelty: Novelty,
  layers: readonly LayerEntry[],
  shapes: ReadonlyMap<string, readonly number[]>,
  files: ReadonlyMap<string, number>,
): void {
  const layer = layers.find(({ name }) => name === novelty.layer);
  const source = layer?.className === 'Dense' ? shapes.get(layer.inputs[0]) : undefined;
  if (source?.length !== 1 || source[0] !== novelty.features) {
    field.refuse(
      `novelty.layer is ${quote(novelty.layer)}. Expected a Dense layer that takes ` +
        `${novelty.features} values.`,
    );
  }
  const count = valuesOf(novelty);
  if (count > MAX_NOVELTY_VALUES) {
    field.refuse(`novelty has ${count} values. Expected at most ${MAX_NOVELTY_VALUES}.`);
  }
  if (files.get(NOVELTY_FILE) !== 4 * count) {
    field.refuse(
      `files does not list '${NOVELTY_FILE}' with ${4 * count} bytes. Expected the values that ` +
        'novelty is computed from.',
    );
  }
}

function damaged(problem: string): KerasportError {
  return new KerasportError(
    'bundle-damaged',
    `'${NOVELTY_FILE}' ${problem} Export the model again.`,
  );
}
