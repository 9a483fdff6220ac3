/** The classifier: a bundle, a session that runs it, and what people ask of it. */

import type {
  BackendTrial,
  BatchResult,
  Classification,
  ClassifyManyOptions,
  ClassifyOptions,
  ExplainOptions,
  Explanation,
  LoadOptions,
  MemoryUse,
  SamplePicture,
  SelfTest,
} from './api.js';
import { type BundleSource, type Folder, openFolder, readRequired } from './bundle/folder.js';
import type { Metadata } from './bundle/metadata.generated.js';
import { checkClassCount, readMetadata } from './bundle/metadata.js';
import { type BackendName, METADATA_FILE } from './constants.generated.js';
import { disposed, KerasportError, quote } from './errors.js';
import { type Explainable, explain } from './model/explanation.js';
import { readModel } from './page/model-files.js';
import { classificationOf } from './page/ranking.js';
import { readSamplePictures } from './page/sample-pictures.js';
import { type OpenSession, openSession, workerChoice } from './page/session.js';
import { compareSamples, tryFaster } from './page/trial.js';
import { type Tuning, TuningClock, whenIdle } from './page/tuning.js';
import type { ModelInput } from './preprocess/spec.js';
import type { ImageSource } from './reading/sources.js';
import { tfjsVersion } from './version.js';
import type { ModelParts, Session, SessionAnswer } from './worker/core.js';

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
  { backend = 'auto', signal, worker = 'auto', workerUrl, onProgress }: LoadOptions = {},
): Promise<Classifier> {
  signal?.throwIfAborted();
  const choice = workerChoice(worker, workerUrl);
  const folder = openFolder(source);
  const bytes = await readRequired(folder, METADATA_FILE, signal);
  const metadata = readMetadata(bytes, tfjsVersion);
  const parts = async () => {
    const report = (share: number) => onProgress?.(share * STARTING, 'reading');
    const model = await readModel(folder, metadata, signal, report);
    onProgress?.(STARTING, 'starting');
    return model;
  };
  const opened = await openSession(backend, choice, parts, signal);
  onProgress?.(1, 'starting');
  const tuning = { isAutomatic: backend === 'auto', worker: choice };
  return new LoadedClassifier(folder, metadata, opened, tuning);
}

/** How far the loading is when the files are there. */
const STARTING = 0.9;

/** A loaded model that classifies pictures. Made by {@link loadClassifier}. */
export type Classifier = Pick<LoadedClassifier, keyof LoadedClassifier>;

/** What {@link loadClassifier} makes. People see its public part, which is a type and no value. */
class LoadedClassifier {
  /** @internal Tells Vue, and what is built on its reactivity, to hand it out as it is. */
  readonly __v_skip = true;
  readonly #folder: Folder;
  readonly #tuning: Tuning;
  readonly #clock: TuningClock;
  #opened: OpenSession;
  #replacing: Promise<void> | undefined;
  #samples: Promise<SamplePicture[]> | undefined;
  #disposed = false;

  /** @internal */
  constructor(
    folder: Folder,
    /** Everything that the bundle says about itself. */
    readonly metadata: Metadata,
    opened: OpenSession,
    tuning: Tuning,
  ) {
    this.#folder = folder;
    this.#opened = opened;
    this.#tuning = tuning;
    this.#clock = new TuningClock(tuning);
  }

  /** Names of the classes, in the order of the probabilities. */
  get classNames(): readonly string[] {
    return this.metadata.classNames;
  }

  /** Where the model runs now; with `auto` that can change after the first pictures. */
  get backend(): BackendName {
    return this.#opened.session.backend;
  }

  /** Whether the work is done beside the page's own thread. */
  get usesWorker(): boolean {
    return this.#opened.isRemote;
  }

  /** What the model sees of a picture: the same bytes as in Python. */
  async preprocess(image: ImageSource): Promise<ModelInput> {
    return this.#use((session) => session.preprocess(image));
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
    const probabilities = await this.#use((session) => session.predict(data));
    checkClassCount(probabilities.length, this.classNames.length);
    return probabilities;
  }

  /** The most probable classes of a picture; `topK` (5) says how many. */
  async classify(image: ImageSource, options: ClassifyOptions = {}): Promise<Classification> {
    const { topK = 5, signal } = options;
    const start = performance.now();
    const answer = await this.#use((session) => session.classify(image), signal);
    const total = performance.now() - start;
    checkClassCount(answer.probabilities.length, this.classNames.length);
    this.#considerTuning(answer);
    return classificationOf(answer, total, topK, this.metadata);
  }

