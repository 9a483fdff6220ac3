/** A model as it is handed over, and one that answers, wherever it runs. */

import type { MemoryUse } from '../api.js';
import type { BackendName } from '../constants.generated.js';
import type { Graph } from './topology.js';
import type { Tiles } from './winograd.js';

/** Shape of the model's input. */
export type InputShape = readonly [height: number, width: number, channels: number];

/** A model in memory, its files checked. */
export interface ModelArtifacts {
  readonly graph: Graph;
  readonly weightSpecs: readonly object[];
  /** In pieces that follow each other, wherever they are cut; some may still be read. */
  readonly weightData: readonly (ArrayBuffer | Promise<ArrayBuffer>)[];
  readonly inputShape: InputShape;
  /** Of every layer's output without the batch, by its name, as `plan.ts` found them. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Number of class names. */
  readonly classes: number;
  /** Convolutions that may be computed by Winograd's way, checked; see `sideOf`. */
  readonly winograd?: Tiles;
  /** Whether each answer is that of a label of its own: the model ends in sigmoids. */
  readonly ofLabels?: boolean;
  /** Which of the engine's binaries is to run; the better one where it is not said. */
  readonly binary?: 'plain' | 'relaxed';
}

/** One value per place of the last feature maps, row by row. */
export interface ActivationMap {
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** A model that is ready to answer. */
export interface RunningModel {
  readonly backend: BackendName;
  /** The answer to one picture of 0..255, row by row, channels last. */
  run(pixels: Uint8Array): Promise<Float32Array>;
  /**
   * How much each place of the last feature maps adds to a class: the sum over the maps of their
   * value times the weight that the dense layer gives them (Zhou et al., "Learning Deep Features
   * for Discriminative Localization", 2016). Undefined where the model does not end that way.
   */
  classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined>;
  memory(): MemoryUse;
  dispose(): void;
}

/** Starts models on one backend. */
export interface ModelLoader {
  /** Gets ready what every model needs; throws where the device does not have the backend. */
  prepare(): Promise<void>;
  load(artifacts: ModelArtifacts): Promise<RunningModel>;
}

/**
 * Of feature maps, row by row and channels last, what each place adds to a class.
 *
 * @param kernel - the dense layer's weights, a row per map.
 */
export function activationMap(
  features: Float32Array,
  [height, width, maps]: readonly number[],
  kernel: Float32Array,
  index: number,
): ActivationMap {
  const classes = kernel.length / maps;
  const values = Float32Array.from({ length: height * width }, (_, place) => {
    let sum = 0;
    for (let map = 0; map < maps; map++) {
      sum += features[place * maps + map] * kernel[map * classes + index];
    }
    return sum;
  });
  return { values, height, width };
}
