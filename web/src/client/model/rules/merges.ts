/** Layers that make one of several. */

import { product } from '../../bundle/fields.js';
import type { Rule } from './layer-plan.js';
import { failInputs, firstInput, setting } from './settings.js';

/** What Add, Average, Maximum, Minimum and Multiply come to. */
export const merged: Rule = (layer, inputs) => {
  const output = [...firstInput(layer, inputs)];
  for (const shape of inputs) {
    if (shape.length !== output.length) failInputs(layer, 'layers of one rank');
    for (const [axis, length] of shape.entries()) {
      if (length !== output[axis] && length !== 1 && output[axis] !== 1) {
        failInputs(layer, 'layers whose sides are equal or 1');
      }
      output[axis] = Math.max(length, output[axis]);
    }
  }
  return { shape: output, multiplyAdds: product(output) * inputs.length };
};

/** What Concatenate comes to. */
export const concatenated: Rule = (layer, inputs) => {
  const first = firstInput(layer, inputs);
  const rank = first.length;
  const where = setting(layer, 'axis');
  const axis = where.integer(-rank, rank);
  if (axis === 0) where.fail('another axis than that of the pictures');
  const place = axis > 0 ? axis - 1 : rank + axis;
  const output = [...first];
  for (const shape of inputs.slice(1)) {
    const fits = shape.every((length, each) => each === place || length === first[each]);
    if (shape.length !== rank || !fits) failInputs(layer, 'layers whose other sides are equal');
    output[place] += shape[place];
  }
  return { shape: output, multiplyAdds: product(output) };
};
