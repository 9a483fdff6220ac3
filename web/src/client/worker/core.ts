/**
 * What works beside the page's own thread: decoding, preprocessing, inference. Everything that goes
 * in and out can be posted between a page and a worker.
 */

import type { MemoryUse } from '../api.js';
import type { BackendStarter } from '../backends/names.js';
import type { BackendName } from '../constants.generated.js';
import { KerasportError } from '../errors.js';
import { BackendModel, type InputShape } from '../model/engine.js';
import type { ActivationMap, ModelArtifacts } from '../model/executor.js';
import { preprocess } from '../preprocess/preprocess.js';
import type { ImageSpec, ModelInput } from '../preprocess/spec.js';
import type { ReadPixels } from '../reading/bitmap-pixels.js';
import { preprocessImage, readPixels } from '../reading/image-source.js';
import type { ImageSource } from '../reading/sources.js';

/** A model as it is handed over. */
export interface ModelParts extends ModelArtifacts {
  readonly inputShape: InputShape;
  /** How pictures become the model's input. */
  readonly spec: ImageSpec;
  /** Number of class names. */
  readonly classes: number;
}

/** The answer to one picture. */
export interface SessionAnswer {
  readonly probabilities: Float32Array;
  readonly input: ModelInput;
  readonly milliseconds: {
    readonly decode: number;
    readonly preprocess: number;
    readonly inference: number;
  };
}

/** A model that is ready to answer, here or in a worker. */
export interface Session {
  readonly backend: BackendName;
  classify(image: ImageSource): Promise<SessionAnswer>;
  preprocess(image: ImageSource): Promise<ModelInput>;
  predict(pixels: Uint8Array): Promise<Float32Array>;
  classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined>;
  memory(): Promise<MemoryUse>;
  dispose(): void;
}

/** A script's own part of the work. */
export interface Core {
  /** Gets ready what a model will need. */
  prepare(): Promise<void>;
  load(parts: ModelParts, backend: BackendName): Promise<Session>;
  readPixels(image: ImageSource): Promise<ReadPixels>;
  preprocessImage(image: ImageSource, spec: ImageSpec): Promise<ModelInput>;
}

/** A core with these backends; the first one is the one that is made ready. */
export function coreWith(starters: Partial<Readonly<Record<BackendName, BackendStarter>>>): Core {
  return {
    readPixels,
    preprocessImage,
    async prepare() {
      await Object.values(starters)[0]?.start();
    },
    async load(parts, backend) {
      const starter = starters[backend];
      if (!starter) throw new Error('it is not in this script');
      const { inputShape, classes } = parts;
      const engine = await BackendModel.load(parts, inputShape, classes, backend, starter);
      return new LocalSession(engine, parts.spec);
    },
  };
}

class LocalSession implements Session {
  readonly #engine: BackendModel;
  readonly #spec: ImageSpec;

  constructor(engine: BackendModel, spec: ImageSpec) {
    this.#engine = engine;
    this.#spec = spec;
  }

  get backend(): BackendName {
    return this.#engine.backend;
  }

  async classify(image: ImageSource): Promise<SessionAnswer> {
    const start = performance.now();
    const pixels = await readForWork(image);
    const decoded = performance.now();
    const input = preprocess(pixels, this.#spec);
    const preprocessed = performance.now();
    const probabilities = await this.#engine.run(input.data);
    return {
      probabilities,
      input,
      milliseconds: {
        decode: decoded - start,
        preprocess: preprocessed - decoded,
        inference: performance.now() - preprocessed,
      },
    };
  }

  async preprocess(image: ImageSource): Promise<ModelInput> {
    return preprocess(await readForWork(image), this.#spec);
  }

  predict(pixels: Uint8Array): Promise<Float32Array> {
    return this.#engine.run(pixels);
  }

  classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined> {
    return this.#engine.classActivation(pixels, index);
  }

  async memory(): Promise<MemoryUse> {
    return this.#engine.memory();
  }

  dispose(): void {
    this.#engine.dispose();
  }
}

async function readForWork(image: ImageSource): Promise<ReadPixels> {
  const pixels = await readPixels(image);
  const isFile = typeof image === 'string' || image instanceof Blob;
  if (pixels.isExact || !isFile || 'document' in globalThis) return pixels;
  // A worker has no `<img>`, which one engine needs for the colours under transparency.
  throw new KerasportError('picture-unreadable', 'The picture cannot be read without a page.', {
    kind: 'page-needed',
  });
}
