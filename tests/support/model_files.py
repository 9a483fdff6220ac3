"""Models to be saved in files of every kind, and the answers of what is exported from them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.exporter import export
from kerasport.runtime import Runtime
from support import zoo

needs_tf_keras = pytest.mark.skipif(
    importlib.util.find_spec("tf_keras") is None, reason="tf-keras is not installed"
)

PIXELS = np.random.default_rng(8).integers(0, 256, (4, *zoo.INPUT_SHAPE), dtype=np.uint8)

# float32 on both sides; the order of the sums differs, and here the scaling is a step of its own.
TOLERANCE = 2e-6


def randomise(model: Any) -> Any:
    """Give every weight a value of its own; variances stay positive."""
    generator = np.random.default_rng(5)
    for weight in model.weights:
        low = 0.3 if "variance" in weight.name else -0.5
        weight.assign(generator.uniform(low, 1.1, weight.shape))
    return model


def legacy_model(tf: Any, layers: Any, keras: Any) -> Any:
    """A Keras 2 model with what changed since: nesting, operations, activations, weight names."""
    inner = keras.Sequential(
        [
            keras.Input((13, 10, 4)),
            layers.DepthwiseConv2D(3, name="depthwise"),
            layers.BatchNormalization(name="block/bn"),
            layers.Conv2D(4, 3, activation="hard_sigmoid"),
        ],
        name="inner",
    )
    inputs = keras.Input(zoo.INPUT_SHAPE)
    x = layers.Conv2D(4, 3, padding="same", activation="swish")(inputs)
    x = inner(x)
    x = layers.Add()([x, layers.ReLU(max_value=0.6)(x)])
    x = 2.0 - x * 2.0
    x = x + inner(layers.ZeroPadding2D(2)(x)) / 3
    x = tf.reduce_mean(x, [1, 2], keepdims=True) * x
    x = layers.LeakyReLU(0.1)(tf.nn.relu(x) - 0.5)
    x = layers.SeparableConv2D(5, 2)(layers.Dropout(0.5)(x))
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(4, activation="softmax")(x)
    return randomise(keras.Model(inputs, outputs, name="whole"))


def exported(source: Any, out: Path) -> Any:
    bundle = export(source, out, class_names=zoo.CLASS_NAMES, rescaling="1/127.5,-1")
    answer = Runtime(bundle).predict(PIXELS)
    assert answer.std(axis=1).min() > 1e-3, "a uniform answer would hide a difference"
    return answer


def modern_model(keras: Any) -> Any:
    """A Keras 3 model of what the official converter breaks."""
    layers = keras.layers
    inner = keras.Sequential(
        [
            keras.Input((13, 10, 4)),
            layers.DepthwiseConv2D(3, name="depthwise"),
            layers.BatchNormalization(),
            layers.Conv2D(4, 3, name="inner_conv", activation="hard_sigmoid"),
        ],
        name="inner",
    )
    inputs = keras.Input(zoo.INPUT_SHAPE)
    x = layers.Conv2D(4, 3, padding="same", activation="silu", name="conv")(inputs)
    x = inner(x)
    x = layers.Multiply()([x, layers.ReLU()(x)])
    x = layers.LeakyReLU(negative_slope=0.1)(x * 2.0)
    x = layers.SeparableConv2D(5, 2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(4, activation="softmax")(x)
    return randomise(keras.Model(inputs, outputs, name="whole"))


def answer_of(model: Any) -> Any:
    return np.asarray(model(PIXELS / np.float32(127.5) - 1, training=False))
