/** A model on a backend of TensorFlow.js. */

import { engine, memory } from '@tensorflow/tfjs-core';
import type { MemoryUse } from '../api.js';
import { checkClassCount, checkInputShape } from '../bundle/metadata.js';
import { type BackendName, MODEL_FILE } from '../constants.generated.js';
import { disposed, KerasportError, messageOf } from '../errors.js';
import { heapBytes } from '../model/heap.js';
import type {
  ActivationMap,
  InputShape,
  ModelArtifacts,
  ModelLoader,
  RunningModel,
  WatchedAnswer,
} from '../model/model.js';
import { Executor } from './executor.js';
import { type BackendStarter, contextLost } from './starter.js';

// TensorFlow.js has one current backend per page: models on different ones take turns.
let turn: Promise<unknown> = Promise.resolve();

function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const result = turn.then(work);
  turn = result.catch(() => {});
  return result;
}

/** Loads models on a backend. */
export function loaderOn(backend: BackendName, starter: BackendStarter): ModelLoader {
  return {
    prepare: () => starter.start(),
    load: (artifacts) => BackendModel.load(artifacts, backend, starter),
  };
}

class BackendModel implements RunningModel {
  readonly #executor: Executor;
  readonly #starter: BackendStarter;
  #isDisposed = false;

  private constructor(
    readonly backend: BackendName,
    starter: BackendStarter,
    executor: Executor,
  ) {
    this.#starter = starter;
    this.#executor = executor;
  }

  /** Starts a backend and loads a model on it. */
  static async load(
    artifacts: ModelArtifacts,
    backend: BackendName,
    starter: BackendStarter,
  ): Promise<BackendModel> {
    const weightData = await Promise.all(artifacts.weightData);
    return inTurn(async () => {
      await starter.start();
      if (!(await engine().setBackend(backend)))
        throw new Error('it does not start on this device');
      const executor = build(artifacts, weightData);
      try {
        checkShapes(executor, artifacts.inputShape, artifacts.classes);
      } catch (error) {
        executor.dispose();
        throw error;
      }
      return new BackendModel(backend, starter, executor);
    });
  }

  run(pixels: Uint8Array): Promise<Float32Array> {
    return this.#inTurn(() => this.#executor.run(pixels));
  }

  runWatched(pixels: Uint8Array): Promise<WatchedAnswer> {
    return this.#inTurn(() => this.#executor.runWatched(pixels));
  }

  classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined> {
    return this.#inTurn(() => this.#executor.classActivation(pixels, index));
  }

  memory(): MemoryUse {
    const { numTensors, numBytes } = memory();
    return { tensors: numTensors, bytes: numBytes, wasmBytes: 0, heapBytes: heapBytes() };
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#executor.dispose();
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return inTurn(async () => {
      const { backend } = this;
      if (this.#isDisposed) throw disposed();
      try {
        if (engine().backendName !== backend) await engine().setBackend(backend);
        return await this.#untilLost(work);
      } catch (error) {
        // What was freed under the work fails in ways of its own.
        if (this.#isDisposed) throw disposed();
        if (error instanceof KerasportError) throw error;
        throw new KerasportError(
          'inference-failed',
          `The model cannot run on the ${backend} backend (${messageOf(error)}). Try another ` +
            'backend.',
          { cause: error },
        );
      }
    });
  }

  /** Does work that the loss of the device ends: what is lost meanwhile answers with zeros. */
  async #untilLost<Result>(work: () => Promise<Result>): Promise<Result> {
    let stop = () => {};
    const lost = new Promise<never>((_, reject) => {
      stop = this.#starter.onLost(() => reject(contextLost()));
    });
    try {
      const result = await Promise.race([work(), lost]);
      return await Promise.race([lost, Promise.resolve(result)]);
    } finally {
      stop();
    }
  }
}

function build(artifacts: ModelArtifacts, weightData: ArrayBuffer[]): Executor {
  try {
    return new Executor(artifacts, weightData);
  } catch (error) {
    if (error instanceof KerasportError) throw error;
    throw new KerasportError(
      'bundle-damaged',
      `The model in ${MODEL_FILE} cannot be built (${messageOf(error)}). Export the model again.`,
      { cause: error },
    );
  }
}

function checkShapes(executor: Executor, inputShape: InputShape, classes: number): void {
  checkInputShape(executor.inputShape, inputShape);
  if (executor.outputs !== undefined) checkClassCount(executor.outputs, classes);
}
