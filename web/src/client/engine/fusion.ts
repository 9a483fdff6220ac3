/** Joins layers that one kernel computes in the same run. */

import type { Graph } from '../model/topology.js';
import type { Ending, Gate } from './epilogue.js';
import type { Frame } from './layers.js';
import { type Step, Steps, stepsOf } from './steps.js';

/** Layers that compute an activation at their end. */
const ACTIVATING = ['Conv2D', 'Conv2DTranspose', 'Dense', 'DepthwiseConv2D'];

/** Layers that add something of the shape of their output before it. */
const ADDING = ['Conv2D'];

/** Layers that see zeros around their input. */
const FRAMING = ['Conv2D', 'DepthwiseConv2D'];

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
  const steps = new Steps(stepsOf(graph), kept);
  const first = steps.behind(graph.layers[0].name);
  if (first?.className === 'Rescaling') steps.replace(first, { ...first, ofBytes: true });
  for (const step of steps.all()) if (step.className === 'Multiply') joinGate(steps, step);
  for (const step of steps.all()) {
    if (step.className !== 'ZeroPadding2D') continue;
    const next = steps.behind(step.name);
    if (!next || !FRAMING.includes(next.className) || next.config.padding !== 'valid') continue;
    const frame = step.config.padding as Frame;
    steps.join(next, step, { ...next, inputs: step.inputs, frame });
  }
  for (const { name } of steps.all()) {
    let step = steps.named(name);
    if (!step) continue;
    const sum = ADDING.includes(step.className) ? steps.behind(name) : undefined;
    const added = sum && addend(sum, step, steps, shapes);
    if (sum && added !== undefined) {
      step = steps.join(step, sum, { ...step, name: sum.name, added });
    }
    const next = ACTIVATING.includes(step.className) ? steps.behind(step.name) : undefined;
    const activation = next && step.activation === 'linear' ? activationOf(next) : undefined;
    if (next && activation) steps.join(step, next, { ...step, name: next.name, activation });
  }
  return steps.all();
}

/** Joins `x * clip(x * factor + offset, 0, 1)`, as three layers write it. */
function joinGate(steps: Steps, step: Step): void {
  if (step.inputs.length !== 2) return;
  const clips = step.inputs
    .map((name) => steps.named(name))
    .filter((each) => each?.className === 'ReLU' && each.config.max_value === 1);
  const [clipped] = (clips as Step[]).sort((a, b) => steps.place(a.name) - steps.place(b.name));
  const line = steps.named(clipped?.inputs[0]);
  if (line?.className !== 'Rescaling') return;
  const [x] = line.inputs;
  const { scale: factor, offset } = line.config;
  const isOne = typeof factor === 'number' && typeof offset === 'number';
  const isAlone = steps.behind(line.name) === clipped && steps.behind(clipped.name) === step;
  if (!isOne || !isAlone || !step.inputs.includes(x)) return;
  const activation: Gate = { factor, offset };
  steps.remove(line);
  steps.join(step, clipped, { ...step, className: 'Activation', inputs: [x], activation });
}

/** What `sum` adds to the output of `step`, where it is there before, as large, and the only one. */
function addend(
  sum: Step,
  step: Step,
  steps: Steps,
  shapes: ReadonlyMap<string, readonly number[]>,
): string | undefined {
  if (sum.className !== 'Add' || sum.inputs.length !== 2) return undefined;
  if (step.activation !== 'linear' || step.added !== undefined) return undefined;
  const [other] = sum.inputs.filter((input) => input !== step.name);
  const isEarlier = steps.place(other) < steps.place(step.name);
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
