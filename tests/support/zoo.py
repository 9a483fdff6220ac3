"""Tiny seeded Keras models, one for each layer or pattern that the exporter claims to handle.

Every weight is random, BatchNormalization statistics included, and inputs are not square, so
that no parity test passes by symmetry.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

INPUT_SHAPE = (13, 10, 3)
CLASS_NAMES = ["ant", "bee", "cat", "dog"]

Builder = Callable[[Any], Any]

_BUILDERS: dict[str, Builder] = {}


def model(name: str) -> Callable[[Builder], Builder]:
    """Register a function of the `keras` module that returns a model."""

    def register(builder: Builder) -> Builder:
        _BUILDERS[name] = builder
        return builder

    return register


SINCE_KERAS_3_13 = (
    *("adaptive-average", "adaptive-maximum", "adaptive-maximum-even", "adaptive-1d"),
    *("operation-space-to-depth", "operation-depth-to-space"),
    # Before, Keras' own configuration lost the output padding: its files lost it too.
    "transposed-output-valid",
)
"""Models that Keras 3.12, the last for Python 3.10, cannot build."""


def names() -> list[str]:
    """Return the names of all models that the installed Keras can build."""
    old = tuple(map(int, version("keras").split(".")[:2])) < (3, 13)
    return [name for name in _BUILDERS if not (old and name in SINCE_KERAS_3_13)]


def build(name: str, keras: Any) -> Any:
    """Return the model with random weights."""
    keras.utils.set_random_seed(sum(map(ord, name)))
    built = _BUILDERS[name](keras)
    generator = np.random.default_rng(len(name))
    for layer in built._flatten_layers():
        if type(layer).__name__ == "BatchNormalization":
            layer.set_weights([generator.uniform(0.3, 2.0, w.shape) for w in layer.get_weights()])
        elif layer.weights and getattr(layer, "use_bias", False):
            *kernels, bias = layer.get_weights()
            layer.set_weights([*kernels, generator.normal(0, 0.3, bias.shape)])
    return built


def _around(keras: Any, *layers: Any) -> Any:
    """A classifier around the layers under test."""
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            keras.layers.Rescaling(1 / 127.5, offset=-1),
            *layers,
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )


def _layer(name: str, make: Callable[[Any], list[Any]]) -> None:
    _BUILDERS[name] = lambda keras: _around(keras, *make(keras.layers))


_layer("conv", lambda L: [L.Conv2D(5, (3, 2))])
_layer("conv-same-stride", lambda L: [L.Conv2D(5, 3, strides=2, padding="same")])
_layer("conv-dilated", lambda L: [L.Conv2D(5, 3, dilation_rate=2, padding="same")])
_layer("conv-no-bias", lambda L: [L.Conv2D(5, 3, use_bias=False)])
_layer("depthwise", lambda L: [L.DepthwiseConv2D(3, depth_multiplier=2, padding="same")])
_layer("depthwise-stride", lambda L: [L.DepthwiseConv2D(3, strides=2, activation="relu6")])
_layer("max-pooling", lambda L: [L.MaxPooling2D((2, 3), strides=2, padding="same")])
_layer("average-pooling", lambda L: [L.AveragePooling2D(3, strides=2, padding="same")])
_layer("batch-normalization", lambda L: [L.Conv2D(6, 3), L.BatchNormalization(epsilon=0.01)])
_layer("batch-normalization-bare", lambda L: [L.BatchNormalization(center=False, scale=False)])
_layer("zero-padding", lambda L: [L.ZeroPadding2D(((1, 0), (2, 3))), L.Conv2D(4, 3)])
_layer("relu-layer", lambda L: [L.Conv2D(6, 3), L.ReLU()])
_layer("relu-max", lambda L: [L.Conv2D(6, 3), L.ReLU(max_value=0.5)])
_layer("dropout", lambda L: [L.Dropout(0.5), L.Conv2D(4, 3), L.SpatialDropout2D(0.3)])
_layer("noise", lambda L: [L.GaussianNoise(0.5), L.Conv2D(4, 3)])
_layer("augmentation", lambda L: [L.RandomFlip(), L.RandomRotation(0.2), L.RandomZoom(0.2)])
_layer("conv-grouped", lambda L: [L.Conv2D(6, 3), L.Conv2D(4, 3, groups=2, activation="relu")])
_layer("conv-each-channel", lambda L: [L.Conv2D(6, 3, groups=3, padding="same", strides=2)])
_layer("separable", lambda L: [L.SeparableConv2D(5, 3, strides=2, depth_multiplier=2)])
_layer("transposed", lambda L: [L.Conv2DTranspose(4, 3, strides=2, padding="same")])
_layer("transposed-valid", lambda L: [L.Conv2DTranspose(4, (2, 4), strides=(3, 2))])
_layer("transposed-narrow", lambda L: [L.Conv2DTranspose(4, 2, strides=3, padding="same")])
_layer("global-keepdims", lambda L: [L.GlobalAveragePooling2D(keepdims=True), L.Conv2D(5, 1)])
_layer("normalization", lambda L: [L.Normalization(mean=[0.1, -0.2, 0.3], variance=[0.5, 2, 1])])
_layer(
    "normalization-inverted",
    lambda L: [L.Normalization(mean=[0.1, -0.2, 0.3], variance=[0.5, 2, 1], invert=True)],
)
_layer("layer-normalization", lambda L: [L.Conv2D(6, 3), L.LayerNormalization(epsilon=1e-6)])
_layer("group-normalization", lambda L: [L.Conv2D(6, 3), L.GroupNormalization(groups=3)])
_layer(
    "group-normalization-bare",
    lambda L: [L.Conv2D(6, 3), L.GroupNormalization(groups=-1, center=False, scale=False)],
)
_layer("leaky-relu", lambda L: [L.Conv2D(6, 3), L.LeakyReLU(negative_slope=0.1)])
_layer("relu-slope", lambda L: [L.Conv2D(6, 3), L.ReLU(negative_slope=0.2)])
_layer("relu-slope-max", lambda L: [L.Conv2D(6, 3), L.ReLU(max_value=0.7, negative_slope=0.2)])
_layer("elu-alpha", lambda L: [L.Conv2D(6, 3), L.ELU(alpha=0.5)])
_layer("prelu", lambda L: [L.Conv2D(6, 3), L.PReLU(alpha_initializer="uniform")])
_layer("prelu-shared", lambda L: [L.PReLU(alpha_initializer="uniform", shared_axes=[1, 2])])
_layer("cropping", lambda L: [L.Cropping2D(((1, 0), (2, 3)))])
_layer("upsampling-nearest", lambda L: [L.UpSampling2D((2, 3)), L.Conv2D(4, 3)])
_layer(
    "upsampling-bilinear",
    lambda L: [L.UpSampling2D((2, 3), interpolation="bilinear"), L.Conv2D(4, 3, strides=2)],
)
_layer("reshape", lambda L: [L.Reshape((5, -1, 2)), L.Permute((2, 1, 3)), L.Conv2D(4, 3)])
_layer("dense-on-pixels", lambda L: [L.Dense(5, activation="gelu")])
_layer("identity", lambda L: [L.Identity(), L.ActivityRegularization(0.1), L.Conv2D(4, 3)])
_layer("random-layers", lambda L: [L.RandomBrightness(0.2), L.RandomContrast(0.2)])

_layer("relu-threshold", lambda L: [L.Conv2D(6, 3), L.ReLU(threshold=0.3)])
_layer("relu-all", lambda L: [L.Conv2D(6, 3), L.ReLU(0.9, negative_slope=0.2, threshold=0.3)])
_layer("softmax-axis", lambda L: [L.Conv2D(6, 3), L.Softmax(axis=(1, 2)), L.Rescaling(50)])
_layer("batch-normalization-axis", lambda L: [L.BatchNormalization(axis=1), L.Conv2D(4, 3)])
_layer("normalization-scalar", lambda L: [L.Normalization(axis=None, mean=0.2, variance=0.3)])
_layer(
    "normalization-axes",
    lambda L: [
        L.Normalization(
            axis=(2, 3),
            mean=np.linspace(-1, 1, 30).reshape(10, 3),
            variance=np.linspace(0.5, 2, 30).reshape(10, 3),
        )
    ],
)
_layer("layer-normalization-axes", lambda L: [L.LayerNormalization(axis=[1, 2]), L.Conv2D(4, 3)])
_layer("layer-normalization-all", lambda L: [L.LayerNormalization(axis=(1, 2, 3)), L.Conv2D(4, 3)])
_layer("group-normalization-axis", lambda L: [L.GroupNormalization(2, axis=2), L.Conv2D(4, 3)])
_layer("unit-normalization", lambda L: [L.Conv2D(6, 3), L.UnitNormalization()])
_layer("unit-normalization-axes", lambda L: [L.UnitNormalization([1, 2]), L.Rescaling(9)])
_layer("rms-normalization", lambda L: [L.Conv2D(6, 3), L.RMSNormalization(epsilon=0.01)])
_layer("rms-normalization-axes", lambda L: [L.RMSNormalization(axis=[2, 3]), L.Conv2D(4, 3)])
_layer("resizing", lambda L: [L.Resizing(7, 15), L.Conv2D(4, 3)])
_layer("resizing-nearest", lambda L: [L.Resizing(20, 6, "nearest"), L.Conv2D(4, 3)])
_layer("resizing-bicubic", lambda L: [L.Resizing(9, 17, "bicubic"), L.Conv2D(4, 3)])
_layer("resizing-lanczos", lambda L: [L.Resizing(21, 7, "lanczos3"), L.Conv2D(4, 3)])
_layer("resizing-crop", lambda L: [L.Resizing(8, 8, crop_to_aspect_ratio=True), L.Conv2D(4, 3)])
_layer(
    "resizing-pad",
    lambda L: [L.Resizing(8, 8, pad_to_aspect_ratio=True, fill_value=0.4), L.Conv2D(4, 3)],
)
_layer("centre-crop", lambda L: [L.CenterCrop(8, 5), L.Conv2D(4, 3)])
_layer("centre-crop-larger", lambda L: [L.CenterCrop(16, 5), L.Conv2D(4, 3)])
_layer("upsampling-bicubic", lambda L: [L.UpSampling2D(2, interpolation="bicubic"), L.Conv2D(4, 3)])
_layer("upsampling-lanczos", lambda L: [L.UpSampling2D(2, interpolation="lanczos5")])
_layer("adaptive-average", lambda L: [L.AdaptiveAveragePooling2D((5, 4)), L.Conv2D(4, 3)])
_layer("adaptive-maximum", lambda L: [L.AdaptiveMaxPooling2D((5, 4)), L.Conv2D(4, 3)])
_layer("adaptive-maximum-even", lambda L: [L.AdaptiveMaxPooling2D((13, 5)), L.Conv2D(4, 3)])
_layer("global-maximum-keepdims", lambda L: [L.GlobalMaxPooling2D(keepdims=True)])
_layer("transposed-dilated", lambda L: [L.Conv2DTranspose(4, (3, 2), dilation_rate=2)])
_layer(
    "transposed-output-padding",
    lambda L: [L.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1)],
)
_layer(
    "transposed-output-valid",
    lambda L: [L.Conv2DTranspose(4, 3, strides=3, output_padding=(1, 2), activation="hard_tanh")],
)
_layer("depthwise-dilated", lambda L: [L.DepthwiseConv2D(3, dilation_rate=(2, 1))])
_layer("separable-dilated", lambda L: [L.SeparableConv2D(4, 3, dilation_rate=2)])
_layer(
    "five-axes",
    lambda L: [L.Reshape((13, 5, 2, 3)), L.LayerNormalization(), L.Reshape((13, 10, 3))],
)
_layer("spectral", lambda L: [L.SpectralNormalization(L.Conv2D(4, 3, activation="relu"))])
_layer("solarised", lambda L: [L.Solarization(value_range=(-1, 1)), L.Conv2D(4, 3)])
_layer("pipeline", lambda L: [L.Pipeline([L.RandomFlip(), L.Rescaling(0.5), L.CenterCrop(8, 6)])])
_layer(
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
    _layer(name, lambda L: [L.Reshape((13, 30)), *make(L), L.Reshape((1, 1, -1))])


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
    _layer(f"activation-{_name}", lambda L, name=_name: [L.Conv2D(6, 3, activation=name)])
    _layer(f"activation-layer-{_name}", lambda L, name=_name: [L.Conv2D(4, 2), L.Activation(name)])


@model("logits")
def _logits(keras: Any) -> Any:
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            keras.layers.Rescaling(1 / 255),
            keras.layers.GlobalMaxPooling2D(),
            keras.layers.Dense(4),
        ]
    )


@model("softmax-layer")
def _softmax_layer(keras: Any) -> Any:
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(4),
            keras.layers.Softmax(),
        ]
    )


@model("rescaling-per-channel")
def _rescaling_per_channel(keras: Any) -> Any:
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            keras.layers.Rescaling([0.01, 0.02, 0.005], offset=[-1.0, 0.5, 0.0]),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )


@model("residual")
def _residual(keras: Any) -> Any:
    inputs = keras.Input(INPUT_SHAPE)
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.Conv2D(6, 3, padding="same", activation="relu")(x)
    y = keras.layers.Conv2D(6, 3, padding="same")(x)
    x = keras.layers.Add()([x, y])
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(x))


@model("nested")
def _nested(keras: Any) -> Any:
    inner = keras.Sequential(
        [keras.Input((13, 10, 3)), keras.layers.Conv2D(5, 3, name="conv", activation="relu")]
    )
    tail_input = keras.Input((11, 8, 5))
    tail = keras.Model(tail_input, keras.layers.Conv2D(6, 3, name="conv")(tail_input))
    return _around(keras, inner, tail)


@model("nested-functional")
def _nested_functional(keras: Any) -> Any:
    inner_input = keras.Input((13, 10, 3))
    x = keras.layers.Conv2D(3, 3, padding="same")(inner_input)
    inner = keras.Model(inner_input, keras.layers.Activation("tanh")(x))
    inputs = keras.Input(INPUT_SHAPE)
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    x = keras.layers.Add()([inner(x), inner(inner(x))])
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(x))


@model("nested-output")
def _nested_output(keras: Any) -> Any:
    inner = _logits(keras)
    inputs = keras.Input(INPUT_SHAPE)
    functional = keras.Model(inner.inputs, keras.ops.softmax(inner.outputs[0]))
    return keras.Model(inputs, functional(inputs))


@model("sigmoid-output")
def _sigmoid_output(keras: Any) -> Any:
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="sigmoid"),
        ]
    )


@model("layer-names")
def _layer_names(keras: Any) -> Any:
    """Names that TensorFlow.js does not take, and such that are equal without what it refuses."""
    names = ["conv 1", "conv:1", "conv_1", "_conv", "constructor", "\u5c64"]
    x = inputs = keras.Input(INPUT_SHAPE, name="the picture")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1, name="0-255 to 0-1")(x)
    for name in names:
        x = keras.layers.Conv2D(3, 2, padding="same", activation="tanh", name=name)(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(4, activation="softmax", name="dense_\u00e9")(x))


@model("shared-layer")
def _shared_layer(keras: Any) -> Any:
    inputs = keras.Input(INPUT_SHAPE)
    shared = keras.layers.Conv2D(3, 3, padding="same", activation="tanh")
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = shared(shared(x))
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(x))


def _merged(name: str, merge: Builder) -> None:
    def build_merged(keras: Any) -> Any:
        inputs = keras.Input(INPUT_SHAPE)
        x = keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)
        one = keras.layers.Conv2D(4, 3, activation="tanh")(x)
        other = keras.layers.Conv2D(4, 3)(x)
        x = merge(keras)(one, other)
        x = keras.layers.GlobalAveragePooling2D()(x)
        return keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(x))

    _BUILDERS[name] = build_merged


for _name in ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"):
    _merged(
        f"merge-{_name.lower()}",
        lambda keras, name=_name: lambda one, other: getattr(keras.layers, name)()([one, other]),
    )


def _heads(
    L: Any, x: Any, order: tuple[int, ...] = (0, 2, 1, 3), sides: tuple[int, ...] = (-1, 2, 0)
) -> Any:
    """Return `[batch, places, channels]` as `[batch, heads, places, channels]`, or in an order."""
    import keras

    sides = tuple(side or x.shape[-1] // 2 for side in sides)
    return keras.ops.transpose(L.Reshape(sides)(x), order)


def _attending(name: str, attend: Builder) -> None:
    def build_attending(keras: Any) -> Any:
        L = keras.layers
        inputs = keras.Input(INPUT_SHAPE)
        x = L.Rescaling(1 / 127.5, offset=-1)(inputs)
        places = L.Reshape((13, 6))(L.Conv2D(6, (1, 10))(x))
        others = L.Reshape((10, 6))(L.Conv2D(6, (13, 1))(x))
        x = attend(L)(places, others)
        x = L.Flatten()(x)
        return keras.Model(inputs, L.Dense(4, activation="softmax")(x))

    _BUILDERS[name] = build_attending


_attending("attention", lambda L: lambda a, b: L.Attention(use_scale=True)([a, b]))
_attending("attention-keys", lambda L: lambda a, b: L.Attention()([a, b, L.Dense(6)(b)]))
_attending("attention-concat", lambda L: lambda a, b: L.Attention(score_mode="concat")([a, b]))
_attending("attention-additive", lambda L: lambda a, b: L.AdditiveAttention()([a, b]))
_attending("attention-heads", lambda L: lambda a, b: L.MultiHeadAttention(3, 5, value_dim=4)(a, b))
_attending(
    "attention-self", lambda L: lambda a, b: L.MultiHeadAttention(2, 4, use_bias=False)(a, a)
)
_attending("attention-grouped", lambda L: lambda a, b: L.GroupQueryAttention(5, 4, 2)(a, b))
_attending("dot", lambda L: lambda a, b: L.Dot(axes=2)([a, b]))
_attending(
    "dot-vectors",
    lambda L: lambda a, b: L.Dot(axes=1)([L.Flatten()(a), L.Dense(78)(L.Flatten()(b))]),
)
_attending(
    "dot-places", lambda L: lambda a, b: L.Dot(axes=(1, 1))([a, L.Dense(13)(L.Flatten()(b))])
)
_attending(
    "matmul-heads",
    lambda L: lambda a, b: _heads(L, L.Dense(6)(a)) @ _heads(L, b, (0, 2, 3, 1)),
)
_attending(
    "matmul-many",
    lambda L: (
        lambda a, b: (
            L.Reshape((3, 6, 4, 3))(L.Dense(216)(L.Flatten()(a)))
            @ L.Reshape((3, 6, 3, 5))(L.Dense(270)(L.Flatten()(b)))
        )
    ),
)
_attending(
    "matmul-one-for-all",
    lambda L: lambda a, b: _heads(L, L.Dense(12)(a), sides=(-1, 2, 6)) @ b[:, None, :6],
)
_attending("layer-matmul", lambda L: lambda a, b: L.Permute((2, 1))(a) @ a)


def _weights(*shape: int) -> Any:
    return np.random.default_rng(8).normal(0, 0.7, shape).astype("float32")


OPERATIONS = {
    "absolute": lambda keras: lambda one, other: abs(one),
    "square": lambda keras: lambda one, other: keras.ops.square(one),
    "power": lambda keras: lambda one, other: one**3,
    "clip": lambda keras: lambda one, other: keras.ops.clip(other, -0.4, 0.3),
    "maximum-number": lambda keras: lambda one, other: keras.ops.maximum(other, 0.2),
    "minimum-number": lambda keras: lambda one, other: keras.ops.minimum(other, 0.2),
    "minimum": lambda keras: lambda one, other: keras.ops.minimum(one, other),
    "twice": lambda keras: lambda one, other: one * one + one,
    "logaddexp": lambda keras: lambda one, other: keras.ops.logaddexp(one, other),
    "per-channel": lambda keras: lambda one, other: one * _weights(4) + _weights(1, 1, 1, 4),
    "per-place": lambda keras: (
        lambda one, other: other * _weights(11, 8, 1) - _weights(1, 11, 8, 4)
    ),
    "constant-minus": lambda keras: lambda one, other: keras.ops.subtract(_weights(4), one),
    "divided-channels": lambda keras: lambda one, other: one / (_weights(4) ** 2 + 1),
    "matmul-constant": lambda keras: lambda one, other: one @ _weights(4, 3),
    "matmul-before": lambda keras: (
        lambda one, other: keras.ops.reshape(
            keras.ops.matmul(_weights(5, 8), one[:, 0]), (-1, 5, 1, 4)
        )
    ),
    "gelu-tanh": lambda keras: lambda one, other: keras.ops.gelu(other * 3),
    "relu-all": lambda keras: (
        lambda one, other: keras.activations.relu(
            other, negative_slope=0.1, max_value=0.8, threshold=0.2
        )
    ),
    "leaky-relu": lambda keras: lambda one, other: keras.ops.leaky_relu(other, 0.3),
    "elu-alpha": lambda keras: lambda one, other: keras.ops.elu(other, 0.4),
    "celu-alpha": lambda keras: lambda one, other: keras.ops.celu(other, 0.4),
    "glu-axis": lambda keras: lambda one, other: keras.ops.glu(other, axis=2),
    "hard-shrink": lambda keras: lambda one, other: keras.ops.hard_shrink(other, 0.2),
    "soft-shrink": lambda keras: lambda one, other: keras.ops.soft_shrink(other, 0.2),
    "threshold": lambda keras: lambda one, other: keras.ops.threshold(other, 0.2, 0.7),
    "threshold-zero": lambda keras: lambda one, other: keras.ops.threshold(other, 0.2, 0),
    "squareplus": lambda keras: lambda one, other: keras.ops.squareplus(other, 1.5),
    "sparse-plus": lambda keras: lambda one, other: keras.ops.sparse_plus(other * 3),
    "log-softmax": lambda keras: lambda one, other: keras.ops.log_softmax(other, axis=2),
    "softmax-axis": lambda keras: lambda one, other: keras.ops.softmax(other, axis=1) * 9,
    "layer-norm": lambda keras: lambda one, other: keras.ops.layer_normalization(other, axis=-1),
    "rms-norm": lambda keras: lambda one, other: keras.ops.rms_normalization(other, axis=-1),
    "cast": lambda keras: lambda one, other: keras.ops.cast(one, "float32"),
    "grayscale": lambda keras: lambda one, other: keras.ops.image.rgb_to_grayscale(one[..., :3]),
    "resize": lambda keras: lambda one, other: keras.ops.image.resize(one, (6, 13)),
    "mean-channels": lambda keras: lambda one, other: keras.ops.mean(one, axis=-1, keepdims=True),
    "mean-all": lambda keras: (
        lambda one, other: one * keras.ops.mean(other, axis=(1, 2, 3), keepdims=True)
    ),
    "sum": lambda keras: lambda one, other: keras.ops.sum(one, axis=2, keepdims=True) / 8,
    "max-rows": lambda keras: lambda one, other: keras.ops.max(one, axis=1, keepdims=True),
    "amin": lambda keras: lambda one, other: keras.ops.amin(one, axis=(1, 3), keepdims=True),
    "var": lambda keras: lambda one, other: keras.ops.var(one, axis=(1, 2), keepdims=True) * 9,
    "reshape": lambda keras: lambda one, other: keras.ops.reshape(one, (-1, 22, 2, 8)),
    "squeeze": lambda keras: (
        lambda one, other: keras.ops.expand_dims(keras.ops.squeeze(one[:, :1], 1), 2)
    ),
    "transpose": lambda keras: lambda one, other: keras.ops.transpose(one, (0, 3, 1, 2)),
    "swapaxes": lambda keras: lambda one, other: keras.ops.swapaxes(one, -1, 1),
    "moveaxis": lambda keras: lambda one, other: keras.ops.moveaxis(one, 3, 1),
    "concatenate": lambda keras: lambda one, other: keras.ops.concatenate([one, other], axis=2),
    "stack": lambda keras: (
        lambda one, other: keras.ops.max(keras.ops.stack([one, other], axis=-2), axis=3)
    ),
    "split": lambda keras: (
        lambda one, other: (
            keras.ops.split(one, 2, axis=-1)[1] * keras.ops.split(other, 4, axis=2)[3][:, :, 1:, 2:]
        )
    ),
    "split-places": lambda keras: (
        lambda one, other: (
            keras.ops.concatenate(keras.ops.split(one, [3, 4], axis=1)[::-1], axis=1)
            * _weights(11, 8, 4)
        )
    ),
    "unstack": lambda keras: (
        lambda one, other: keras.ops.expand_dims(
            keras.ops.unstack(one, axis=3)[2] * keras.ops.unstack(other, axis=3)[0], -1
        )
    ),
    "roll": lambda keras: (
        lambda one, other: keras.ops.roll(one, (3, -2), (1, 2)) * _weights(11, 8, 4)
    ),
    "roll-back": lambda keras: (
        lambda one, other: keras.ops.roll(one, -1, axis=-1) * _weights(11, 8, 4)
    ),
    "pad-infinity": lambda keras: (
        lambda one, other: keras.ops.max_pool(
            keras.ops.pad(one, ((0, 0), (1, 1), (2, 1), (0, 0)), constant_values=float("-inf")),
            (2, 3),
            2,
        )
    ),
    "pad-infinity-positive": lambda keras: (
        lambda one, other: keras.ops.max_pool(
            keras.ops.pad(
                keras.ops.relu(one),
                ((0, 0), (1, 1), (1, 1), (0, 0)),
                constant_values=float("-inf"),
            ),
            3,
            2,
        )
    ),
    "rms-product": lambda keras: (
        lambda one, other: (
            other
            * keras.ops.rsqrt(
                keras.ops.mean(keras.ops.square(other), axis=-1, keepdims=True) + 0.01
            )
            + one
        )
    ),
    "flip": lambda keras: (
        lambda one, other: one + keras.ops.flip(other, axis=1) * _weights(11, 8, 4)
    ),
    "repeat": lambda keras: lambda one, other: keras.ops.repeat(one, 2, axis=3),
    "tile": lambda keras: lambda one, other: keras.ops.tile(one, (1, 1, 1, 2)),
    "pad": lambda keras: (
        lambda one, other: keras.ops.pad(one, ((0, 0), (1, 0), (0, 2), (0, 1)), constant_values=2)
    ),
    "pad-reflect": lambda keras: (
        lambda one, other: keras.ops.pad(one, ((0, 0), (3, 1), (0, 2), (0, 0)), mode="reflect")
    ),
    "take": lambda keras: lambda one, other: keras.ops.take(one, [2, 0, 3], axis=-1),
    "slice": lambda keras: lambda one, other: one[:, 2:-1, ::3, 1:3],
    "slice-reversed": lambda keras: lambda one, other: one[:, ::-2, :, 3:0:-1] * _weights(6, 8, 3),
    "index": lambda keras: lambda one, other: one[:, None, -1, ..., 1:],
    "average-pool": lambda keras: lambda one, other: keras.ops.average_pool(one, 2),
    "max-pool": lambda keras: lambda one, other: keras.ops.max_pool(one, 3, 2, padding="same"),
    "conv": lambda keras: lambda one, other: keras.ops.conv(one, _weights(3, 2, 4, 5)),
    "depthwise-conv": lambda keras: (
        lambda one, other: keras.ops.depthwise_conv(one, _weights(3, 2, 4, 2), padding="same")
    ),
    "space-to-depth": lambda keras: lambda one, other: keras.ops.space_to_depth(one[:, 1:], 2),
    "depth-to-space": lambda keras: lambda one, other: keras.ops.depth_to_space(one, 2),
    "add-number": lambda keras: lambda one, other: one + 3.0,
    "number-minus": lambda keras: lambda one, other: 2.0 - one,
    "minus-number": lambda keras: lambda one, other: one - 2,
    "times-number": lambda keras: lambda one, other: 0.5 * one,
    "divided": lambda keras: lambda one, other: one / 4,
    "negative": lambda keras: lambda one, other: -one,
    "sum-of-two": lambda keras: lambda one, other: one + other,
    "difference": lambda keras: lambda one, other: one - other,
    "product": lambda keras: lambda one, other: one * other,
    "maximum": lambda keras: lambda one, other: keras.ops.maximum(one, other),
    "relu": lambda keras: lambda one, other: keras.ops.relu(one),
    "hard-silu": lambda keras: lambda one, other: keras.ops.hard_silu(one),
    "softmax": lambda keras: lambda one, other: keras.ops.softmax(one),
    "mean-keepdims": lambda keras: (
        lambda one, other: (
            one * keras.ops.sigmoid(keras.ops.mean(other, axis=[1, 2], keepdims=True))
        )
    ),
}
for _name, _merge in OPERATIONS.items():
    _merged(f"operation-{_name}", _merge)


@model("subclass-of-functional")
def _subclass_of_functional(keras: Any) -> Any:
    class Trainer(keras.Model):
        def train_step(self, data: Any) -> Any:
            return super().train_step(data)

    inner = _residual(keras)
    return Trainer(inner.inputs[0], inner.outputs[0])


@model("composite")
def _composite(keras: Any) -> Any:
    L = keras.layers

    class Block(L.Layer):
        """Layers, operations and a weight of its own, which it has on either side of a product."""

        def __init__(self, filters: int) -> None:
            super().__init__()
            self.conv = L.Conv2D(filters, 3, padding="same", name="inner")
            self.normal = L.BatchNormalization(name="inner_normal")
            self.scale = self.add_weight(
                shape=(filters,), initializer="random_normal", name="kernel"
            )

        def call(self, x: Any, training: bool = False) -> Any:
            y = self.normal(self.conv(x), training=training)
            if training:
                y = y * 100
            return self.scale * keras.ops.gelu(y) + (x if x.shape == y.shape else self.scale)

    # Both hold layers and weights of equal names.
    return _around(keras, Block(5), Block(5))


@model("composite-of-models")
def _composite_of_models(keras: Any) -> Any:
    L = keras.layers

    class Branches(keras.Model):
        """A subclassed model: no inputs and outputs of its own."""

        def __init__(self) -> None:
            super().__init__()
            self.first = keras.Sequential([L.Conv2D(4, 3), L.ReLU(), L.Dropout(0.5)])
            self.second = L.Conv2D(4, 3, activation=lambda x: x * keras.ops.sigmoid(2 * x))

        def call(self, x: Any, training: Any = None) -> Any:
            return self.first(x, training=training), {"second": self.second(x)}

    class Sum(L.Layer):
        def call(self, pair: Any) -> Any:
            first, rest = pair
            return first + rest["second"]

    inputs = keras.Input(INPUT_SHAPE)
    x = Sum()(Branches()(L.Rescaling(1 / 127.5, offset=-1)(inputs)))
    x = L.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, L.Dense(4, activation="softmax")(x))


@model("composite-of-subclasses")
def _composite_of_subclasses(keras: Any) -> Any:
    L = keras.layers

    class Normal(L.BatchNormalization):
        """A layer of Keras with another default."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(epsilon=0.02, **settings)

    class Doubled(L.Conv2D):
        """A layer of Keras that computes something else."""

        def call(self, x: Any) -> Any:
            return 2 * super().call(x)

    return _around(keras, Doubled(5, 3, strides=2), Normal(), Doubled(4, 2, activation="relu"))


