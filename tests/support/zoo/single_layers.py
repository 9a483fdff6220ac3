"""One layer or activation under test, in a classifier around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from support.zoo.registry import stack

stack("conv", lambda L: [L.Conv2D(5, (3, 2))])
stack("conv-same-stride", lambda L: [L.Conv2D(5, 3, strides=2, padding="same")])
stack("conv-dilated", lambda L: [L.Conv2D(5, 3, dilation_rate=2, padding="same")])
stack("conv-no-bias", lambda L: [L.Conv2D(5, 3, use_bias=False)])
stack("depthwise", lambda L: [L.DepthwiseConv2D(3, depth_multiplier=2, padding="same")])
stack("depthwise-stride", lambda L: [L.DepthwiseConv2D(3, strides=2, activation="relu6")])
stack("max-pooling", lambda L: [L.MaxPooling2D((2, 3), strides=2, padding="same")])
stack("average-pooling", lambda L: [L.AveragePooling2D(3, strides=2, padding="same")])
stack("batch-normalization", lambda L: [L.Conv2D(6, 3), L.BatchNormalization(epsilon=0.01)])
stack("batch-normalization-bare", lambda L: [L.BatchNormalization(center=False, scale=False)])
stack("zero-padding", lambda L: [L.ZeroPadding2D(((1, 0), (2, 3))), L.Conv2D(4, 3)])
stack("relu-layer", lambda L: [L.Conv2D(6, 3), L.ReLU()])
stack("relu-max", lambda L: [L.Conv2D(6, 3), L.ReLU(max_value=0.5)])
stack("dropout", lambda L: [L.Dropout(0.5), L.Conv2D(4, 3), L.SpatialDropout2D(0.3)])
stack("noise", lambda L: [L.GaussianNoise(0.5), L.Conv2D(4, 3)])
stack("augmentation", lambda L: [L.RandomFlip(), L.RandomRotation(0.2), L.RandomZoom(0.2)])
stack("conv-grouped", lambda L: [L.Conv2D(6, 3), L.Conv2D(4, 3, groups=2, activation="relu")])
stack("conv-each-channel", lambda L: [L.Conv2D(6, 3, groups=3, padding="same", strides=2)])
stack("separable", lambda L: [L.SeparableConv2D(5, 3, strides=2, depth_multiplier=2)])
stack("transposed", lambda L: [L.Conv2DTranspose(4, 3, strides=2, padding="same")])
stack("transposed-valid", lambda L: [L.Conv2DTranspose(4, (2, 4), strides=(3, 2))])
stack("transposed-narrow", lambda L: [L.Conv2DTranspose(4, 2, strides=3, padding="same")])
stack("global-keepdims", lambda L: [L.GlobalAveragePooling2D(keepdims=True), L.Conv2D(5, 1)])
stack("normalization", lambda L: [L.Normalization(mean=[0.1, -0.2, 0.3], variance=[0.5, 2, 1])])
stack(
    "normalization-inverted",
    lambda L: [L.Normalization(mean=[0.1, -0.2, 0.3], variance=[0.5, 2, 1], invert=True)],
)
stack("layer-normalization", lambda L: [L.Conv2D(6, 3), L.LayerNormalization(epsilon=1e-6)])
stack("group-normalization", lambda L: [L.Conv2D(6, 3), L.GroupNormalization(groups=3)])
stack(
    "group-normalization-bare",
    lambda L: [L.Conv2D(6, 3), L.GroupNormalization(groups=-1, center=False, scale=False)],
)
stack("leaky-relu", lambda L: [L.Conv2D(6, 3), L.LeakyReLU(negative_slope=0.1)])
stack("relu-slope", lambda L: [L.Conv2D(6, 3), L.ReLU(negative_slope=0.2)])
stack("relu-slope-max", lambda L: [L.Conv2D(6, 3), L.ReLU(max_value=0.7, negative_slope=0.2)])
stack("elu-alpha", lambda L: [L.Conv2D(6, 3), L.ELU(alpha=0.5)])
stack("prelu", lambda L: [L.Conv2D(6, 3), L.PReLU(alpha_initializer="uniform")])
stack("prelu-shared", lambda L: [L.PReLU(alpha_initializer="uniform", shared_axes=[1, 2])])
stack("cropping", lambda L: [L.Cropping2D(((1, 0), (2, 3)))])
stack("upsampling-nearest", lambda L: [L.UpSampling2D((2, 3)), L.Conv2D(4, 3)])
stack(
    "upsampling-bilinear",
    lambda L: [L.UpSampling2D((2, 3), interpolation="bilinear"), L.Conv2D(4, 3, strides=2)],
)
stack("reshape", lambda L: [L.Reshape((5, -1, 2)), L.Permute((2, 1, 3)), L.Conv2D(4, 3)])
stack("dense-on-pixels", lambda L: [L.Dense(5, activation="gelu")])
stack("identity", lambda L: [L.Identity(), L.ActivityRegularization(0.1), L.Conv2D(4, 3)])
stack("random-layers", lambda L: [L.RandomBrightness(0.2), L.RandomContrast(0.2)])

stack("relu-threshold", lambda L: [L.Conv2D(6, 3), L.ReLU(threshold=0.3)])
stack("relu-all", lambda L: [L.Conv2D(6, 3), L.ReLU(0.9, negative_slope=0.2, threshold=0.3)])
stack("softmax-axis", lambda L: [L.Conv2D(6, 3), L.Softmax(axis=(1, 2)), L.Rescaling(50)])
stack("batch-normalization-axis", lambda L: [L.BatchNormalization(axis=1), L.Conv2D(4, 3)])
stack("normalization-scalar", lambda L: [L.Normalization(axis=None, mean=0.2, variance=0.3)])
stack(
    "normalization-axes",
    lambda L: [
        L.Normalization(
            axis=(2, 3),
            mean=np.linspace(-1, 1, 30).reshape(10, 3),
            variance=np.linspace(0.5, 2, 30).reshape(10, 3),
        )
    ],
)
stack("layer-normalization-axes", lambda L: [L.LayerNormalization(axis=[1, 2]), L.Conv2D(4, 3)])
stack("layer-normalization-all", lambda L: [L.LayerNormalization(axis=(1, 2, 3)), L.Conv2D(4, 3)])
stack("group-normalization-axis", lambda L: [L.GroupNormalization(2, axis=2), L.Conv2D(4, 3)])
stack("unit-normalization", lambda L: [L.Conv2D(6, 3), L.UnitNormalization()])
stack("unit-normalization-axes", lambda L: [L.UnitNormalization([1, 2]), L.Rescaling(9)])
stack("rms-normalization", lambda L: [L.Conv2D(6, 3), L.RMSNormalization(epsilon=0.01)])
stack("rms-normalization-axes", lambda L: [L.RMSNormalization(axis=[2, 3]), L.Conv2D(4, 3)])
stack("resizing", lambda L: [L.Resizing(7, 15), L.Conv2D(4, 3)])
stack("resizing-nearest", lambda L: [L.Resizing(20, 6, "nearest"), L.Conv2D(4, 3)])
stack("resizing-bicubic", lambda L: [L.Resizing(9, 17, "bicubic"), L.Conv2D(4, 3)])
stack("resizing-lanczos", lambda L: [L.Resizing(21, 7, "lanczos3"), L.Conv2D(4, 3)])
stack("resizing-crop", lambda L: [L.Resizing(8, 8, crop_to_aspect_ratio=True), L.Conv2D(4, 3)])
stack(
    "resizing-pad",
    lambda L: [L.Resizing(8, 8, pad_to_aspect_ratio=True, fill_value=0.4), L.Conv2D(4, 3)],
)
stack("centre-crop", lambda L: [L.CenterCrop(8, 5), L.Conv2D(4, 3)])
stack("centre-crop-larger", lambda L: [L.CenterCrop(16, 5), L.Conv2D(4, 3)])
stack("upsampling-bicubic", lambda L: [L.UpSampling2D(2, interpolation="bicubic"), L.Conv2D(4, 3)])
stack("upsampling-lanczos", lambda L: [L.UpSampling2D(2, interpolation="lanczos5")])
stack("adaptive-average", lambda L: [L.AdaptiveAveragePooling2D((5, 4)), L.Conv2D(4, 3)])
stack("adaptive-maximum", lambda L: [L.AdaptiveMaxPooling2D((5, 4)), L.Conv2D(4, 3)])
stack("adaptive-maximum-even", lambda L: [L.AdaptiveMaxPooling2D((13, 5)), L.Conv2D(4, 3)])
stack("global-maximum-keepdims", lambda L: [L.GlobalMaxPooling2D(keepdims=True)])
stack("transposed-dilated", lambda L: [L.Conv2DTranspose(4, (3, 2), dilation_rate=2)])
stack(
    "transposed-output-padding",
    lambda L: [L.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1)],
)
stack(
    "transposed-output-valid",
    lambda L: [L.Conv2DTranspose(4, 3, strides=3, output_padding=(1, 2), activation="hard_tanh")],
)
stack("depthwise-dilated", lambda L: [L.DepthwiseConv2D(3, dilation_rate=(2, 1))])
stack("separable-dilated", lambda L: [L.SeparableConv2D(4, 3, dilation_rate=2)])
stack(
    "five-axes",
    lambda L: [L.Reshape((13, 5, 2, 3)), L.LayerNormalization(), L.Reshape((13, 10, 3))],
)
stack("spectral", lambda L: [L.SpectralNormalization(L.Conv2D(4, 3, activation="relu"))])
stack("solarised", lambda L: [L.Solarization(value_range=(-1, 1)), L.Conv2D(4, 3)])
stack("pipeline", lambda L: [L.Pipeline([L.RandomFlip(), L.Rescaling(0.5), L.CenterCrop(8, 6)])])
stack(
    "channels-first",
    lambda L: [
        L.Permute((3, 1, 2)),
        L.ZeroPadding2D(((1, 0), (0, 2)), data_format="channels_first"),
        L.UpSampling2D(2, data_format="channels_first"),
        L.BatchNormalization(axis=1),
        L.Permute((2, 3, 1)),
    ],
)


def _sequence(name: str, make: Callable[[Any], list[Any]]) -> None:
    """Layers of one dimension, on the rows of a picture."""
    stack(name, lambda L: [L.Reshape((13, 30)), *make(L), L.Reshape((1, 1, -1))])


_sequence("conv-1d", lambda L: [L.Conv1D(5, 3, strides=2, padding="same", activation="relu")])
_sequence("conv-1d-causal", lambda L: [L.Conv1D(5, 3, dilation_rate=2, padding="causal")])
_sequence("depthwise-1d", lambda L: [L.DepthwiseConv1D(3, depth_multiplier=2)])
_sequence("separable-1d", lambda L: [L.SeparableConv1D(5, 3)])
_sequence("transposed-1d", lambda L: [L.Conv1DTranspose(4, 3, strides=2)])
_sequence("pooling-1d", lambda L: [L.MaxPooling1D(3, strides=2, padding="same")])
_sequence("average-1d", lambda L: [L.AveragePooling1D(2)])
_sequence("global-1d", lambda L: [L.GlobalAveragePooling1D()])
_sequence("global-maximum-1d", lambda L: [L.GlobalMaxPooling1D(keepdims=True)])
_sequence("frame-1d", lambda L: [L.ZeroPadding1D((1, 2)), L.Cropping1D(1), L.UpSampling1D(2)])
_sequence("adaptive-1d", lambda L: [L.AdaptiveAveragePooling1D(5), L.AdaptiveMaxPooling1D(3)])
_sequence("repeat-vector", lambda L: [L.Flatten(), L.RepeatVector(3), L.LayerNormalization()])
_sequence("time-distributed", lambda L: [L.TimeDistributed(L.Dense(4, activation="relu"))])
_sequence("einsum-dense", lambda L: [L.EinsumDense("abc,cde->abde", (13, 2, 4), bias_axes="de")])
_sequence(
    "einsum-dense-places", lambda L: [L.EinsumDense("...bc,bd->...cd", (30, 4), activation="relu")]
)
_sequence("spatial-dropout-1d", lambda L: [L.SpatialDropout1D(0.5), L.Dense(3)])

ACTIVATIONS = [
    "hard_shrink",
    "sparse_plus",
    "squareplus",
    "relu",
    "relu6",
    "elu",
    "celu",
    "selu",
    "gelu",
    "sigmoid",
    "softplus",
    "softsign",
    "tanh",
    "silu",
    "mish",
    "softmax",
    "log_softmax",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "soft_shrink",
    "sparse_sigmoid",
    "tanh_shrink",
]
for _name in ACTIVATIONS:
    stack(f"activation-{_name}", lambda L, name=_name: [L.Conv2D(6, 3, activation=name)])
    stack(f"activation-layer-{_name}", lambda L, name=_name: [L.Conv2D(4, 2), L.Activation(name)])
