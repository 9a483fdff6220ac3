/** A model on a backend: the one seam between the library and TensorFlow.js. */

import { engine, memory } from '@tensorflow/tfjs-core';
import type { MemoryUse } from '../api.js';
import { type BackendStarter, contextLost } from '../backends/names.js';
import { checkClassCount, checkInputShape } from '../bundle/metadata.js';
import { type BackendName, MODEL_FILE } from '../constants.generated.js';
import { KerasportError, messageOf } from '../errors.js';
import { type ActivationMap, Executor, type ModelArtifacts } from './executor.js';

/** Shape of the model's input. */
export type InputShape = readonly [height: number, width: number, channels: number];

// TensorFlow.js has one current backend per page: models on different ones take turns.
let turn: Promise<unknown> = Promise.resolve();

function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const result = turn.then(work);
  turn = result.catch(() => {});
  return result;
}

/** A model that is ready to answer. */
export class BackendModel {
  readonly #executor: Executor;
  readonly #starter: BackendStarter;

  private constructor(
    readonly backend: BackendName,
    starter: BackendStarter,
    executor: Executor,
  ) {
    this.#starter = starter;
    this.#executor = executor;
  }

  /** Starts a backend and loads a model with `classes` answers on it. */
  static load(
    artifacts: ModelArtifacts,
    inputShape: InputShape,
    classes: number,
    backend: BackendName,
    starter: BackendStarter,
  ): Promise<BackendModel> {
    return inTurn(async () => {
      await starter.start();
      if (!(await engine().setBackend(backend)))
        throw new Error('it does not start on this device');
      const executor = build(artifacts);
      try {
        checkShapes(executor, inputShape, classes);
      } catch (error) {
        executor.dispose();
        throw error;
      }
      return new BackendModel(backend, starter, executor);
    });
  }

  /** The answer to one picture of 0..255, row by row, channels last. */
  run(pixels: Uint8Array): Promise<Float32Array> {
    return this.#inTurn(() => this.#executor.run(pixels));
  }

  /** See {@link Executor.classActivation}. */
  classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined> {
    return this.#inTurn(() => this.#executor.classActivation(pixels, index));
  }

  memory(): MemoryUse {
    const { numTensors, numBytes } = memory();
    return { tensors: numTensors, bytes: numBytes };
  }

  dispose(): void {
    this.#executor.dispose();
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return inTurn(async () => {
      const { backend } = this;
      try {
        if (engine().backendName !== backend) await engine().setBackend(backend);
        const lost = this.#starter.lost().then(() => {
          throw contextLost();
        });
        lost.catch(() => {});
        const result = await Promise.race([work(), lost]);
        // What was lost meanwhile has answered with zeros.
        return await Promise.race([lost, Promise.resolve(result)]);
      } catch (error) {
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
}

function build(artifacts: ModelArtifacts): Executor {
  try {
    return new Executor(artifacts);
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
