/**
 * What each layer may be set to, and what follows: shapes, weights, work. A closed list, the twin of
 * `layer_rules.py`: every setting that is used is checked here, before a value is computed or a
 * byte reserved; others are ignored. Shapes are without the batch.
 */

import type { LayerName } from '../constants.generated.js';
import { activation, prelu, relu, softmax, unchanged } from './rules/activations.js';
import type { Rule } from './rules/layer-plan.js';
import { concatenated, merged } from './rules/merges.js';
import { batchNormalization, layerNormalization, rescaling } from './rules/normalizations.js';
import { dense, dot } from './rules/products.js';
import {
  cropped,
  enlarged,
  flatten,
  inputLayer,
  padded,
  permute,
  reshape,
} from './rules/shapes.js';
import { convolution, depthwise, globalPooling, pooling, transposed } from './rules/windows.js';

export type { LayerPlan, Shape } from './rules/layer-plan.js';

/** Every layer that is read, by its class in TensorFlow.js. */
export const LAYER_RULES: Readonly<Record<LayerName, Rule>> = {
  Activation: activation,
  Add: merged,
  Average: merged,
  AveragePooling2D: pooling,
  BatchNormalization: batchNormalization,
  Concatenate: concatenated,
  Conv2D: convolution,
  Conv2DTranspose: transposed,
  Cropping2D: cropped,
  Dense: dense,
  DepthwiseConv2D: depthwise,
  Dot: dot,
  Flatten: flatten,
  GlobalAveragePooling2D: globalPooling,
  GlobalMaxPooling2D: globalPooling,
  InputLayer: inputLayer,
  LayerNormalization: layerNormalization,
  LeakyReLU: unchanged('alpha'),
  MaxPooling2D: pooling,
  Maximum: merged,
  Minimum: merged,
  Multiply: merged,
  PReLU: prelu,
  Permute: permute,
  ReLU: relu,
  Rescaling: rescaling,
  Reshape: reshape,
  Softmax: softmax,
  ThresholdedReLU: unchanged('theta'),
  UpSampling2D: enlarged,
  ZeroPadding2D: padded,
};
