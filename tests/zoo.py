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
for _name in ("relu", "relu6", "elu", "selu", "sigmoid", "softplus", "softsign", "tanh", "silu"):
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


@model("shared-layer")
def _shared_layer(keras: Any) -> Any:
    inputs = keras.Input(INPUT_SHAPE)
    shared = keras.layers.Conv2D(3, 3, padding="same", activation="tanh")
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = shared(shared(x))
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(x))
