/**
 * Kernels of TensorFlow.js that `src/client/tensorflow/layers.ts` runs, and those that backends run
 * inside them. All others are left out of the build.
 */
export const KERNELS = new Set(
  `_FusedMatMul Abs Add AvgPool BatchMatMul Cast ClipByValue Complex Concat Conv2D
  Conv2DBackpropInput DepthwiseConv2dNative Elu Erf Exp Fill FusedConv2D FusedDepthwiseConv2D
  Greater Identity Imag LeakyRelu Log Max MaxPool Maximum Mean Minimum Multiply PadV2 Prelu Real
  RealDiv Relu Relu6 Reshape ResizeNearestNeighbor Rsqrt Selu Sigmoid Slice Softmax Softplus Sub Sum
  Tanh Transpose`.split(/\s+/),
);
