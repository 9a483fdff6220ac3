/** How each layer becomes kernel calls. */

import { product } from '../bundle/fields.js';
import type { LayerName } from '../constants.generated.js';
import type { TileSide } from '../model/winograd.js';
import type { Ending } from './epilogue.js';
import type { Later, ProgramWriter, Tensor } from './program.js';

/** A weight of a layer, in the shape of the file. */
export interface Weight {
  readonly shape: readonly number[];
  /** To be read when the program is started: while a model is written down they may not be there. */
  readonly values: Float32Array;
  /** Waits for the values; undefined where they are there. */
  readonly arrival?: () => Promise<void>;
}

/** What is made of the values of some weights, when they are there. */
export function later(
  length: number,
  weights: readonly (Weight | undefined)[],
  read: () => ArrayLike<number>,
): Later {
  const arrivals = weights.flatMap((weight) => weight?.arrival?.bind(weight) ?? []);
  return {
    length,
    read,
    async arrival() {
      for (const each of arrivals) await each();
    },
  };
}

/** All values of a weight, when they are there. */
export function valuesOf(weight: Weight): Later {
  return later(product(weight.shape), [weight], () => weight.values);
}

/** The weights of every layer, by its name. */
export type Weights = ReadonlyMap<string, Readonly<Record<string, Weight>>>;

/** A layer to be written down. Everything in it was checked against the rules of `layer-rules.ts`. */
export interface LayerJob {
  readonly writer: ProgramWriter;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Tensor[];
  /** By the last part of their name. */
  readonly weights: Readonly<Record<string, Weight>>;
  /** What it computes at its end. */
  readonly activation: Ending;
  /** Shape of the output, without the batch. */
  readonly shape: readonly number[];
  /** Added before the activation; as large as the output. Only where `fusion.ts` says so. */
  readonly added?: Tensor;
  /** Side of the tiles in which a convolution is computed by Winograd's way. */
  readonly side?: TileSide;
  /** Zeros around the input, besides the layer's own. Likewise. */
  readonly frame?: Frame;
  /** Whether the input holds whole numbers of one byte each. Likewise. */
  readonly ofBytes?: true;
  /** Whose first channels the output is. Likewise. */
  readonly within?: Tensor;
}

/** Zeros around a picture: above and below, left and right. */
export type Frame = readonly [Side, Side];

type Side = readonly [before: number, behind: number];

/**
 * Writes a layer's calls and returns its output: a tensor of its own, or one of its inputs in
 * another shape. Inputs are never written to, because others may read them.
 */
export type LayerWriter = (job: LayerJob) => Tensor;

/** A layer that computes something: the input is there from the start. */
export type ComputedLayer = Exclude<LayerName, 'InputLayer'>;
