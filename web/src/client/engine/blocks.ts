/** Finds steps that are computed together, by strips of rows. */

import type { Weights } from './layers.js';
import { type Block, readersOf, type Step } from './steps.js';

/**
 * Puts blocks in the place of their last steps.
 *
 * @param weights - of every layer.
 * @param kept - layers whose outputs somebody outside reads: they are written as a whole.
 */
export function inBlocks(
  steps: readonly Step[],
  weights: Weights,
  kept: readonly (string | undefined)[],
): Step[] {
  const named = new Map(steps.map((step) => [step.name, step]));
  const readers = readersOf(steps);
  /** The only step that reads what one gives. */
  const behind = ({ name }: Step): Step | undefined => {
    const [next, other] = readers.get(name) ?? [];
    return other || kept.includes(name) ? undefined : next;
  };
  /** Steps that are in a block. */
  const taken = new Set<Step | undefined>();
  const free = (step: Step | undefined) =>
    step && !taken.has(step) && isPoint(step, weights) ? step : undefined;
  const blocks = new Map<Step, Block>();
  for (const depthwise of steps) {
    if (!isDepthwise(depthwise, weights)) continue;
    const before = named.get(depthwise.inputs[0]);
    // What is added has to be laid out as the output.
    const isAlone = before && before.added === undefined && behind(before) === depthwise;
    const expand = isAlone ? free(before) : undefined;
    const next = behind(depthwise);
    const project = next?.inputs[0] === depthwise.name ? free(next) : undefined;
    if (!expand && !project) continue;
    for (const step of [expand, depthwise, project]) taken.add(step);
    const block = { depthwise, ...(expand && { expand }), ...(project && { project }) };
    blocks.set(project ?? depthwise, block);
  }
  return steps.flatMap((step) => {
    const block = blocks.get(step);
    if (block) return { ...step, block };
    return taken.has(step) ? [] : step;
  });
}

/** Whether a step is a depthwise layer with as many channels as its input. */
function isDepthwise({ className, weights: name }: Step, weights: Weights): boolean {
  return className === 'DepthwiseConv2D' && weights.get(name)?.depthwise_kernel.shape[3] === 1;
}

/** Whether a step is a convolution that sees each place by itself. */
function isPoint({ className, config, frame, weights: name }: Step, weights: Weights): boolean {
  const sides = [...(weights.get(name)?.kernel?.shape.slice(0, 2) ?? [])];
  return (
    className === 'Conv2D' &&
    !frame &&
    [...sides, ...(config.strides as number[])].every((side) => side === 1)
  );
}
