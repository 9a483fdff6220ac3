/** Layers that shift and scale values. */

import type { LayerEntry } from '../topology.js';
import type { Rule, Shape } from './layer-plan.js';
import { lastAxis, onlyInput, readFlag, setting } from './settings.js';

/** What BatchNormalization comes to. */
export const batchNormalization: Rule = (layer, inputs) => {
  const shape = onlyInput(layer, inputs);
  const channels = shape.slice(-1);
  const always = { moving_mean: channels, moving_variance: channels };
  return { shape, weights: { ...normalized(layer, shape), ...always } };
};

/** What LayerNormalization comes to. */
export const layerNormalization: Rule = (layer, inputs) => {
  const shape = onlyInput(layer, inputs);
  return { shape, weights: normalized(layer, shape) };
};

/** What Rescaling comes to. */
export const rescaling: Rule = (layer, inputs) => {
  const shape = onlyInput(layer, inputs);
  const channels = shape[shape.length - 1];
  for (const key of ['scale', 'offset']) {
    const values = setting(layer, key);
    if (!Array.isArray(values.value)) values.number();
    else if (![1, channels].includes(values.list((item) => item.number()).length)) {
      values.fail(`one number, or ${channels}`);
    }
  }
  return { shape };
};

function normalized(layer: LayerEntry, shape: Shape): Record<string, Shape> {
  lastAxis(layer, shape);
  setting(layer, 'epsilon').number(0);
  const channels = shape.slice(-1);
  return {
    ...(readFlag(setting(layer, 'scale')) && { gamma: channels }),
    ...(readFlag(setting(layer, 'center')) && { beta: channels }),
  };
}
