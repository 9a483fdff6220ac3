/** Finds concatenations that go on with another one: all of them are the beginning of the last. */

import type { Step } from './fusion.js';
import type { Weights } from './layers.js';

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
  /** Of the channels of pictures. */
  const isConcatenation = ({ className, config, name }: Step) =>
    className === 'Concatenate' &&
    shapes.get(name)?.length === 3 &&
    (config.axis === -1 || config.axis === 3);
  /** By what they go on with. */
  const longer = new Map<string, string>();
  for (const { name, inputs } of steps.filter(isConcatenation)) {
    const [start, ...others] = inputs;
    const before = steps.find((step) => step.name === start);
    if (!before || !isConcatenation(before) || others.includes(start)) continue;
    const isReadable = steps.every(
      (step) =>
        step.name === name ||
        (step.added !== start && !step.inputs.includes(start)) ||
        readsWithin(step, weights),
    );
    if (isReadable && !kept.includes(start)) longer.set(start, name);
  }
  const ends = new Set(longer.values());
  return steps.map((step) => {
    let within = step.name;
    for (let next: string | undefined = within; next !== undefined; next = longer.get(within)) {
      within = next;
    }
    return within !== step.name || ends.has(step.name) ? { ...step, within } : step;
  });
}

/** Whether a step can read places that have other values between them. */
function readsWithin({ className, frame, weights: name }: Step, weights: Weights): boolean {
  const kernel = weights.get(name)?.depthwise_kernel;
  const [height, width, , times] = kernel?.shape ?? [];
  return className === 'DepthwiseConv2D' && !frame && height * width * times === 1;
}