  /**
   * Classifies many pictures, one after the other, and goes on behind one that cannot be read.
   *
   * @param images - a list, or anything that yields pictures; never more than one is in memory.
   * @throws the signal's reason, and errors that no other picture would be spared.
   */
  async classifyMany(
    images: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    { topK = 5, signal, onProgress, onResult }: ClassifyManyOptions = {},
  ): Promise<BatchResult[]> {
    const total = countOf(images);
    const results: BatchResult[] = [];
    for await (const image of images) {
      signal?.throwIfAborted();
      const index = results.length;
      let result: BatchResult;
      try {
        const classification = await this.classify(image, { topK, ...(signal && { signal }) });
        result = { index, image, classification, error: null };
      } catch (error) {
        if (!isAboutThePicture(error)) throw error;
        result = { index, image, classification: null, error };
      }
      results.push(result);
      await onResult?.(result);
      onProgress?.(results.length, total);
    }
    return results;
  }

  /**
   * What mattered for an answer. Class activation takes one inference and occlusion about 120; both
   * are described in docs/client-api.md.
   *
   * @throws {@link KerasportError} `invalid-argument` where the model does not allow the method.
   */
  async explain(image: ImageSource, options: ExplainOptions = {}): Promise<Explanation> {
    const { signal } = options;
    const session: Explainable = {
      preprocess: (picture) => this.#use((own) => own.preprocess(picture), signal),
      predict: (pixels) => this.#use((own) => own.predict(pixels), signal),
      classActivation: (pixels, index) =>
        this.#use((own) => own.classActivation(pixels, index), signal),
    };
    return explain(session, image, this.classNames, options);
  }

  /** The pictures in the bundle, with Keras' answers; read once. */
  samples(): Promise<SamplePicture[]> {
    this.#samples ??= readSamplePictures(this.#folder, this.metadata);
    return this.#samples;
  }

  /** Compares this device with Keras on the pictures in the bundle. */
  async selfTest(): Promise<SelfTest> {
    const samples = await this.samples();
    return this.#use((session) => compareSamples(session, samples, this.metadata.floatRounding));
  }

  /** Runs once on an empty picture, so that the first real one is not slower than the rest. */
  async warmUp(): Promise<void> {
    const [height, width, channels] = this.metadata.inputShape;
    await this.predict({ data: new Uint8Array(height * width * channels) });
  }

  /**
   * Tries the backends of the graphics processor, and moves to the fastest one that answers the
   * bundle's samples like Keras. With `backend: 'auto'` this happens by itself, once, where an
   * inference takes longer than a frame.
   */
  async tune({ signal }: { readonly signal?: AbortSignal } = {}): Promise<BackendTrial[]> {
    this.#clock.stop();
    const samples = await this.samples();
    this.#checkAlive();
    const { trials, winner } = await tryFaster(
      this.#opened,
      samples,
      this.metadata.floatRounding,
      (backend) => openSession(backend, this.#tuning.worker, () => this.#parts(), signal),
      signal,
    );
    if (winner) this.#move(winner);
    return trials;
  }

  /** What lies in the memory of the inference engine. */
  memory(): Promise<MemoryUse> {
    return this.#use((session) => session.memory());
  }

  /** Frees the model's memory, its worker included. The classifier cannot be used afterwards. */
  dispose(): void {
    if (!this.#disposed) this.#opened.session.dispose();
    this.#disposed = true;
  }

  #checkAlive(): void {
    if (this.#disposed) throw disposed();
  }

  /** Does work on the session; elsewhere, once more, where the graphics processor was lost. */
  async #use<Result>(
    work: (session: Session) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    this.#checkAlive();
    const { session } = this.#opened;
    try {
      return await untilAborted(work(session), signal);
    } catch (error) {
      if (this.#opened.session !== session) return this.#use(work, signal);
      const isLost = error instanceof KerasportError && error.kind === 'context-lost';
      if (!isLost) throw error;
      this.#replacing ??= this.#replace().finally(() => {
        this.#replacing = undefined;
      });
      await this.#replacing;
      return this.#use(work, signal);
    }
  }

  async #replace(): Promise<void> {
    this.#move(await openSession('auto', this.#tuning.worker, () => this.#parts()));
  }

  #move(opened: OpenSession): void {
    const { session } = this.#opened;
    this.#opened = opened;
    session.dispose();
    if (this.#disposed) opened.session.dispose();
  }

  #parts(): Promise<ModelParts> {
    return readModel(this.#folder, this.metadata);
  }

  #considerTuning({ milliseconds }: SessionAnswer): void {
    if (!this.#clock.isDue(milliseconds.inference, this.#opened)) return;
    whenIdle(() => {
      // What goes wrong there leaves everything as it was.
      if (!this.#disposed) this.tune().catch(() => {});
    });
  }
}

function countOf(images: object): number | null {
  if ('length' in images && typeof images.length === 'number') return images.length;
  return 'size' in images && typeof images.size === 'number' ? images.size : null;
}

/** Whether an error says nothing about the next picture. */
function isAboutThePicture(error: unknown): error is KerasportError {
  const codes = ['picture-unreadable', 'invalid-argument'];
  return error instanceof KerasportError && codes.includes(error.code);
}

/** A promise that does not wait any longer than the signal allows. */
async function untilAborted<Result>(work: Promise<Result>, signal?: AbortSignal): Promise<Result> {
  if (!signal) return work;
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
