/** Writes a whole model down as kernel calls. */

import { product } from '../bundle/fields.js';
import type { Graph } from '../model/topology.js';
import { sideOf, type Tiles } from '../model/winograd.js';
import { inBlocks } from './blocks.js';
import { fuse } from './fusion.js';
import { writeBlock } from './layers/block.js';
import { LAYER_WRITERS } from './layers/table.js';
import type { LayerJob, Weights } from './layers.js';
import { type Place, type Plan, ProgramWriter, type Tensor } from './program.js';
import { shared } from './sharing.js';
import { CACHE_BYTES } from './sizes.js';
import { type Step, stepsOf } from './steps.js';

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
  /** What the watched layer takes, there when all is done. */
  readonly watched: Tensor | undefined;
  /** What is computed after so many calls. */
  readonly steps: readonly (Step & { readonly shape: readonly number[]; readonly end: number })[];
}

/**
 * @param shapes - of every layer's output, by its name.
 * @param weights - of every layer.
 * @param features - the layer whose output is to be kept readable.
 * @param tiles - which convolutions are computed by Winograd's way.
 * @param watched - a layer with one input, which is kept readable.
 * @param stripBytes - of what is computed by strips; 0: every layer by itself. The bits are the same, but
 *   where an Add is joined to a sum that is cut: it is added to the first piece.
 */
export function writeModel(
  graph: Graph,
  shapes: ReadonlyMap<string, readonly number[]>,
  weights: Weights,
  features?: string,
  tiles?: Tiles,
  stripBytes = CACHE_BYTES,
  watched?: string,
): WrittenModel {
  const { layers, output } = graph;
  const writer = new ProgramWriter();
  const tensors = new Map<string, Tensor>();
  const tensorOf = (name: string) => tensors.get(name) as Tensor;
  const milestone = (name: string): Milestone => {
    const tensor = tensorOf(name);
    writer.use(tensor.place);
    return { tensor, end: writer.length };
  };
  const [first] = layers;
  const shape = shapes.get(first.name) as number[];
  const size = product(shape);
  const input = writer.bytes(size);
  let kept: Milestone | undefined;
  const steps: WrittenModel['steps'][number][] = [];
  const wholes = new Map<string, Tensor>();
  /** Room for a concatenation that others lie in. */
  const wholeOf = (name: string): Tensor => {
    const whole = wholes.get(name) ?? writer.tensor(shapes.get(name) as number[]);
    wholes.set(name, whole);
    return whole;
  };
  const jobOf = (step: Step): LayerJob => {
    const side = sideOf(tiles, step.weights);
    return {
      writer,
      config: step.config,
      // Within a block there are no tensors between the layers.
      inputs: step.inputs.flatMap((name) => tensors.get(name) ?? []),
      weights: weights.get(step.weights) ?? {},
      activation: step.activation,
      shape: shapes.get(step.name) as number[],
      ...(step.added !== undefined && { added: tensorOf(step.added) }),
      ...(step.frame && { frame: step.frame }),
      ...(step.ofBytes && { ofBytes: true }),
      ...(step.within !== undefined && { within: wholeOf(step.within) }),
      ...(side && { side }),
    };
  };
  const seen = layers.find(({ name }) => name === watched)?.inputs[0];
  const outside = [features, output, seen];
  const joined = () => {
    const fused = shared(fuse(graph, shapes, outside), shapes, weights, outside);
    return inBlocks(fused, weights, outside);
  };
  const all = stripBytes > 0 ? joined() : stepsOf(graph);
  tensors.set(first.name, { shape, place: input });
  if (!all.some(({ ofBytes }) => ofBytes)) {
    const values = writer.tensor(shape);
    writer.call('bytesToFloats', input, values.place, size);
    tensors.set(first.name, values);
  }
  for (const step of all) {
    const tensor = step.block
      ? writeBlock(step.block, jobOf, stripBytes)
      : LAYER_WRITERS[step.className](jobOf(step));
    tensors.set(step.name, tensor);
    steps.push({ ...step, shape: tensor.shape, end: writer.length });
    if (step.name === features) kept = milestone(step.name);
  }
  const last = milestone(output);
  const beside = seen === undefined ? undefined : milestone(seen).tensor;
  return { plan: writer.finish(), input, output: last, features: kept, watched: beside, steps };
}