@model("composite-tokens")
def _composite_tokens(keras: Any) -> Any:
    L, ops = keras.layers, keras.ops

    class Tokens(L.Layer):
        """Constants between and beside the places of the picture, as a Vision Transformer's."""

        def __init__(self) -> None:
            super().__init__()
            self.token = self.add_weight(shape=(1, 1, 4), initializer="random_normal")
            self.positions = L.Embedding(16, 4, embeddings_initializer="random_normal")

        def call(self, x: Any) -> Any:
            token = ops.tile(self.token, (ops.shape(x)[0], 1, 1))
            x = ops.concatenate([token, x[:, :5], 2 * token, token, x[:, 5:]], axis=1)
            x = ops.add(x, self.positions(ops.expand_dims(ops.arange(16), axis=0)))
            return ops.max(ops.stack([x, ops.zeros_like(self.token) + 0.1 * x, x], axis=2), axis=2)

    x = L.Reshape((13, 4)), Tokens(), L.LayerNormalization(), L.Reshape((4, 4, 4))
    return _around(keras, L.Conv2D(4, (1, 10)), *x)


@model("composite-windows")
def _composite_windows(keras: Any) -> Any:
    L, ops = keras.layers, keras.ops

    class Windows(L.Layer):
        """Attention inside windows, all of which go into the batch, as in a Swin Transformer."""

        def __init__(self) -> None:
            super().__init__()
            self.normal = L.LayerNormalization(axis=2)
            self.qkv = L.Dense(12)

        def call(self, x: Any) -> Any:
            batch, height, width, channels = ops.shape(x)
            x = ops.reshape(x, (batch, height // 3, 3, width // 5, 5, channels))
            x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
            x = self.qkv(self.normal(ops.reshape(x, (-1, 15, channels))))
            x = ops.reshape(x, (ops.shape(x)[0], 15, 3, 2, 2))
            query, key, value = ops.unstack(ops.transpose(x, (2, 0, 3, 1, 4)), axis=0)
            shares = ops.softmax(query @ ops.swapaxes(key, 2, 3) + _weights(1, 2, 15, 15))
            x = ops.transpose(shares @ value, (0, 2, 1, 3))
            x = ops.reshape(x, (batch, height // 3, width // 5, 3, 5, 4))
            x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
            return ops.reshape(x, (batch, height, width, 4)) * _weights(12, 10, 4)

    return _around(keras, L.Conv2D(4, (2, 1), activation="tanh"), Windows())
