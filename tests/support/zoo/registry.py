"""The models by their names, each with random weights."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

INPUT_SHAPE = (13, 10, 3)
CLASS_NAMES = ["ant", "bee", "cat", "dog"]

Builder = Callable[[Any], Any]

BUILDERS: dict[str, Builder] = {}


def model(name: str) -> Callable[[Builder], Builder]:
    """Register a function of the `keras` module that returns a model."""

    def register(builder: Builder) -> Builder:
        BUILDERS[name] = builder
        return builder

    return register


SINCE_KERAS_3_13 = (
    *("adaptive-average", "adaptive-maximum", "adaptive-maximum-even", "adaptive-1d"),
    *("operation-space-to-depth", "operation-depth-to-space"),
    # Before, Keras' own configuration lost the output padding: its files lost it too.
    "transposed-output-valid",
)
"""Models that Keras 3.12, the last for Python 3.10, cannot build."""


KINDS = {"sigmoid-output": "probabilities", "labels": "labels", "labels-dense": "labels"}
"""What those are said to be that end in a sigmoid for each output, which cannot be told."""


def output_kind(name: str) -> Any:
    """Return what `export` is told of a model's outputs; None where it can tell."""
    return KINDS.get(name)


def names() -> list[str]:
    """Return the names of all models that the installed Keras can build."""
    old = tuple(map(int, version("keras").split(".")[:2])) < (3, 13)
    return [name for name in BUILDERS if not (old and name in SINCE_KERAS_3_13)]


def build(name: str, keras: Any) -> Any:
    """Return the model with random weights."""
    keras.utils.set_random_seed(sum(map(ord, name)))
    built = BUILDERS[name](keras)
    generator = np.random.default_rng(len(name))
    for layer in built._flatten_layers():
        if type(layer).__name__ == "BatchNormalization":
            layer.set_weights([generator.uniform(0.3, 2.0, w.shape) for w in layer.get_weights()])
        elif layer.weights and getattr(layer, "use_bias", False):
            *kernels, bias = layer.get_weights()
            layer.set_weights([*kernels, generator.normal(0, 0.3, bias.shape)])
    return built


def around(keras: Any, *layers: Any) -> Any:
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


def stack(name: str, make: Callable[[Any], list[Any]]) -> None:
    BUILDERS[name] = lambda keras: around(keras, *make(keras.layers))
