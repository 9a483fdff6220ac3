/**
 * What works beside the page's own thread: decoding, preprocessing, inference. Everything that goes
 * in and out can be posted between a page and a worker.
 */

import type { MemoryUse } from '../api.js';
import type { BackendName } from '../constants.generated.js';
import { KerasportError } from '../errors.js';
import type { ActivationMap, ModelArtifacts, ModelLoader, RunningModel } from '../model/model.js';
import { preprocess } from '../preprocess/preprocess.js';
import type { ImageSpec, ModelInput } from '../preprocess/spec.js';
import type { ReadPixels } from '../reading/bitmap-pixels.js';
import { giveBack } from '../reading/frame-pixels.js';
import { preprocessImage, readPixels } from '../reading/image-source.js';
import { type ImageSource, isA } from '../reading/sources.js';

/** A model as it is handed over. */
export interface ModelParts extends ModelArtifacts {
  /** How pictures become the model's input. */
  readonly spec: ImageSpec;
}

/** The answer to one picture. */
export interface SessionAnswer {
  readonly probabilities: Float32Array;
  /** What the watched layer took, where one is. */
  readonly features?: Float32Array;
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

/** A core with one backend. */
export function coreWith(name: BackendName, loader: ModelLoader): Core {
  return {
    readPixels,
    preprocessImage,
    prepare: () => loader.prepare(),
    async load(parts, backend) {
      if (backend !== name) throw new Error('it is not in this script');
      return new LocalSession(await loader.load(parts), parts.spec);
    },
  };
}

class LocalSession implements Session {
  readonly #model: RunningModel;
  readonly #spec: ImageSpec;

  constructor(model: RunningModel, spec: ImageSpec) {
    this.#model = model;
    this.#spec = spec;
  }

  get backend(): BackendName {
    return this.#model.backend;
  }

  async classify(image: ImageSource): Promise<SessionAnswer> {
    const start = performance.now();
    const pixels = await readForWork(image);
    const decoded = performance.now();
    const input = prepared(image, pixels, this.#spec);
    const preprocessed = performance.now();
    const { probabilities, features } = await this.#model.runWatched(input.data);
    return {
      probabilities,
      ...(features && { features }),
      input,
      milliseconds: {
        decode: decoded - start,
        preprocess: preprocessed - decoded,
        inference: performance.now() - preprocessed,
      },
    };
  }

  async preprocess(image: ImageSource): Promise<ModelInput> {
    return prepared(image, await readForWork(image), this.#spec);
  }

  predict(pixels: Uint8Array): Promise<Float32Array> {
    return this.#model.run(pixels);
  }

  classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined> {
    return this.#model.classActivation(pixels, index);
  }

  async memory(): Promise<MemoryUse> {
    return this.#model.memory();
  }

  dispose(): void {
    this.#model.dispose();
  }
}

/** The model's input, which shares no memory with the pixels: those that were read from a file may go. */
function prepared(image: ImageSource, pixels: ReadPixels, spec: ImageSpec): ModelInput {
  const input = preprocess(pixels, spec);
  if (isFile(image)) giveBack(pixels);
  return input;
}

function isFile(image: ImageSource): boolean {
  return typeof image === 'string' || isA('Blob', image);
}

async function readForWork(image: ImageSource): Promise<ReadPixels> {
  const pixels = await readPixels(image);
  if (pixels.isExact || !isFile(image) || 'document' in globalThis) return pixels;
  // A worker has no `<img>`, which one engine needs for the colours under transparency.
  throw new KerasportError('picture-unreadable', 'The picture cannot be read without a page.', {
    kind: 'page-needed',
  });
}
