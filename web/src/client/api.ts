/** What a classifier gives back, and what it may be asked with. */

import type { BackendChoice } from './backends/names.js';
import type { Sample } from './bundle/metadata.generated.js';
import type { BackendName } from './constants.generated.js';
import type { KerasportError } from './errors.js';
import type { ModelInput } from './preprocess/spec.js';
import type { ImageSource } from './reading/sources.js';

/** What {@link LoadOptions.onProgress} is told about: the files, then the model's start. */
export type LoadStage = 'reading' | 'starting';

/** Options of `loadClassifier`. */
export interface LoadOptions {
  /** Where to run; `auto` (the default) starts on wasm and moves to a faster backend if it passes. */
  readonly backend?: BackendChoice;
  /** Gives the loading up. */
  readonly signal?: AbortSignal;
  /**
   * Whether to work beside the page's own thread: `true` must, `false` must not, `auto` (the
   * default) does where the browser and the page's Content-Security-Policy let it.
   */
  readonly worker?: boolean | 'auto';
  /**
   * Where the package's `kerasport-worker.js` lies on the site, or a function that starts it, for
   * sites whose Content-Security-Policy allows no `blob:` worker (docs/client-api.md).
   */
  readonly workerUrl?: string | URL | (() => Worker);
  /** Told how far the loading is, in 0..1, and what is being done. */
  readonly onProgress?: (fraction: number, what: LoadStage) => void;
}

/** Options of `classify`. */
export interface ClassifyOptions {
  /** How many classes to name; 5 unless told. */
  readonly topK?: number;
  /** Gives the picture up. */
  readonly signal?: AbortSignal;
}

/** Options of `classifyMany`. */
export interface ClassifyManyOptions extends ClassifyOptions {
  /** Told after each picture; `total` is null where the pictures cannot be counted beforehand. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /** Told each result as it comes; the next picture waits for a promise that it returns. */
  readonly onResult?: (result: BatchResult) => void | Promise<void>;
}

/** The answer to one picture of many: a classification, or the error that it met. */
export interface BatchResult {
  /** Position among the pictures. */
  readonly index: number;
  readonly image: ImageSource;
  readonly classification: Classification | null;
  readonly error: KerasportError | null;
}

/** One class with its probability. */
export interface Prediction {
  readonly className: string;
  /** Position in `classNames`. */
  readonly index: number;
  readonly probability: number;
}

/** The answer to one picture. */
export interface Classification {
  /** The most probable classes, best first. */
  readonly predictions: Prediction[];
  /** All probabilities, in the order of `classNames`. */
  readonly probabilities: Float32Array;
  /**
   * Whether the best class reaches the bundle's `confidenceThreshold`; true where it has none.
   * Where this is false, say "not sure" instead of naming a class.
   */
  readonly isSure: boolean;
  /** What the model saw. */
  readonly input: ModelInput;
  readonly milliseconds: {
    readonly decode: number;
    readonly preprocess: number;
    readonly inference: number;
    readonly total: number;
  };
}

/** How a heat map was found. */
export type ExplanationMethod = 'class-activation' | 'occlusion';

/** Options of `explain`. */
export interface ExplainOptions {
  /** The class to explain; the most probable one unless told. */
  readonly classIndex?: number;
  /** `auto` (the default) is class activation where the model allows it, else occlusion. */
  readonly method?: 'auto' | ExplanationMethod;
  readonly signal?: AbortSignal;
  /** Told how much is done, in 0..1. */
  readonly onProgress?: (fraction: number) => void;
}

/** What mattered for an answer. */
export interface Explanation {
  readonly method: ExplanationMethod;
  /** The class that is explained: its position in `classNames`. */
  readonly classIndex: number;
  readonly className: string;
  /**
   * One value per pixel of the model's input, row by row, in 0..1: 1 where it mattered most, and 0
   * everywhere where nothing spoke for the class.
   */
  readonly heat: Float32Array;
  readonly height: number;
  readonly width: number;
  /** What the model saw; the heat map lies over it. */
  readonly input: ModelInput;
}

/** A picture of the bundle with Keras' answer. */
export interface SamplePicture extends Sample {
  readonly blob: Blob;
}

/** What `selfTest` found on this device. */
export interface SelfTest {
  /** Number of pictures that were compared. */
  readonly pictures: number;
  /**
   * Pictures whose pixels are not those that Keras saw, by SHA-256; null where this page cannot
   * hash (http without TLS).
   */
  readonly differingPictures: number | null;
  /** Largest difference of a probability from Keras. */
  readonly maxAbsoluteDifference: number;
  /** Largest difference that is float rounding on this backend. */
  readonly tolerance: number;
  readonly passed: boolean;
  /** File of the picture with the largest difference. */
  readonly worst: string | null;
}

/** How one backend did in `tune`. */
export interface BackendTrial {
  readonly backend: BackendName;
  /** Median time of an inference; null where it does not start or gives other answers. */
  readonly milliseconds: number | null;
  /** Whether the model runs there now. */
  readonly adopted: boolean;
  /** Why not, or null. */
  readonly reason: string | null;
}

/** What lies in the memory of the inference engine. */
export interface MemoryUse {
  readonly tensors: number;
  readonly bytes: number;
}
