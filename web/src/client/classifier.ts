/** The classifier: a bundle, an engine, and the pixels in between. */

import { type BackendChoice, type BackendName, TOLERANCE } from './backend.js';
import {
  type BundleSource,
  concatenate,
  type Folder,
  openFolder,
  readRequired,
  readVerified,
  sha256,
} from './bundle.js';
import {
  type Engine,
  type InputShape,
  loadEngine,
  type ModelArtifacts,
  tfjsVersion,
} from './engine.js';
import { KerasportError, quote } from './errors.js';
import { type ImageSource, preprocessImage, readPixels } from './image-source.js';
import type { FileEntry, Metadata, Sample } from './metadata.generated.js';
import { type Field, imageSpecOf, readJson, readMetadata, readSamples } from './metadata.js';
import { type ModelInput, preprocess } from './preprocess.js';

/** Options of {@link loadClassifier}. */
export interface LoadOptions {
  /** Where to run; `auto` (the default) is wasm, else webgl, else cpu. */
  readonly backend?: BackendChoice;
  /** Gives the loading up. */
  readonly signal?: AbortSignal;
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
  /** What the model saw. */
  readonly input: ModelInput;
  readonly milliseconds: {
    readonly decode: number;
    readonly preprocess: number;
    readonly inference: number;
    readonly total: number;
  };
}

/** A picture of the bundle with Keras' answer. */
export interface SamplePicture extends Sample {
  readonly blob: Blob;
}

/** What {@link Classifier.selfTest} found on this device. */
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

/**
 * Loads a classifier.
 *
 * @param source - nothing for the model embedded in the page (`model.js`), `{embedded: name}`, the
 *   URL of an exported folder, or `{files}` that the user picked.
 * @throws {@link KerasportError} with a `code` that says what is wrong.
 *
 * @example
 * ```js
 * const classifier = await kerasport.loadClassifier();
 * const { predictions } = await classifier.classify(file, { topK: 3 });
 * console.log(predictions[0].className, predictions[0].probability);
 * ```
 */
export async function loadClassifier(
  source?: BundleSource,
  { backend = 'auto', signal }: LoadOptions = {},
): Promise<Classifier> {
  signal?.throwIfAborted();
  const folder = openFolder(source);
  const bytes = await readRequired(folder, 'metadata.json', signal);
  const metadata = readMetadata(bytes, tfjsVersion);
  const artifacts = await readModel(folder, metadata.files, signal);
  signal?.throwIfAborted();
  const engine = await loadEngine(artifacts, metadata.inputShape as InputShape, backend);
  try {
    signal?.throwIfAborted();
    checkOutputs(engine, metadata);
  } catch (error) {
    engine.dispose();
    throw error;
  }
  return new Classifier(folder, metadata, engine);
}

async function readModel(
  folder: Folder,
  files: readonly FileEntry[],
  signal?: AbortSignal,
): Promise<ModelArtifacts> {
  const root = readJson('model.json', await readVerified(folder, 'model.json', files, signal));
  const object = (field: Field) =>
    typeof field.value === 'object' && field.value !== null ? field.value : field.fail('an object');
  const groups = root.get('weightsManifest').list((group) => ({
    paths: group.get('paths').list((path) => path.path()),
    weights: group.get('weights').list(object),
  }));
  const pieces = await Promise.all(
    groups.flatMap(({ paths }) => paths.map((path) => readVerified(folder, path, files, signal))),
  );
  const weights = concatenate(pieces);
  return {
    topology: object(root.get('modelTopology')),
    weightSpecs: groups.flatMap((group) => group.weights),
    weightData: weights.slice().buffer,
  };
}

function checkOutputs(engine: Engine, { classNames }: Metadata): void {
  if (engine.outputs === classNames.length) return;
  throw new KerasportError(
    'bundle-damaged',
    `The model gives ${engine.outputs} probabilities for ${classNames.length} class names. ` +
      'Expected one for each. Export the model again.',
  );
}

/** A loaded model that classifies pictures. Made by {@link loadClassifier}. */
export class Classifier {
  readonly #folder: Folder;
  readonly #engine: Engine;
  #samples: Promise<SamplePicture[]> | undefined;
  #disposed = false;

  /** @internal */
  constructor(
    folder: Folder,
    /** Everything that the bundle says about itself. */
    readonly metadata: Metadata,
    engine: Engine,
  ) {
    this.#folder = folder;
    this.#engine = engine;
  }

  /** Names of the classes, in the order of the probabilities. */
  get classNames(): readonly string[] {
    return this.metadata.classNames;
  }

