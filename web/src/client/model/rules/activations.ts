/** Layers that change each value by itself, and the softmax. */

import type { Rule } from './layer-plan.js';
import { lastAxis, onlyInput, setting } from './settings.js';

/** What Activation comes to. */
export const activation: Rule = (layer, inputs) => ({
  shape: onlyInput(layer, inputs),
  activates: true,
});

/** The rule of layers that keep the shape and take these numbers. */
export const unchanged =
  (...keys: string[]): Rule =>
  (layer, inputs) => {
    const shape = onlyInput(layer, inputs);
    for (const key of keys) setting(layer, key).number();
    return { shape };
  };

/** What ReLU comes to. */
export const relu: Rule = (layer, inputs) => {
  const shape = onlyInput(layer, inputs);
  setting(layer, 'max_value').optional((limit) => limit.number(0));
  return { shape };
};

/** What PReLU comes to. */
export const prelu: Rule = (layer, inputs) => {
  const shape = onlyInput(layer, inputs);
  return { shape, weights: { alpha: shape } };
};

/** What Softmax comes to. */
export const softmax: Rule = (layer, inputs) => {
  const shape = onlyInput(layer, inputs);
  lastAxis(layer, shape);
  return { shape };
};
