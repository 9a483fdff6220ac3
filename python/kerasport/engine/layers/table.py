"""Every layer that the engine computes."""

from __future__ import annotations

from kerasport.engine.job import LayerWriter
from kerasport.engine.layers import activation, merging, normalization, pooling, shaping
from kerasport.engine.layers.depthwise import depthwise
from kerasport.engine.layers.products import convolution, dense
from kerasport.engine.layers.transposed import transposed

__all__ = ["LAYER_WRITERS"]

LAYER_WRITERS: dict[str, LayerWriter] = {
    "Activation": activation.activation,
    "Add": merging.add,
    "Average": merging.average,
    "AveragePooling2D": pooling.average_pooling,
    "BatchNormalization": normalization.batch_normalization,
    "Concatenate": shaping.concatenate,
    "Conv2D": convolution,
    "Conv2DTranspose": transposed,
    "Cropping2D": shaping.cropping,
    "Dense": dense,
    "DepthwiseConv2D": depthwise,
    "Dot": merging.dot,
    "Flatten": shaping.reshape,
    "GlobalAveragePooling2D": pooling.global_average_pooling,
    "GlobalMaxPooling2D": pooling.global_max_pooling,
    "LayerNormalization": normalization.layer_normalization,
    "LeakyReLU": activation.leaky_relu,
    "MaxPooling2D": pooling.max_pooling,
    "Maximum": merging.maximum,
    "Minimum": merging.minimum,
    "Multiply": merging.multiply,
    "PReLU": activation.prelu,
    "Permute": shaping.permute,
    "ReLU": activation.relu,
    "Rescaling": normalization.rescaling,
    "Reshape": shaping.reshape,
    "Softmax": activation.softmax,
    "ThresholdedReLU": activation.thresholded_relu,
    "UpSampling2D": shaping.upsampling,
    "ZeroPadding2D": shaping.zero_padding,
}