  /** Where the model runs. */
  get backend(): BackendName {
    return this.#engine.backend;
  }

  /** What the model sees of a picture: the same bytes as in Python. */
  async preprocess(image: ImageSource): Promise<ModelInput> {
    return preprocessImage(image, imageSpecOf(this.metadata));
  }

  /** The probabilities for a preprocessed picture, in the order of `classNames`. */
  async predict(input: Pick<ModelInput, 'data'>): Promise<Float32Array> {
    const { data } = input;
    const expected = this.metadata.inputShape.reduce((product, side) => product * side, 1);
    this.#checkAlive();
    if (!(data instanceof Uint8Array) || data.length !== expected) {
      throw new KerasportError(
        'invalid-argument',
        `The model's input is ${quote(data?.constructor?.name)} of length ${data?.length}. ` +
          `Expected a Uint8Array of ${expected}, as preprocess() gives it.`,
      );
    }
    return this.#engine.run(data);
  }

  /** The most probable classes of a picture; `topK` (5) says how many. */
  async classify(
    image: ImageSource,
    { topK = 5 }: { readonly topK?: number } = {},
  ): Promise<Classification> {
    this.#checkAlive();
    const start = performance.now();
    const pixels = await readPixels(image);
    const decoded = performance.now();
    const input = preprocess(pixels, imageSpecOf(this.metadata));
    const preprocessed = performance.now();
    const probabilities = await this.predict(input);
    const end = performance.now();
    return {
      predictions: this.#best(probabilities, topK),
      probabilities,
      input,
      milliseconds: {
        decode: decoded - start,
        preprocess: preprocessed - decoded,
        inference: end - preprocessed,
        total: end - start,
      },
    };
  }

  /** The pictures in the bundle, with Keras' answers; read once. */
  samples(): Promise<SamplePicture[]> {
    this.#samples ??= this.#readSamples();
    return this.#samples;
  }

  /** Compares this device with Keras on the pictures in the bundle. */
  async selfTest(): Promise<SelfTest> {
    const tolerance = TOLERANCE[this.backend];
    let differingPictures: number | null = 0;
    let maxAbsoluteDifference = 0;
    let worst: string | null = null;
    const samples = await this.samples();
    for (const sample of samples) {
      const input = await this.preprocess(sample.blob);
      const hash = await sha256(input.data);
      if (hash === undefined) differingPictures = null;
      else if (hash !== sample.pixelsSha256) differingPictures = (differingPictures ?? 0) + 1;
      const difference = largestDifference(await this.predict(input), sample.probabilities);
      if (worst === null || difference > maxAbsoluteDifference) {
        maxAbsoluteDifference = difference;
        worst = sample.file;
      }
    }
    return {
      pictures: samples.length,
      differingPictures,
      maxAbsoluteDifference,
      tolerance,
      passed: !differingPictures && maxAbsoluteDifference <= tolerance,
      worst,
    };
  }

  /** Runs once on an empty picture, so that the first real one is not slower than the rest. */
  async warmUp(): Promise<void> {
    const [height, width, channels] = this.metadata.inputShape;
    await this.predict({ data: new Uint8Array(height * width * channels) });
  }

  /** Frees the model's memory. The classifier cannot be used afterwards. */
  dispose(): void {
    if (!this.#disposed) this.#engine.dispose();
    this.#disposed = true;
  }

  #checkAlive(): void {
    if (!this.#disposed) return;
    throw new KerasportError(
      'disposed',
      'The classifier was disposed of. Load it again with loadClassifier().',
    );
  }

  #best(probabilities: Float32Array, topK: number): Prediction[] {
    return Array.from(probabilities, (probability, index) => ({
      className: this.classNames[index],
      index,
      probability,
    }))
      .sort((a, b) => b.probability - a.probability || a.index - b.index)
      .slice(0, Math.max(0, topK));
  }

  async #readSamples(): Promise<SamplePicture[]> {
    const { files, classNames } = this.metadata;
    const list = 'samples/samples.json';
    if (!files.some((entry) => entry.path === list)) return [];
    const samples = readSamples(await readVerified(this.#folder, list, files), classNames);
    return Promise.all(
      samples.map(async (sample) => {
        const bytes = await readVerified(this.#folder, sample.file, files);
        const type = `image/${sample.file.split('.').at(-1)}`.replace('jpg', 'jpeg');
        return { ...sample, blob: new Blob([bytes as Uint8Array<ArrayBuffer>], { type }) };
      }),
    );
  }
}

function largestDifference(a: Float32Array, b: readonly number[]): number {
  let largest = 0;
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    // Not a number is as far away as can be.
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return largest;
}
