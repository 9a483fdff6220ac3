/** What a layer's rule is, and what a layer comes to. */

import type { LayerEntry } from '../topology.js';

/** Sides of a tensor without the batch. */
export type Shape = readonly number[];

/** What a layer comes to. */
export interface LayerPlan {
  /** Of its output. */
  readonly shape: Shape;
  /** Shapes by name; all of them must be there. */
  readonly weights?: Readonly<Record<string, Shape>>;
  /** For one picture. */
  readonly multiplyAdds?: number;
  /** Shape of the input with its padding, where it is laid out so. */
  readonly padded?: Shape;
  /** Whether it computes an activation of its choice. */
  readonly activates?: boolean;
}

/** What a layer comes to, by its settings and the shapes of its inputs. */
export type Rule = (layer: LayerEntry, inputs: readonly Shape[]) => LayerPlan;

/** Most sides of a tensor; with the batch, TensorFlow.js' kernels know six. */
export const MAX_RANK = 5;
