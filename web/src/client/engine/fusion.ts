/** Joins layers that one kernel computes in the same run. */

import type { ActivationName } from '../constants.generated.js';
import type { Config, Graph, GraphLayer } from '../model/topology.js';
import type { Ending, Gate } from './epilogue.js';
import type { ComputedLayer, Frame } from './layers.js';

/** A layer, with others that are computed along with it. */
export interface Step {
  /** Of the last layer that it computes. */
  readonly name: string;
  /** Of the layer whose weights it has. */
  readonly weights: string;
  readonly className: ComputedLayer;
  readonly config: Config;
  readonly inputs: readonly string[];
  readonly activation: Ending;
  /** A layer whose output is added before the activation. */
  readonly added?: string;
  /** Added around the input before anything else. */
  readonly frame?: Frame;
  /** Takes the picture's bytes as they come. */
  readonly ofBytes?: true;
  /** A concatenation whose first channels are its output. */
  readonly within?: string;
  /** Steps before it, and itself, that are computed by strips of rows. */
  readonly block?: Block;
}

/** A depthwise layer, and convolutions of single places before and behind it. */
export interface Block {
  readonly expand?: Step;
  readonly depthwise: Step;
  readonly project?: Step;
}

/** Layers that compute an activation at their end. */
const ACTIVATING = ['Conv2D', 'Conv2DTranspose', 'Dense', 'DepthwiseConv2D'];

/** Layers that add something of the shape of their output before it. */
const ADDING = ['Conv2D'];

/** Layers that see zeros around their input. */
const FRAMING = ['Conv2D', 'DepthwiseConv2D'];

/** Every layer by itself. */
export function stepsOf({ layers }: Graph): Step[] {
  return layers.slice(1).map(stepOf);
}

/**
 * The steps that compute a model, in an order in which they can be taken.
 *
 * @param shapes - of every layer's output, by its name.
 * @param kept - layers whose outputs somebody outside reads: they stay as they are.
 */
export function fuse(
  graph: Graph,
  shapes: ReadonlyMap<string, readonly number[]>,
  kept: readonly (string | undefined)[],
): Step[] {
  const steps = stepsOf(graph);
  const consumers = (name: string) =>
    steps.filter(({ inputs, added }) => added === name || inputs.includes(name));
  /** The only step that reads what a layer gives, where nobody else wants it. */
  const behind = (name: string): Step | undefined => {
    const [next, other] = consumers(name);
    const reads = next?.inputs.filter((input) => input === name).length;
    return kept.includes(name) || other || reads !== 1 ? undefined : next;
  };
  /** Puts one step in the place of two. */
  const join = (stays: Step, goes: Step, joined: Step) => {
    steps.splice(steps.indexOf(stays), 1, joined);
    steps.splice(steps.indexOf(goes), 1);
  };

  const first = behind(graph.layers[0].name);
  if (first?.className === 'Rescaling') steps[steps.indexOf(first)] = { ...first, ofBytes: true };
  /** `x * clip(x * factor + offset, 0, 1)`, as three layers write it. */
  const gateOf = ({ inputs }: Step) => {
    const clipped = steps.find(
      ({ name, className, config }) =>
        inputs.includes(name) && className === 'ReLU' && config.max_value === 1,
    );
    const line = steps.find(({ name }) => name === clipped?.inputs[0]);
    if (!clipped || line?.className !== 'Rescaling') return undefined;
    const [x] = line.inputs;
    const { scale: factor, offset } = line.config;
    const isOne = typeof factor === 'number' && typeof offset === 'number';
    const isAlone = behind(line.name) === clipped && behind(clipped.name)?.inputs === inputs;
    if (!isOne || !isAlone || inputs.length !== 2 || !inputs.includes(x)) return undefined;
    const gate: Gate = { factor, offset };
    return { x, clipped, line, gate };
  };
  for (const step of [...steps]) {
    const found = step.className === 'Multiply' && gateOf(step);
    if (!found) continue;
    const { x, clipped, line, gate } = found;
    const joined: Step = { ...step, className: 'Activation', inputs: [x], activation: gate };
    join(step, clipped, joined);
    steps.splice(steps.indexOf(line), 1);
  }
  for (const step of [...steps]) {
    if (step.className !== 'ZeroPadding2D') continue;
    const next = behind(step.name);
    if (!next || !FRAMING.includes(next.className) || next.config.padding !== 'valid') continue;
    const frame = step.config.padding as Frame;
    join(next, step, { ...next, inputs: step.inputs, frame });
  }
  for (const { name } of [...steps]) {
    let step = steps.find((each) => each.name === name);
    if (!step) continue;
    const sum = ADDING.includes(step.className) ? behind(name) : undefined;
    const added = sum && addend(sum, step, steps, shapes);
    if (sum && added !== undefined) {
      const joined: Step = { ...step, name: sum.name, added };
      join(step, sum, joined);
      step = joined;
    }
    const next = ACTIVATING.includes(step.className) ? behind(step.name) : undefined;
    const activation = next && step.activation === 'linear' ? activationOf(next) : undefined;
    if (next && activation) join(step, next, { ...step, name: next.name, activation });
  }
  return steps;
}

function stepOf({ name, className, config, inputs }: GraphLayer): Step {
  const activation = (config.activation ?? 'linear') as ActivationName;
  return { name, weights: name, className: className as ComputedLayer, config, inputs, activation };
}

/** What `sum` adds to the output of `step`, where it is there before, as large, and the only one. */
function addend(
  sum: Step,
  step: Step,
  steps: readonly Step[],
  shapes: ReadonlyMap<string, readonly number[]>,
): string | undefined {
  if (sum.className !== 'Add' || sum.inputs.length !== 2) return undefined;
  if (step.activation !== 'linear' || step.added !== undefined) return undefined;
  const [other] = sum.inputs.filter((input) => input !== step.name);
  const isEarlier = steps.findIndex(({ name }) => name === other) < steps.indexOf(step);
  const isAlike = String(shapes.get(other)) === String(shapes.get(step.name));
  return isEarlier && isAlike ? other : undefined;
}

/** The activation that a layer is, where it is nothing else. */
function activationOf({ className, activation, config }: Step): Ending | undefined {
  if (className === 'Activation') return activation;
  if (className !== 'ReLU') return undefined;
  const limit = config.max_value as number | null | undefined;
  return { low: 0, high: limit ?? Number.POSITIVE_INFINITY };
}
