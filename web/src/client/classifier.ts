/** The classifier: a bundle, a session that runs it, and what people ask of it. */

import type {
  BackendTrial,
  BatchResult,
  Classification,
  ClassifyManyOptions,
  ClassifyOptions,
  ExplainOptions,
  Explanation,
  KeptResult,
  LoadOptions,
  MemoryUse,
  ModelClasses,
  SamplePicture,
  SelfTest,
  VideoClassification,
} from './api.js';
import { checkIterable, checkLoadOptions, checkOptions } from './arguments.js';
import { type Opened, openBundle, withCurrent } from './bundle/current.js';
import type { Folder } from './bundle/folder.js';
import type { Metadata } from './bundle/metadata.generated.js';
import { checkClassCount, finite } from './bundle/metadata.js';
import { checkScript } from './bundle/script-text.js';
import { type BundleSource, openFolder } from './bundle/source.js';
import type { BackendName } from './constants.generated.js';
import { disposed, KerasportError, quote } from './errors.js';
import { type Explainable, explain } from './model/explanation.js';
import { checkVideo, frames } from './page/live/frames.js';
import { LoadProgress } from './page/load-progress.js';
import { readModel } from './page/model-files.js';
import { classificationOf } from './page/ranking.js';
import { readSamplePictures } from './page/sample-pictures.js';
import { type OpenSession, openSession, workerChoice } from './page/session.js';
import { compareSamples, tryFaster } from './page/trial.js';
import { type Tuning, TuningClock, whenIdle } from './page/tuning.js';
import type { ModelInput } from './preprocess/spec.js';
import { checkImageSource, type ImageSource } from './reading/sources.js';
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
export function loadClassifier<Name extends keyof ModelClasses>(
  source: { readonly embedded: Name } | `embedded:${Name}`,
  options?: LoadOptions,
): Promise<Classifier<ModelClasses[Name]>>;
export function loadClassifier<ClassName extends string = string>(
  source?: BundleSource,
  options?: LoadOptions,
): Promise<Classifier<ClassName>>;
export async function loadClassifier(
  source?: BundleSource,
  options: LoadOptions = {},
): Promise<Classifier> {
  checkLoadOptions(options);
  const { backend = 'auto', signal, worker = 'auto', workerUrl, onProgress, fetch } = options;
  signal?.throwIfAborted();
  const choice = workerChoice(worker, workerUrl);
  let bundle = await openBundle(openFolder(source, fetch), tfjsVersion, signal);
  const parts = async () => {
    const progress = new LoadProgress(bundle.metadata, onProgress);
    const read = async ({ folder, metadata }: Opened) => {
      const model = await readModel(folder, metadata, { signal, onBytes: progress.add });
      if (folder.isPicked) await checkScript(folder, metadata, signal);
      return model;
    };
    const current = await withCurrent(bundle, read, tfjsVersion, signal);
    bundle = current.opened;
    progress.start();
    return current.result;
  };
  const opened = await openSession(backend, choice, parts, signal);
  new LoadProgress(bundle.metadata, onProgress).end();
  const tuning = { isAutomatic: backend === 'auto', worker: choice };
  return new LoadedClassifier(bundle, opened, tuning);
}

// Browsers without it never ask for it.
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol('dispose');

/** A loaded model that classifies pictures. Made by {@link loadClassifier}. */
export type Classifier<ClassName extends string = string> = Pick<
  LoadedClassifier<ClassName>,
  keyof LoadedClassifier<ClassName>
>;

/** What {@link loadClassifier} makes. People see its public part, which is a type and no value. */
class LoadedClassifier<ClassName extends string = string> {
  /** @internal Tells Vue, and what is built on its reactivity, to hand it out as it is. */
  readonly __v_skip = true;
  /** Everything that the bundle says about itself. */
  readonly metadata: Metadata;
  readonly #folder: Folder;
  readonly #tuning: Tuning;
  readonly #clock: TuningClock;
  #opened: OpenSession;
  #replacing: Promise<void> | undefined;
  #samples: Promise<SamplePicture[]> | undefined;
  #disposed = false;

  /** @internal */
  constructor({ folder, metadata }: Opened, opened: OpenSession, tuning: Tuning) {
    this.metadata = metadata;
    this.#folder = folder;
    this.#opened = opened;
    this.#tuning = tuning;
    this.#clock = new TuningClock(tuning);
  }

  /** Names of the classes, in the order of the probabilities. */
  get classNames(): readonly ClassName[] {
    return this.metadata.classNames as ClassName[];
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
    checkImageSource(image);
    return this.#use((session) => session.preprocess(image));
  }

