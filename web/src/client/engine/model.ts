/** A model on the engine's kernels: planned once, then one list of calls per picture. */

import type { MemoryUse } from '../api.js';
import { product } from '../bundle/fields.js';
import { disposed } from '../errors.js';
import { heapBytes } from '../model/heap.js';
import {
  type ActivationMap,
  activationMap,
  type ModelArtifacts,
  type ModelLoader,
  type RunningModel,
  type WatchedAnswer,
} from '../model/model.js';
import { findHead, type Head } from '../model/topology.js';
import { vectorBytes } from '../preprocess/kernel.js';
import { best, startKernels } from './binary.js';
import { addressOf, type Place, Program, type Tensor } from './program.js';
import { CACHE_BYTES } from './sizes.js';
import { readWeights } from './weights.js';
import { type Milestone, writeModel } from './write.js';

/** Loads models on the better binary, or on the one that they ask for. */
export const engineLoader: ModelLoader = {
  async prepare() {
    await best();
  },
  load: loadModel,
};

/** Plans a model and gets it ready. */
async function loadModel({
  graph,
  weightSpecs,
  weightData,
  shapes,
  winograd,
  watched: layer,
  binary,
  ofLabels,
}: ModelArtifacts): Promise<RunningModel> {
  const weights = readWeights(weightSpecs, weightData);
  const head = findHead(graph, ofLabels);
  const { plan, input, output, features, watched } = writeModel(
    graph,
    shapes,
    weights,
    head?.features,
    winograd,
    CACHE_BYTES,
    layer,
  );
  const kernels = await startKernels(plan.bytes, binary);
  // Everything is laid out and compiled while weights are still read, and packed as they come.
  const program = await Program.start(plan, kernels);
  const kernel = head && ownValues(weights.get(head.dense)?.kernel.values);
  const { memory } = kernels;
  const { bytes } = plan;
  const regions = plan.regions.length;
  return new EngineModel(
    { memory, program, input, output, features, watched, regions, bytes },
    head && kernel && { ...head, kernel },
  );
}

/** Values in memory of their own: a view would keep all that lies beside them. */
function ownValues(values: Float32Array | undefined): Float32Array | undefined {
  return values && values.byteLength < values.buffer.byteLength ? values.slice() : values;
}

/**
 * What lives until the model is disposed of. The plan is not among it: it holds the weights as they
 * came, which lie packed in the engine's memory by now.
 */
interface Running {
  readonly memory: WebAssembly.Memory;
  readonly program: Program;
  readonly input: Place;
  readonly output: Milestone;
  readonly features: Milestone | undefined;
  readonly watched: Tensor | undefined;
  /** Pieces that the memory is cut into. */
  readonly regions: number;
  /** Of them all. */
  readonly bytes: number;
}

type WeighingHead = Head & { readonly kernel: Float32Array };

class EngineModel implements RunningModel {
  readonly backend = 'wasm';
  readonly #head: WeighingHead | undefined;
  #running: Running | undefined;

  constructor(running: Running, head: WeighingHead | undefined) {
    this.#running = running;
    this.#head = head;
  }

  async run(pixels: Uint8Array): Promise<Float32Array> {
    const running = this.#alive();
    return answer(running, pixels, running.output);
  }

  async runWatched(pixels: Uint8Array): Promise<WatchedAnswer> {
    const running = this.#alive();
    const { output, watched } = running;
    const probabilities = answer(running, pixels, output);
    return { probabilities, features: watched && copyOf(running, watched) };
  }

  async classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined> {
    const running = this.#alive();
    const { features } = running;
    if (!this.#head || !features) return undefined;
    const values = answer(running, pixels, features);
    return activationMap(values, features.tensor.shape, this.#head.kernel, index);
  }

  memory(): MemoryUse {
    const { memory, regions, bytes } = this.#alive();
    const wasmBytes = memory.buffer.byteLength + vectorBytes();
    return { tensors: regions, bytes, wasmBytes, heapBytes: heapBytes() };
  }

  dispose(): void {
    this.#running = undefined;
  }

  #alive(): Running {
    if (!this.#running) throw disposed();
    return this.#running;
  }
}

/** Works as far as one output, and copies it. */
function answer(running: Running, pixels: Uint8Array, { tensor, end }: Milestone): Float32Array {
  const { input, memory, program } = running;
  new Uint8Array(memory.buffer, addressOf(input), pixels.length).set(pixels);
  program.run(end);
  return copyOf(running, tensor);
}

function copyOf({ memory }: Running, { place, shape }: Tensor): Float32Array {
  return new Float32Array(memory.buffer, addressOf(place), product(shape)).slice();
}
