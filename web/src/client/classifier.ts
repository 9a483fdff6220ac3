/** The classifier: a bundle, a session that runs it, and what people ask of it. */

import type {
  AnswerOf,
  BackendTrial,
  ClassifyManyOptions,
  ClassifyOptions,
  ExplainOptions,
  Explanation,
  KeptResult,
  LoadOptions,
  ModelClasses,
  SamplePicture,
  SelfTest,
  TotalMemory,
  VideoClassification,
  WantedKind,
} from './api.js';
import { checkIterable, checkLoadOptions, checkOptions } from './arguments.js';
import { type Opened, openBundle, withCurrent } from './bundle/current.js';
import type { Folder } from './bundle/folder.js';
import type { Metadata } from './bundle/metadata.generated.js';
import { checkClassCount, finite } from './bundle/metadata.js';
import { checkScript } from './bundle/script-text.js';
import { type BundleSource, openFolder } from './bundle/source.js';
import type { BackendName, OutputKind } from './constants.generated.js';
import { disposed, KerasportError, quote } from './errors.js';
import { type Explainable, explain } from './model/explanation.js';
import type { NoveltyScale } from './model/novelty.js';
import { answerAll, countOf, type Images } from './page/batch.js';
import { checkVideo, frames } from './page/live/frames.js';
import { LoadProgress } from './page/load-progress.js';
import { readModel, readScale } from './page/model-files.js';
import { Placement } from './page/placement.js';
import { Pool, totalOf } from './page/pool.js';
import { poolSize } from './page/pool-size.js';
import { answerOf } from './page/ranking.js';
import { readSamplePictures } from './page/sample-pictures.js';
import { type OpenSession, openSession, workerChoice } from './page/session.js';
import { compareSamples } from './page/trial.js';
import { type Tuning, TuningClock, whenIdle } from './page/tuning.js';
import type { ModelInput } from './preprocess/spec.js';
import { checkImageSource, type ImageSource, isBytes } from './reading/sources.js';
import { tfjsVersion } from './version.js';
import type { SessionAnswer } from './worker/core.js';

