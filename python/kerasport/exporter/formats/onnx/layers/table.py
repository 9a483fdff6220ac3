"""Which rule writes which layer."""

from __future__ import annotations

from kerasport.exporter.formats.onnx.layers.activations import (
    activation,
    leaky_relu,
    prelu,
    relu,
    softmax,
    thresholded_relu,
)
from kerasport.exporter.formats.onnx.layers.merging import concatenated, merged, multiplied
from kerasport.exporter.formats.onnx.layers.normalizations import (
    batch_normalization,
    layer_normalization,
    rescaling,
)
from kerasport.exporter.formats.onnx.layers.products import dense, dot
from kerasport.exporter.formats.onnx.layers.shapes import (
    cropped,
    enlarged,
    padded,
    permuted,
    reshaped,
)
from kerasport.exporter.formats.onnx.layers.step import Rule
from kerasport.exporter.formats.onnx.layers.windows import (
    convolution,
    depthwise,
    global_pooling,
    pooling,
    transposed,
)

__all__ = ["RULES"]

RULES: dict[str, Rule] = {
    "Activation": activation,
    "Add": merged("Sum"),
    "Average": merged("Mean"),
    "AveragePooling2D": pooling("AveragePool"),
    "BatchNormalization": batch_normalization,
    "Concatenate": concatenated,
    "Conv2D": convolution,
    "Conv2DTranspose": transposed,
    "Cropping2D": cropped,
    "Dense": dense,
    "DepthwiseConv2D": depthwise,
    "Dot": dot,
    "Flatten": reshaped,
    "GlobalAveragePooling2D": global_pooling("ReduceMean"),
    "GlobalMaxPooling2D": global_pooling("ReduceMax"),
    "LayerNormalization": layer_normalization,
    "LeakyReLU": leaky_relu,
    "MaxPooling2D": pooling("MaxPool"),
    "Maximum": merged("Max"),
    "Minimum": merged("Min"),
    "Multiply": multiplied,
    "PReLU": prelu,
    "Permute": permuted,
    "ReLU": relu,
    "Rescaling": rescaling,
    "Reshape": reshaped,
    "Softmax": softmax,
    "ThresholdedReLU": thresholded_relu,
    "UpSampling2D": enlarged,
    "ZeroPadding2D": padded,
}
"""Class of TensorFlow.js -> rule; the input is no operation of ONNX."""
