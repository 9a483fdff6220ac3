/**
 * The one seam between the library and TensorFlow.js. What goes in and out could be posted to a
 * worker: plain objects, buffers and names.
 */

import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { type BackendChoice, type BackendName, startBackend } from './backend.js';
import { KerasportError, messageOf } from './errors.js';

/** A model of the TensorFlow.js layers format, in memory. */
export interface ModelArtifacts {
  readonly topology: object;
  readonly weightSpecs: readonly object[];
  readonly weightData: ArrayBuffer;
}

/** Shape of the model's input. */
export type InputShape = readonly [height: number, width: number, channels: number];

/** A model that is ready to answer. */
export interface Engine {
  readonly backend: BackendName;
  /** Number of values in an answer. */
  readonly outputs: number;
  /** The answer to one picture of 0..255, row by row, channels last. */
  run(pixels: Uint8Array): Promise<Float32Array>;
  dispose(): void;
}

/** Version of TensorFlow.js inside this library. */
export const tfjsVersion = tf.version_core;

// TensorFlow.js has one current backend per page: models on different ones take turns.
let turn: Promise<unknown> = Promise.resolve();

function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const result = turn.then(work);
  turn = result.catch(() => {});
  return result;
}

/** Starts a backend and loads a model on it. */
export function loadEngine(
  artifacts: ModelArtifacts,
  inputShape: InputShape,
  choice: BackendChoice,
): Promise<Engine> {
  return inTurn(async () => {
    const backend = await startBackend(choice);
    const model = await loadModel(artifacts);
    try {
      checkShapes(model, inputShape);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return {
      backend,
      outputs: model.outputs[0].shape[1] as number,
      run: (pixels) => inTurn(() => run(model, backend, inputShape, pixels)),
      dispose: () => void model.dispose(),
    };
  });
}

async function loadModel(artifacts: ModelArtifacts): Promise<LayersModel> {
  try {
    return await loadLayersModel({
      load: async () => ({
        modelTopology: artifacts.topology,
        weightSpecs: artifacts.weightSpecs as tf.io.WeightsManifestEntry[],
        weightData: artifacts.weightData,
      }),
    });
  } catch (error) {
    throw new KerasportError(
      'bundle-damaged',
      `TensorFlow.js cannot build the model (${messageOf(error)}). Export the model again.`,
      { cause: error },
    );
  }
}

function checkShapes({ inputs, outputs }: LayersModel, inputShape: InputShape): void {
  const received = inputs.map((input) => input.shape.slice(1).join(' x ')).join(' and ');
  const expected = inputShape.join(' x ');
  if (received !== expected || outputs.length !== 1 || outputs[0].shape.length !== 2) {
    throw new KerasportError(
      'bundle-damaged',
      `The model in model.json takes ${received} and gives ${outputs.length} output(s). ` +
        `Expected ${expected}, as in metadata.json, and one list of probabilities. ` +
        'The files are from different exports: export the model again.',
    );
  }
}

async function run(
  model: LayersModel,
  backend: BackendName,
  inputShape: InputShape,
  pixels: Uint8Array,
): Promise<Float32Array> {
  if (tf.getBackend() !== backend) await tf.setBackend(backend);
  let output: tf.Tensor | undefined;
  try {
    output = tf.tidy(() => {
      const input = tf.tensor4d(Float32Array.from(pixels), [1, ...inputShape], 'float32');
      return model.predict(input) as tf.Tensor;
    });
    return (await output.data<'float32'>()).slice();
  } catch (error) {
    throw new KerasportError(
      'inference-failed',
      `The model cannot run on the ${backend} backend (${messageOf(error)}). Try another backend.`,
      { cause: error },
    );
  } finally {
    output?.dispose();
  }
}