/**
 * Loads a classifier.
 *
 * @param source - nothing for the model embedded in the page (`model.js`), `{embedded: name}`, the
 *   URL of an exported folder, or `{files}` that the user picked.
 * @param options - `kind: 'labels'` for a model of several labels, `kind: 'any'` for a page that can
 *   show both kinds; without it a model of labels is refused, because no label of it wins.
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
  options?: LoadOptions<'probabilities'>,
): Promise<Classifier<ModelClasses[Name]>>;
export function loadClassifier<Name extends keyof ModelClasses, Kind extends WantedKind>(
  source: { readonly embedded: Name } | `embedded:${Name}`,
  options: LoadOptions<Kind> & { readonly kind: Kind },
): Promise<ClassifierOf<Kind, ModelClasses[Name]>>;
export function loadClassifier<ClassName extends string = string>(
  source?: BundleSource,
  options?: LoadOptions<'probabilities'>,
): Promise<Classifier<ClassName>>;
export function loadClassifier<ClassName extends string = string>(
  source: BundleSource | undefined,
  options: LoadOptions<'labels'> & { readonly kind: 'labels' },
): Promise<LabelClassifier<ClassName>>;
export function loadClassifier<ClassName extends string = string>(
  source: BundleSource | undefined,
  options: LoadOptions & { readonly kind: 'any' },
): Promise<Classifier<ClassName> | LabelClassifier<ClassName>>;
export async function loadClassifier(
  source?: BundleSource,
  options: LoadOptions = {},
): Promise<Classifier | LabelClassifier> {
  checkLoadOptions(options);
  const { kind = 'probabilities' } = options;
  const { backend = 'auto', signal, worker = 'auto', workerUrl, fetch, binary } = options;
  const { onProgress, onBackendChange } = options;
  signal?.throwIfAborted();
  const choice = workerChoice(worker, workerUrl);
  const open = async ({ folder, metadata }: Opened) => {
    checkKind(metadata, kind);
    const reading = readScale(folder, metadata, { signal });
    // Whoever waits for it hears of its failure.
    reading.catch(() => {});
    const parts = async () => {
      const progress = new LoadProgress(metadata, onProgress);
      const model = await readModel(folder, metadata, { signal, onBytes: progress.add });
      const all = Promise.all(model.weightData);
      all.then(
        () => progress.start(),
        () => {},
      );
      if (folder.isPicked) {
        await all;
        await checkScript(folder, metadata, signal);
      }
      return { ...model, ...(binary && { binary }) };
    };
    const session = await openSession(backend, choice, parts, signal);
    try {
      return { ...session, scale: await reading };
    } catch (error) {
      session.session.dispose();
      throw error;
    }
  };
  const found = await openBundle(openFolder(source, fetch), tfjsVersion, signal);
  const { opened: bundle, result } = await withCurrent(found, open, tfjsVersion, signal);
  new LoadProgress(bundle.metadata, onProgress).end();
  const tuning = { isAutomatic: backend === 'auto', worker: choice };
  const { scale, ...opened } = result;
  const loaded = new LoadedClassifier(bundle, opened, tuning, scale, onBackendChange);
  return loaded as Classifier | LabelClassifier;
}

/** Refuses a model of another kind than the page can show. */
function checkKind({ name, output }: Metadata, wanted: WantedKind): void {
  if (wanted === 'any' || wanted === output.kind) return;
  throw new KerasportError(
    'other-kind',
    output.kind === 'labels'
      ? `The model ${quote(name)} tells labels, of which any number holds and none wins. Expected one ` +
          "that chooses a class. Load it with {kind: 'labels'}, and show the labels that hold."
      : `The model ${quote(name)} chooses one class. Expected one of several labels. Load it without ` +
          "{kind: 'labels'}, and show its predictions.",
  );
}

// Browsers without it never ask for it.
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol('dispose');

/** A loaded model that chooses one class of a picture. Made by {@link loadClassifier}. */
export type Classifier<ClassName extends string = string> = Pick<
  LoadedClassifier<ClassName, 'probabilities'>,
  keyof LoadedClassifier<ClassName, 'probabilities'>
>;

/**
 * A loaded model that tells which of several labels a picture has. Made by {@link loadClassifier}
 * with `{kind: 'labels'}`.
 */
export type LabelClassifier<ClassName extends string = string> = Pick<
  LoadedClassifier<ClassName, 'labels'>,
  keyof LoadedClassifier<ClassName, 'labels'>
>;

/** What {@link loadClassifier} gives where models of that kind are wanted. */
export type ClassifierOf<
  Kind extends WantedKind,
  ClassName extends string = string,
> = Kind extends 'any'
  ? Classifier<ClassName> | LabelClassifier<ClassName>
  : Kind extends 'labels'
    ? LabelClassifier<ClassName>
    : Classifier<ClassName>;

/** What {@link loadClassifier} makes. People see its public part, which is a type and no value. */
class LoadedClassifier<
  ClassName extends string = string,
  Kind extends OutputKind = 'probabilities',
