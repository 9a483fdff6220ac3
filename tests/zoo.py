"""Tiny seeded Keras models, one for each layer or pattern that the exporter claims to handle.

Every weight is random, BatchNormalization statistics included, and inputs are not square, so
that no parity test passes by symmetry.
"""

from __future__ import annotations

from collections.abc import Callable
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


def names() -> list[str]:
    """Return the names of all models."""
    return list(_BUILDERS)


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

ACTIVATIONS = [
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
    _layer(f"activation-{_name}", lambda L, name=_name: [L.Conv2D(5, 3, activation=name)])
    _layer(f"activation-layer-{_name}", lambda L, name=_name: [L.Activation(name)])


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

OPERATIONS = {
    "add-number": lambda keras: lambda one, other: one + 3.0,
    "number-minus": lambda keras: lambda one, other: 2.0 - one,
    "minus-number": lambda keras: lambda one, other: one - 2,
    "times-number": lambda keras: lambda one, other: 0.5 * one,
    "divided": lambda keras: lambda one, other: one / 4,
    "negative": lambda keras: lambda one, other: -one,
    "sum": lambda keras: lambda one, other: one + other,
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
