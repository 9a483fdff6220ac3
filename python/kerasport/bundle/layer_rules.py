"""What each layer of TensorFlow.js may be set to, and what follows: shapes, weights, work.

A closed list, the twin of the client's `model/layer-rules.ts`. Every setting that a reader uses is
checked here, before a value is computed or a byte reserved; others are ignored. Shapes are without
the batch.
"""

from __future__ import annotations

from kerasport.bundle.rules.activations import activation, prelu, relu, softmax, unchanged
from kerasport.bundle.rules.layer_plan import LayerPlan, Rule, Shape
from kerasport.bundle.rules.merges import concatenated, merged
from kerasport.bundle.rules.normalizations import (
    batch_normalization,
    layer_normalization,
    rescaling,
)
from kerasport.bundle.rules.products import dense, dot
from kerasport.bundle.rules.shapes import (
    cropped,
    enlarged,
    flatten,
    input_layer,
    padded,
    permute,
    reshape,
)
from kerasport.bundle.rules.windows import (
    convolution,
    depthwise,
    global_pooling,
    pooling,
    transposed,
)

__all__ = ["LAYER_RULES", "LayerPlan", "Shape"]

LAYER_RULES: dict[str, Rule] = {
    "Activation": activation,
    "Add": merged,
    "Average": merged,
    "AveragePooling2D": pooling,
    "BatchNormalization": batch_normalization,
    "Concatenate": concatenated,
    "Conv2D": convolution,
    "Conv2DTranspose": transposed,
    "Cropping2D": cropped,
    "Dense": dense,
    "DepthwiseConv2D": depthwise,
    "Dot": dot,
    "Flatten": flatten,
    "GlobalAveragePooling2D": global_pooling,
    "GlobalMaxPooling2D": global_pooling,
    "InputLayer": input_layer,
    "LayerNormalization": layer_normalization,
    "LeakyReLU": unchanged("alpha"),
    "MaxPooling2D": pooling,
    "Maximum": merged,
    "Minimum": merged,
    "Multiply": merged,
    "PReLU": prelu,
    "Permute": permute,
    "ReLU": relu,
    "Rescaling": rescaling,
    "Reshape": reshape,
    "Softmax": softmax,
    "ThresholdedReLU": unchanged("theta"),
    "UpSampling2D": enlarged,
    "ZeroPadding2D": padded,
}
"""Class of TensorFlow.js -> rule: every layer that is read."""