  /** The probabilities for a preprocessed picture, in the order of `classNames`. */
  async predict(input: Pick<ModelInput, 'data'>): Promise<Float32Array> {
    const data: unknown = input?.data;
    const expected = this.metadata.inputShape.reduce((product, side) => product * side, 1);
    this.#checkAlive();
    if (!(data instanceof Uint8Array) || data.length !== expected) {
      throw new KerasportError(
        'invalid-argument',
        `The model's input is ${inputName(data)}. Expected a Uint8Array of ${expected} as {data}, ` +
          'which preprocess() gives.',
      );
    }
    const probabilities = await this.#use((session) => session.predict(data));
    checkClassCount(probabilities.length, this.classNames.length);
    finite(probabilities);
    return probabilities;
  }

  /** The most probable classes of a picture; `topK` (5) says how many. */
  async classify(
    image: ImageSource,
    options: ClassifyOptions = {},
  ): Promise<Classification<ClassName>> {
    checkOptions(options);
    checkImageSource(image);
    const { topK = 5, signal } = options;
    const start = performance.now();
    const answer = await this.#use((session) => session.classify(image), signal);
    const total = performance.now() - start;
    checkClassCount(answer.probabilities.length, this.classNames.length);
    finite(answer.probabilities);
    this.#considerTuning(answer);
    return classificationOf(answer, total, topK, this.metadata, this.classNames);
  }

  /**
   * Classifies many pictures, one after the other, and goes on behind one that cannot be read.
   *
   * The results that are returned have no pixels; those that `onResult` is told do.
   *
   * @param images - a list, or anything that yields pictures; never more than one is in memory.
   * @throws the signal's reason, and errors that no other picture would be spared.
   */
  async classifyMany(
    images: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    options: ClassifyManyOptions<ClassName> = {},
  ): Promise<KeptResult<ClassName>[]> {
    checkOptions(options);
    checkIterable(images);
    const { topK = 5, signal, onProgress, onResult } = options;
    const total = countOf(images);
    const results: KeptResult<ClassName>[] = [];
    for await (const image of images) {
      signal?.throwIfAborted();
      const index = results.length;
      let result: BatchResult<ClassName>;
      try {
        const classification = await this.classify(image, { topK, ...(signal && { signal }) });
        result = { index, image, classification, error: null };
      } catch (error) {
        if (!isAboutThePicture(error)) throw error;
        result = { index, image, classification: null, error };
      }
      results.push(keptOf(result, total !== null));
      await onResult?.(result);
      onProgress?.(results.length, total);
    }
    return results;
  }

  /**
   * Classifies what a video shows: whenever an answer has been taken, the picture that is shown then.
   * Ends with the video, or when its camera is switched off.
   *
   * @throws the signal's reason.
   */
  async *classifyVideo(
    video: HTMLVideoElement,
    options: ClassifyOptions = {},
  ): AsyncGenerator<VideoClassification<ClassName>, void, undefined> {
    checkOptions(options);
    checkVideo(video);
    for await (const frame of frames(video, options.signal)) {
      yield { ...(await this.classify(frame, options)), frame };
    }
  }

  /**
   * What mattered for an answer. Class activation takes one inference and occlusion about 120; both
   * are described in docs/client-api.md.
   *
   * @throws {@link KerasportError} `invalid-argument` where the model does not allow the method.
   */
  async explain(image: ImageSource, options: ExplainOptions = {}): Promise<Explanation<ClassName>> {
    checkOptions(options);
    checkImageSource(image);
    const { signal } = options;
    const session: Explainable = {
      preprocess: (picture) => this.#use((own) => own.preprocess(picture), signal),
      predict: async (pixels) => finite(await this.#use((own) => own.predict(pixels), signal)),
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
  async tune(options: { readonly signal?: AbortSignal } = {}): Promise<BackendTrial[]> {
    checkOptions(options);
    const { signal } = options;
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

  /** What `using` calls, in languages that have it. */
  [DISPOSE](): void {
    this.dispose();
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
      return await untilAborted(() => work(session), signal);
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

function inputName(data: unknown): string {
  return ArrayBuffer.isView(data)
    ? `${data.constructor.name} of length ${(data as Uint8Array).length}`
    : quote(data);
}

/** A result without what would make many of them large. */
function keptOf<ClassName extends string>(
  { index, image, classification, error }: BatchResult<ClassName>,
  isHeld: boolean,
): KeptResult<ClassName> {
  if (classification === null)
    return { index, image: isHeld ? image : null, classification, error };
  const { input: _, ...kept } = classification;
  return { index, image: isHeld ? image : null, classification: kept, error };
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

/** Does work, and does not wait for it any longer than the signal allows. */
async function untilAborted<Result>(
  work: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  if (!signal) return work();
  // Before the work begins: nobody would hear of its failure.
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
