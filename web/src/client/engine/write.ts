/** Writes a whole model down as kernel calls. */

import type { ActivationName } from '../constants.generated.js';
import type { LayerEntry, Topology } from '../model/topology.js';
import { LAYER_WRITERS } from './layers/table.js';
import type { ComputedLayer, Weight } from './layers.js';
import { type Place, type Plan, ProgramWriter, type Tensor } from './program.js';

/** A tensor that somebody outside reads. */
export interface Milestone {
  readonly tensor: Tensor;
  /** After so many calls it is complete. */
  readonly end: number;
}

/** A model as a list of calls. */
export interface WrittenModel {
  readonly plan: Plan;
  /** Where the picture's bytes go. */
  readonly input: Place;
  readonly output: Milestone;
  /** The last feature maps, where they were asked for. */
  readonly features: Milestone | undefined;
}

/**
 * @param shapes - of every layer's output, by its name.
 * @param weights - of every layer.
 * @param features - the layer whose output is to be kept readable.
 */
export function writeModel(
  topology: Topology,
  shapes: ReadonlyMap<string, readonly number[]>,
  weights: ReadonlyMap<string, Readonly<Record<string, Weight>>>,
  features: string | undefined,
): WrittenModel {
  const { layers, output } = topology;
  const writer = new ProgramWriter();
  const tensors = new Map<string, Tensor>();
  const milestone = (name: string): Milestone => {
    const tensor = tensors.get(name) as Tensor;
    writer.use(tensor.place);
    return { tensor, end: writer.length };
  };
  const [first, ...rest] = layers;
  const values = writer.tensor(shapes.get(first.name) as number[]);
  const size = values.shape.reduce((product, side) => product * side, 1);
  const input = writer.bytes(size);
  writer.call('bytesToFloats', input, values.place, size);
  tensors.set(first.name, values);
  let kept: Milestone | undefined;
  const joined = new Set<string>();
  for (const layer of rest) {
    if (joined.has(layer.name)) continue;
    const behind = layer.name === features ? undefined : activationBehind(layer, topology);
    if (behind) joined.add(behind.layer.name);
    const name = behind?.layer.name ?? layer.name;
    const tensor = LAYER_WRITERS[layer.className as ComputedLayer]({
      writer,
      config: layer.config,
      inputs: layer.inputs.map((source) => tensors.get(source) as Tensor),
      weights: weights.get(layer.name) ?? {},
      activation: behind?.activation ?? ((layer.config.activation ?? 'linear') as ActivationName),
      shape: shapes.get(name) as number[],
    });
    tensors.set(name, tensor);
    if (name === features) kept = milestone(name);
  }
  const last = milestone(output);
  return { plan: writer.finish(), input, output: last, features: kept };
}

/** Layers that compute an activation at their end. */
const ACTIVATING = new Set(['Conv2D', 'Conv2DTranspose', 'Dense', 'DepthwiseConv2D']);

/** The activation that stands behind a layer as one of its own, and that nothing else sees. */
function activationBehind(
  layer: LayerEntry,
  { layers, output }: Topology,
): { readonly layer: LayerEntry; readonly activation: ActivationName } | undefined {
  if (!ACTIVATING.has(layer.className) || (layer.config.activation ?? 'linear') !== 'linear') {
    return undefined;
  }
  const [next, other] = layers.filter(({ inputs }) => inputs.includes(layer.name));
  if (!next || other || layer.name === output) return undefined;
  const { activation, max_value: limit } = next.config;
  if (next.className === 'Activation') {
    return { layer: next, activation: activation as ActivationName };
  }
  if (next.className !== 'ReLU') return undefined;
  if (limit === null || limit === undefined) return { layer: next, activation: 'relu' };
  return limit === 6 ? { layer: next, activation: 'relu6' } : undefined;
}
