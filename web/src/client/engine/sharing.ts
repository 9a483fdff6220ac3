/** Finds concatenations that go on with another one: all of them are the beginning of the last. */

import type { Weights } from './layers.js';
import { readersOf, type Step } from './steps.js';

/**
 * Says of such concatenations within which one they lie: nothing is copied from one to the next.
 *
 * @param kept - layers whose outputs somebody outside reads: they are written by themselves.
 */
export function shared(
  steps: readonly Step[],
  shapes: ReadonlyMap<string, readonly number[]>,
  weights: Weights,
  kept: readonly (string | undefined)[],
): Step[] {
  const named = new Map(steps.map((step) => [step.name, step]));
  const readers = readersOf(steps);
  /** Of the channels of pictures. */
  const isConcatenation = ({ className, config, name }: Step) =>
    className === 'Concatenate' &&
    shapes.get(name)?.length === 3 &&
    (config.axis === -1 || config.axis === 3);
  /** By what they go on with. */
  const longer = new Map<string, string>();
  for (const { name, inputs } of steps.filter(isConcatenation)) {
    const [start, ...others] = inputs;
    const before = named.get(start);
    if (!before || !isConcatenation(before) || others.includes(start)) continue;
    const isReadable = readers
      .get(start)
      ?.every((step) => step.name === name || readsWithin(step, weights));
    if (isReadable && !kept.includes(start)) longer.set(start, name);
  }
  /** The last one of each that goes on, or is gone on with. */
  const ends = new Map<string, string>();
  // What goes on with a layer comes behind it.
  for (const { name } of [...steps].reverse()) {
    const next = longer.get(name);
    if (next === undefined) continue;
    const end = ends.get(next) ?? next;
    ends.set(next, end).set(name, end);
  }
  return steps.map((step) => {
    const within = ends.get(step.name);
    return within === undefined ? step : { ...step, within };
  });
}

/** Whether a step can read places that have other values between them. */
function readsWithin({ className, frame, weights: name }: Step, weights: Weights): boolean {
  const kernel = weights.get(name)?.depthwise_kernel;
  const [height, width, , times] = kernel?.shape ?? [];
  return className === 'DepthwiseConv2D' && !frame && height * width * times === 1;
}