> {
  /** @internal Tells Vue, and what is built on its reactivity, to hand it out as it is. */
  readonly __v_skip = true;
  /** Everything that the bundle says about itself. */
  readonly metadata: Metadata;
  readonly #folder: Folder;
  readonly #scale: NoveltyScale | undefined;
  readonly #clock: TuningClock;
  readonly #placement: Placement;
  #samples: Promise<SamplePicture[]> | undefined;
  readonly #pool: Pool;
  readonly #end = new AbortController();

  /** @internal */
  constructor(
    { folder, metadata }: Opened,
    opened: OpenSession,
    tuning: Tuning,
    scale: NoveltyScale | undefined,
    onBackendChange?: LoadOptions['onBackendChange'],
  ) {
    const { worker } = tuning;
    const parts = () => readModel(folder, metadata);
    this.metadata = metadata;
    this.#folder = folder;
    this.#scale = scale;
    this.#clock = new TuningClock(tuning);
    this.#placement = new Placement(opened, {
      worker,
      parts,
      rounding: metadata.floatRounding,
      onChange: (change) => {
        // The answers of one batch come from one backend.
        if (change.to !== 'wasm') this.#pool.release();
        // What it throws is not about the work that goes on.
        if (onBackendChange) queueMicrotask(() => onBackendChange(change));
      },
    });
    this.#pool = new Pool(
      (own, signal) => openSession('wasm', worker, own, signal),
      parts,
      (image, isLast) =>
        this.#placement.use((session) => session.classify(image), undefined, !isLast),
    );
  }

  /** Whether it chooses one class, or tells several labels. */
  get kind(): Kind {
    return this.metadata.output.kind as Kind;
  }

  /** Names of the classes or labels, in the order of the probabilities. */
  get classNames(): readonly ClassName[] {
    return this.metadata.classNames as ClassName[];
  }

  /** Where the model runs now; with `auto` that can change after the first pictures. */
  get backend(): BackendName {
    return this.#placement.backend;
  }

  /** Whether the work is done beside the page's own thread. */
  get usesWorker(): boolean {
    return this.#placement.isRemote;
  }

  /** What the model sees of a picture: the same bytes as in Python. */
  async preprocess(image: ImageSource): Promise<ModelInput> {
    checkImageSource(image);
    return this.#placement.use((session) => session.preprocess(image));
  }

  /** The probabilities for a preprocessed picture, in the order of `classNames`. */
  async predict(input: Pick<ModelInput, 'data'>): Promise<Float32Array> {
    const data: unknown = input?.data;
    const expected = this.metadata.inputShape.reduce((product, side) => product * side, 1);
    this.#placement.checkAlive();
    if (!isBytes(data) || data.length !== expected) {
      throw new KerasportError(
        'invalid-argument',
        `The model's input is ${inputName(data)}. Expected a Uint8Array of ${expected} as {data}, ` +
          'which preprocess() gives.',
      );
    }
    const probabilities = await this.#placement.use((session) =>
      session.predict(new Uint8Array(data)),
    );
    checkClassCount(probabilities.length, this.classNames.length);
    finite(probabilities);
    return probabilities;
  }

  /** The most probable classes of a picture, `topK` (5) of them; or each label, and whether it holds. */
  async classify(
    image: ImageSource,
    options: ClassifyOptions = {},
  ): Promise<AnswerOf<Kind, ClassName>> {
    checkOptions(options);
    checkImageSource(image);
    const { topK = 5, signal } = options;
    const { answer, classification } = await this.#answered(topK, () =>
      this.#placement.use((session) => session.classify(image), signal),
    );
    this.#considerTuning(answer);
    return classification;
  }

  /**
   * Classifies many pictures, on several workers where that is worth it, and goes on behind one that
   * cannot be read. Results come in the order of the pictures.
   *
   * The results that are returned have no pixels; those that `onResult` is told do.
   *
   * @param images - a list, or anything that yields pictures; never more of them are in memory than
   *   two for each worker.
   * @throws the signal's reason, and errors that no other picture would be spared.
   */
  async classifyMany(
    images: Images,
    options: ClassifyManyOptions<ClassName, AnswerOf<Kind, ClassName>> = {},
  ): Promise<KeptResult<ClassName, AnswerOf<Kind, ClassName>>[]> {
    checkOptions(options);
    checkIterable(images);
    options.signal?.throwIfAborted();
    const { topK = 5, workers = 'auto' } = options;
    const wanted = await this.#poolSize(workers, countOf(images));
    this.#placement.checkAlive();
    const batch = this.#pool.begin(wanted);
    try {
      return await answerAll<ClassName, AnswerOf<Kind, ClassName>>(images, options, {
        // A worker's next picture is read while it computes the one before. In the page's own
        // thread nothing is done side by side.
        window: () => (this.usesWorker ? 2 * batch.size() : 1),
        ended: this.#end.signal,
        classify: async (image) => {
          const answered = await this.#answered(topK, () => batch.classify(image));
          // Beside other workers no backend can be measured.
          if (wanted === 1) this.#considerTuning(answered.answer);
          return answered.classification;
        },
      });
    } finally {
      batch.end();
    }
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
  ): AsyncGenerator<VideoClassification<ClassName, AnswerOf<Kind, ClassName>>, void, undefined> {
    checkOptions(options);
    checkVideo(video);
    for await (const frame of frames(video, options.signal)) {
      yield { ...(await this.classify(frame, options)), frame };
    }
  }

  /**
   * What mattered for an answer, or for one label of it. Class activation takes one inference and occlusion about 120; both
   * are described in docs/client-api.md.
   *
   * @throws {@link KerasportError} `invalid-argument` where the model does not allow the method.
   */
  async explain(image: ImageSource, options: ExplainOptions = {}): Promise<Explanation<ClassName>> {
    checkOptions(options);
    checkImageSource(image);
    const { signal } = options;
    const session: Explainable = {
      preprocess: (picture) => this.#placement.use((own) => own.preprocess(picture), signal),
      predict: async (pixels) =>
        finite(await this.#placement.use((own) => own.predict(pixels), signal)),
      classActivation: (pixels, index) =>
        this.#placement.use((own) => own.classActivation(pixels, index), signal),
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
    return this.#placement.use((session) =>
      compareSamples(session, samples, this.metadata.floatRounding),
    );
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
    return this.#placement.tune(await this.samples(), signal);
  }

  /** What lies in the memory of the inference engine, in all workers together. */
  async memory(): Promise<TotalMemory> {
    const first = await this.#placement.use((session) => session.memory());
    return totalOf([first, ...(await this.#pool.memory())]);
  }

  /** Frees the model's memory, its worker included. The classifier cannot be used afterwards. */
  dispose(): void {
    if (this.#disposed) return;
    this.#end.abort(disposed());
    this.#placement.dispose();
    this.#pool.release();
  }

  /** What `using` calls, in languages that have it. */
  [DISPOSE](): void {
    this.dispose();
  }

  get #disposed(): boolean {
    return this.#end.signal.aborted;
  }

  /** The answer that `ask` gets, as people see it. */
  async #answered(topK: number, ask: () => Promise<SessionAnswer>) {
    const start = performance.now();
    const answer = await ask();
    const total = performance.now() - start;
    checkClassCount(answer.probabilities.length, this.classNames.length);
    finite(answer.probabilities);
    const { metadata, classNames } = this;
    return {
      answer,
      classification: answerOf<Kind, ClassName>(
        answer,
        total,
        topK,
        metadata,
        classNames,
        this.#scale,
      ),
    };
  }

  /** On how many workers a batch runs. */
  async #poolSize(workers: number | 'auto', total: number | null): Promise<number> {
    this.#placement.checkAlive();
    if (!this.usesWorker || this.backend !== 'wasm') return 1;
    if (workers !== 'auto') return workers;
    const { hardwareConcurrency: cores = 1 } = navigator;
    const gibibytes = Reflect.get(navigator, 'deviceMemory') as number | undefined;
    // All that it will ever hold: the engine reserves it when the model is loaded.
    const { wasmBytes: bytes } = await this.#placement.use((session) => session.memory());
    return poolSize({ total, bytes, cores, gibibytes });
  }

  #considerTuning({ milliseconds }: SessionAnswer): void {
    if (!this.#clock.isDue(milliseconds.inference, this.#placement)) return;
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
