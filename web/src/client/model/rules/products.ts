/** Layers that multiply matrices. */

import { dimensions, product } from '../../bundle/fields.js';
import type { Rule } from './layer-plan.js';
import { biasOf, failInputs, nothingBut, onlyInput, readSide, setting } from './settings.js';

/** What Dense comes to. */
export const dense: Rule = (layer, inputs) => {
  const shape = onlyInput(layer, inputs);
  const units = readSide(setting(layer, 'units'));
  const last = shape[shape.length - 1];
  const output = [...shape.slice(0, -1), units];
  return {
    shape: output,
    weights: { kernel: [last, units], ...biasOf(layer, units) },
    multiplyAdds: product(output) * last,
    activates: true,
  };
};

/** What Dot comes to. */
export const dot: Rule = (layer, inputs) => {
  if (inputs.length !== 2) failInputs(layer, 'two layers');
  const [first, second] = inputs;
  if (first.length !== 2 || second.length !== 2) failInputs(layer, 'two matrices');
  const both = setting(layer, 'axes');
  const axes = both.list((axis) => axis.integer(1, 2));
  nothingBut(setting(layer, 'normalize'), false);
  if (axes.length !== 2 || first[axes[0] - 1] !== second[axes[1] - 1]) {
    both.fail(`two axes of one length, in ${dimensions(first)} and ${dimensions(second)}`);
  }
  const output = [first[2 - axes[0]], second[2 - axes[1]]];
  return { shape: output, multiplyAdds: product(output) * first[axes[0] - 1] };
};
