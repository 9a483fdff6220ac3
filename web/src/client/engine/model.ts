/** A model on the engine's kernels: planned once, then one list of calls per picture. */

import type { MemoryUse } from '../api.js';
import { disposed } from '../errors.js';
import { heapBytes } from '../model/heap.js';
import {
  type ActivationMap,
  activationMap,
  type ModelArtifacts,
  type ModelLoader,
  type RunningModel,
} from '../model/model.js';
import { findHead, type Head } from '../model/topology.js';
import { vectorBytes } from '../preprocess/kernel.js';
import { type BinaryName, best, type Kernels, startKernels } from './binary.js';
import { addressOf, Program, sizeOf } from './program.js';
import { readWeights } from './weights.js';
import { type Milestone, type WrittenModel, writeModel } from './write.js';

/** Loads models on the better binary. */
export const engineLoader: ModelLoader = {
  async prepare() {
    await best();
  },
  load: (artifacts) => loadModel(artifacts, artifacts.binary),
};

/**
 * Plans a model and gets it ready.
 *
 * @param binary - the better one for this device where it is not said.
 */
export async function loadModel(
  { graph, weightSpecs, weightData, shapes, winograd }: ModelArtifacts,
  binary?: BinaryName,
): Promise<RunningModel> {
  const weights = readWeights(weightSpecs, weightData);
  const head = findHead(graph);
  const written = writeModel(graph, shapes, weights, head?.features, winograd);
  const kernel = head && weights.get(head.dense)?.kernel.values.slice();
  const kernels = await startKernels(written.plan.bytes, binary);
  return new EngineModel(written, kernels, head && kernel && { ...head, kernel });
}

/** What lives until the model is disposed of. */
interface Running {
  readonly written: WrittenModel;
  readonly memory: WebAssembly.Memory;
  readonly program: Program;
}

class EngineModel implements RunningModel {
  readonly backend = 'wasm';
  readonly #head: (Head & { readonly kernel: Float32Array }) | undefined;
  #running: Running | undefined;

  constructor(
    written: WrittenModel,
    kernels: Kernels,
    head: (Head & { readonly kernel: Float32Array }) | undefined,
  ) {
    const program = new Program(written.plan, kernels);
    this.#running = { written, memory: kernels.memory, program };
    this.#head = head;
  }

  async run(pixels: Uint8Array): Promise<Float32Array> {
    const running = this.#alive();
    return answer(running, pixels, running.written.output);
  }

  async classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined> {
    const running = this.#alive();
    const { features } = running.written;
    if (!this.#head || !features) return undefined;
    const values = answer(running, pixels, features);
    return activationMap(values, features.tensor.shape, this.#head.kernel, index);
  }

  memory(): MemoryUse {
    const { written, memory } = this.#alive();
    const { regions, bytes } = written.plan;
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
function answer(
  { written, memory, program }: Running,
  pixels: Uint8Array,
  { tensor, end }: Milestone,
): Float32Array {
  new Uint8Array(memory.buffer, addressOf(written.input), pixels.length).set(pixels);
  program.run(end);
  return new Float32Array(memory.buffer, addressOf(tensor.place), sizeOf(tensor.shape)).slice();
}
