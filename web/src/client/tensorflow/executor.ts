/**
 * Runs a model of the TensorFlow.js layers format straight on the kernels of the current backend:
 * without TensorFlow.js' own layer classes, which bring all of training with them.
 */

import { engine, io, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationName, LayerName } from '../constants.generated.js';
import { type ActivationMap, activationMap, type ModelArtifacts } from '../model/model.js';
import { unknown } from '../model/plan.js';
import { findHead, type Graph, type GraphLayer, type Head, outputsOf } from '../model/topology.js';
import {
  type Compute,
  FUSED,
  isActivation,
  isLayer,
  type Keep,
  LAYERS,
  type Weights,
} from './layers.js';

interface Step {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly compute: Compute;
  /** Layers whose outputs no later step reads. */
  readonly finished: readonly string[];
}

/** A model on the current backend. */
export class Executor {
  /** Shape of the input without the batch. */
  readonly inputShape: readonly number[];
  /** Number of values in an answer; undefined where only an answer can tell. */
  readonly outputs: number | undefined;
  readonly #graph: Graph;
  readonly #head: (Head & { readonly kernel: Float32Array }) | undefined;
  readonly #steps: readonly Step[];
  readonly #kept: Tensor[] = [];

  constructor({ graph, weightSpecs, ofLabels }: ModelArtifacts, weightData: ArrayBuffer[]) {
    this.#graph = graph;
    this.inputShape = this.#graph.inputShape;
    this.outputs = outputsOf(this.#graph);
    engine().startScope();
    try {
      const specs = weightSpecs as io.WeightsManifestEntry[];
      const weights = groupByLayer(io.decodeWeights(weightData, specs));
      const head = findHead(this.#graph, ofLabels);
      const kernel = head && weights.get(head.dense)?.kernel?.dataSync<'float32'>().slice();
      this.#head = head && kernel && { ...head, kernel };
      this.#steps = plan(this.#graph, weights, head?.features, (tensor) => {
        tensor.kept = true;
        this.#kept.push(tensor);
        return tensor;
      });
    } catch (error) {
      this.dispose();
      throw error;
    } finally {
      engine().endScope();
    }
  }

  /** See {@link RunningModel.run}. */
  async run(pixels: Uint8Array): Promise<Float32Array> {
    return (await this.#compute(pixels, this.#graph.output)).values;
  }

  /** See {@link RunningModel.classActivation}. */
  async classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined> {
    if (!this.#head) return undefined;
    const { features, kernel } = this.#head;
    const { values, shape } = await this.#compute(pixels, features);
    return activationMap(values, shape.slice(1), kernel, index);
  }

  dispose(): void {
    for (const tensor of this.#kept.splice(0)) tensor.dispose();
  }

  /** The output of one layer. */
  async #compute(pixels: Uint8Array, wanted: string) {
    const [input] = this.#graph.layers;
    const output = engine().tidy(() => {
      const values = new Map<string, Tensor>();
      const first = Float32Array.from(pixels);
      values.set(input.name, engine().makeTensor(first, [1, ...this.inputShape], 'float32'));
      for (const { name, inputs, compute, finished } of this.#steps) {
        values.set(name, compute(inputs.map((source) => values.get(source) as Tensor)));
        if (name === wanted) break;
        for (const source of finished) values.get(source)?.dispose();
      }
      return values.get(wanted) as Tensor;
    });
    try {
      return { values: (await output.data<'float32'>()).slice(), shape: output.shape };
    } finally {
      output.dispose();
    }
  }
}

function groupByLayer(tensors: Record<string, Tensor>): Map<string, Record<string, Tensor>> {
  const groups = new Map<string, Record<string, Tensor>>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const cut = name.lastIndexOf('/');
    const layer = name.slice(0, cut);
    const group = groups.get(layer) ?? {};
    group[name.slice(cut + 1)] = tensor;
    groups.set(layer, group);
  }
  return groups;
}

function plan(
  { layers, output }: Graph,
  weights: ReadonlyMap<string, Weights>,
  features: string | undefined,
  keep: Keep,
): Step[] {
  const consumers = (name: string) => layers.filter(({ inputs }) => inputs.includes(name));
  const steps: Omit<Step, 'finished'>[] = [];
  const done = new Set<string>();
  for (const layer of layers.slice(1)) {
    if (done.has(layer.name)) continue;
    const { className, config, inputs } = layer;
    const own = config.activation ?? 'linear';
    if (!isLayer(className)) throw unknown(layer, 'class', className);
    if (!isActivation(own)) throw unknown(layer, 'activation', own);
    // One kernel computes both where the activation stands behind as a layer of its own.
    const [next, other] = consumers(layer.name);
    const joined =
      own === 'linear' && !other && layer.name !== features && layer.name !== output
        ? fusable(layer, next)
        : undefined;
    if (joined) done.add(next.name);
    const held = weights.get(layer.name) ?? {};
    for (const tensor of Object.values(held)) keep(tensor);
    steps.push({
      name: joined ? next.name : layer.name,
      inputs,
      compute: LAYERS[className](config, held, joined ?? own, keep),
    });
  }
  const last = new Map(steps.flatMap(({ name, inputs }) => inputs.map((source) => [source, name])));
  return steps.map((step) => ({
    ...step,
    finished: [...new Set(step.inputs)].filter((source) => last.get(source) === step.name),
  }));
}

/** Layers whose kernels compute an activation at no cost. */
const WITH_ACTIVATION: readonly string[] = [
  'Conv2D',
  'DepthwiseConv2D',
  'Dense',
] satisfies LayerName[];

/** The activation that `next` is, where `layer` can compute it too. */
function fusable(
  { className }: GraphLayer,
  next: GraphLayer | undefined,
): ActivationName | undefined {
  if (!next || !WITH_ACTIVATION.includes(className)) return undefined;
  const { activation, max_value: limit } = next.config;
  if (next.className === 'Activation' && isActivation(activation) && FUSED.includes(activation)) {
    return activation;
  }
  if (next.className !== 'ReLU') return undefined;
  if (limit === null || limit === undefined) return 'relu';
  return limit === 6 ? 'relu6' : undefined;
}
