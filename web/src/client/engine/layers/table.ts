/** Every layer that the engine computes. */

import type { ComputedLayer, LayerWriter } from '../layers.js';
import * as activation from './activation.js';
import { depthwise } from './depthwise.js';
import * as merging from './merging.js';
import * as normalization from './normalization.js';
import * as pooling from './pooling.js';
import { convolution, dense } from './products.js';
import * as shaping from './shaping.js';
import { transposed } from './transposed.js';
import { winogradConvolution } from './winograd.js';

export const LAYER_WRITERS: Readonly<Record<ComputedLayer, LayerWriter>> = {
  Activation: activation.activation,
  Add: merging.add,
  Average: merging.average,
  AveragePooling2D: pooling.averagePooling,
  BatchNormalization: normalization.batchNormalization,
  Concatenate: shaping.concatenate,
  Conv2D: (job) => (job.side ? winogradConvolution(job, job.side) : convolution(job)),
  Conv2DTranspose: transposed,
  Cropping2D: shaping.cropping,
  Dense: dense,
  DepthwiseConv2D: depthwise,
  Dot: merging.dot,
  Flatten: shaping.reshape,
  GlobalAveragePooling2D: pooling.globalAveragePooling,
  GlobalMaxPooling2D: pooling.globalMaxPooling,
  LayerNormalization: normalization.layerNormalization,
  LeakyReLU: activation.leakyRelu,
  MaxPooling2D: pooling.maxPooling,
  Maximum: merging.maximum,
  Minimum: merging.minimum,
  Multiply: merging.multiply,
  PReLU: activation.prelu,
  Permute: shaping.permute,
  ReLU: activation.relu,
  Rescaling: normalization.rescaling,
  Reshape: shaping.reshape,
  Softmax: activation.softmax,
  ThresholdedReLU: activation.thresholdedRelu,
  UpSampling2D: shaping.upsampling,
  ZeroPadding2D: shaping.zeroPadding,
};
