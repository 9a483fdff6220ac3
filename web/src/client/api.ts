/** What a classifier gives back, and what it may be asked with. */

import type { BackendChoice } from './backends.js';
import type { Sample } from './bundle/metadata.generated.js';
import type { Fetch } from './bundle/url-folder.js';
import type { BackendName, OutputKind } from './constants.generated.js';
import type { KerasportError } from './errors.js';
import type { ModelInput } from './preprocess/spec.js';
import type { ImageSource } from './reading/sources.js';

declare global {
  /** Part of the language since 2025; older libraries of TypeScript lack it. */
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/**
 * Class names of models by the name of the model. Empty here: the file that `kerasport site --types`
 * writes adds its own, so that `{embedded: name}` is typed.
 */
// biome-ignore lint/suspicious/noEmptyInterface: others fill it
export interface ModelClasses {}

/** Which models a page can show; see {@link LoadOptions.kind}. */
export type WantedKind = OutputKind | 'any';

/** What {@link LoadOptions.onProgress} is told about: the files, then the model's start. */
export type LoadStage = 'reading' | 'starting';

/** Options of `loadClassifier`. */
export interface LoadOptions<Kind extends WantedKind = WantedKind> {
  /**
   * Which models the page can show: `probabilities` (the default), that choose one class; `labels`, of
   * which any number holds; or `any`, where it looks at the `kind` of what it gets. Another one is
   * refused.
   */
  readonly kind?: Kind;
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
  /** Told how far the loading is, in 0..1, what is being done, and how many bytes are there. */
  readonly onProgress?: (fraction: number, what: LoadStage, bytes: LoadedBytes) => void;
  /** Told when the model has moved to another backend, or to another worker, and why. */
  readonly onBackendChange?: (change: BackendChange) => void;
  /**
   * Stands for the page's own `fetch`, for folders behind an address: to send credentials or headers
   * along, or to take the files from elsewhere.
   */
  readonly fetch?: Fetch;
  /**
   * Which of the engine's binaries runs where the work begins on wasm; the better one unless told.
   * The answers of `plain` have the same bits in every browser, and in Python.
   *
   * @internal
   */
  readonly binary?: 'plain' | 'relaxed';
}

/** How many bytes of a model are there; of those that are sent compressed, as they are unpacked. */
export interface LoadedBytes {
  readonly loaded: number;
  readonly total: number;
}

/** Options of `classify`. */
export interface ClassifyOptions {
  /** How many classes to name; 5 unless told. Of labels all are told. */
  readonly topK?: number;
  /** Gives the picture up. */
  readonly signal?: AbortSignal;
}

/** Options of `classifyMany`. */
export interface ClassifyManyOptions<
  ClassName extends string = string,
  Answer = Classification<ClassName>,
> extends ClassifyOptions {
  /**
   * On how many workers at most; `auto` (the default) decides by the number of pictures, processors
   * and bytes. On a graphics processor, and without workers, it is always one.
   */
  readonly workers?: number | 'auto';
  /** Told after each picture; `total` is null where the pictures cannot be counted beforehand. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /**
   * Told each result in the order of the pictures, with the picture and the model's input; the next
   * result waits for a promise that it returns.
   */
  readonly onResult?: (result: BatchResult<ClassName, Answer>) => void | Promise<void>;
}

/** The answer to one picture of many: a classification, or the error that it met. */
export type BatchResult<ClassName extends string = string, Answer = Classification<ClassName>> = {
  /** Position among the pictures. */
  readonly index: number;
  readonly image: ImageSource;
} & (
  | { readonly classification: Answer; readonly error: null }
  | { readonly classification: null; readonly error: KerasportError }
);

/** What is kept of a {@link BatchResult} until the last picture: everything but pixels. */
export interface KeptResult<ClassName extends string = string, Answer = Classification<ClassName>>
  extends Omit<BatchResult, 'image' | 'classification'> {
  /** Null where the pictures are no list, set or `FileList`, which hold them anyway. */
  readonly image: ImageSource | null;
  readonly classification: Omit<Answer, 'input'> | null;
}

/** One class with its probability. */
export interface Prediction<ClassName extends string = string> {
  readonly className: ClassName;
  /** Position in `classNames`. */
  readonly index: number;
  readonly probability: number;
}

/** What every answer to a picture has. */
interface Answered {
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

/** The answer to one picture, of a model that chooses one class. */
export interface Classification<ClassName extends string = string> extends Answered {
  readonly kind: 'probabilities';
  /** The most probable classes, best first; at least one. */
  readonly predictions: readonly [Prediction<ClassName>, ...Prediction<ClassName>[]];
  /**
   * Whether the best class reaches the bundle's `confidenceThreshold`; true where it has none.
   * Where this is false, say "not sure" instead of naming a class.
   */
  readonly isSure: boolean;
}

/** One label of a picture. */
export interface Label<ClassName extends string = string> {
  readonly name: ClassName;
  /** Position in `classNames`. */
  readonly index: number;
  readonly probability: number;
  /** Probability from which on it holds. */
  readonly threshold: number;
  /** Whether it does, both as float32. */
  readonly holds: boolean;
}

/** The answer to one picture, of a model of several labels: none of them wins. */
export interface LabelClassification<ClassName extends string = string> extends Answered {
  readonly kind: 'labels';
  /** Every label, in the order of `classNames`. */
  readonly labels: readonly Label<ClassName>[];
  /** Those that hold, in the same order. Where there are none, say that nothing was found. */
  readonly held: readonly Label<ClassName>[];
}

/** The answer of a model of that kind. */
export type AnswerOf<
  Kind extends OutputKind,
  ClassName extends string = string,
> = Kind extends 'labels' ? LabelClassification<ClassName> : Classification<ClassName>;

/** The answer to the picture that a video showed. */
export type VideoClassification<
  ClassName extends string = string,
  Answer = Classification<ClassName>,
> = Answer & {
  /** That picture, to show or to explain. */
  readonly frame: HTMLCanvasElement;
};

/** Options of `openCamera`. */
export interface CameraOptions {
  /**
   * Where the camera should look: `environment` (the default) is away from its user, `user` at them. A
   * device with one camera has that one.
   */
  readonly facing?: 'environment' | 'user';
  /** This camera and no other, by its `deviceId` in {@link Camera.devices}. */
  readonly deviceId?: string;
  /** Shows what the camera sees; an element of its own unless given. */
  readonly video?: HTMLVideoElement;
  /** Gives the opening up, and switches the camera off later. */
  readonly signal?: AbortSignal;
}

/** A camera that is on. */
export interface Camera {
  /** Shows what it sees; for `classifyVideo`. */
  readonly video: HTMLVideoElement;
  readonly stream: MediaStream;
  /** Which of the devices it is, where the browser tells. */
  readonly deviceId: string | undefined;
  /** Whether it looks at its user, who expects a mirror: `transform: scaleX(-1)`. */
  readonly facesUser: boolean;
  /** All cameras of the device. */
  readonly devices: readonly MediaDeviceInfo[];
  /** Switches it off; its light goes out, and `classifyVideo` ends. */
  stop(): void;
  /** What `using` calls. */
  [Symbol.dispose](): void;
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
export interface Explanation<ClassName extends string = string> {
  readonly method: ExplanationMethod;
  /** The class that is explained: its position in `classNames`. */
  readonly classIndex: number;
  readonly className: ClassName;
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
  /** Number of pictures that were compared; 0 where the bundle has none, and nothing is shown. */
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
  /** Whether there were pictures and all of them agree. */
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

/** A move of the model. */
export interface BackendChange {
  readonly from: BackendName;
  readonly to: BackendName;
  /**
   * `faster`: a graphics processor won the trials. `wrong-answer`: it gave another answer than
   * WebAssembly later. `context-lost`: the browser took it away. `worker-ended`: the worker died.
   */
  readonly cause: 'faster' | 'wrong-answer' | 'context-lost' | 'worker-ended';
  /** A sentence for logs. */
  readonly reason: string;
}

/** What lies in the memory of the inference engine. */
export interface MemoryUse {
  /** Number of tensors, the weights among them. */
  readonly tensors: number;
  /** Bytes in these tensors. */
  readonly bytes: number;
  /** Bytes that WebAssembly has reserved for them, which it never gives back; 0 without it. */
  readonly wasmBytes: number;
  /**
   * Bytes of the JavaScript heap of the thread that does the work, garbage included; null where the
   * browser does not tell (all but Chromium).
   */
  readonly heapBytes: number | null;
}

/** What lies in the memory of all workers of a classifier together. */
export interface TotalMemory extends MemoryUse {
  /** Number of sessions that hold the model: more than one during and shortly after a batch. */
  readonly workers: number;
}
