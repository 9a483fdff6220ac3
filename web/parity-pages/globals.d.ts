/** What the scripts of python/kerasport/parity/witnesses/pages find in their pages. */

type Client = typeof import('../src/client/index.js');
type Classifier = import('../src/client/index.js').ClassifierOf<'any'>;
type Classification =
  | import('../src/client/index.js').Classification
  | import('../src/client/index.js').LabelClassification;

/** The client library, `kerasport.iife.js`. */
declare const kerasport: Client;

/** TensorFlow.js as it is published: `tf.min.js` with `tf-backend-wasm.min.js`. */
declare const tf: typeof import('@tensorflow/tfjs') & {
  wasm: typeof import('@tensorflow/tfjs-backend-wasm');
};

/** What `WorkDesk.ask` is given beside the bytes; which fields are there depends on the kind. */
interface Task {
  id: number;
  kind: string;
  backend: import('../src/client/index.js').BackendName;
  names: string[];
  sizes: number[];
  shape: number[];
}

/** What `WorkDesk.ask` returns: the header as JSON, and the bytes of all parts together. */
interface Answer {
  header: object;
  parts?: ArrayBufferView[];
}

type Work = (task: Task, bytes: Uint8Array<ArrayBuffer>) => Promise<Answer>;

/** Defined by `serve.js`. */
type Serve = (handlers: Record<string, Work>) => Promise<never>;
declare var serve: Serve;
type FilesOf = (task: Task, bytes: Uint8Array<ArrayBuffer>) => File[];
declare var filesOf: FilesOf;

/** Defined by `classify.js`. */
type ClassifyFiles = (
  classifier: Classifier,
  files: File[],
  answer: (found: Classification, index: number) => object | Promise<object>,
) => Promise<object[]>;
declare var classifyFiles: ClassifyFiles;
type PlainBits = (inputs: Uint8Array[]) => Promise<number[][]>;
declare var plainBits: PlainBits;

/** Defined by `driven.js`. */
interface Driven {
  load(backend: Task['backend']): Promise<object>;
  classify(hashes: string[]): Promise<object[]>;
  plain(inputs: string[]): Promise<number[][]>;
  read(): Promise<object>;
}
declare var parity: Driven;

/** Defined by `images.js`. */
interface Images {
  /** The pictures in bytes of `[pictures, height, width, channels]`. */
  imagesOf(bytes: Uint8Array, shape: number[]): ImageData[];
  /** Answers to files by the canvas that pages use; `shape` as above. */
  answersToDrawn(
    files: File[],
    shape: number[],
    answerOf: (values: Float32Array, shape: number[]) => Promise<Float32Array>,
  ): Promise<Float32Array[]>;
  /** The first so many channels of each pixel. */
  valuesOf(image: ImageData, channels: number): Float32Array;
}
declare var images: Images;
