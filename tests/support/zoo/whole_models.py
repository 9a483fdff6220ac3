"""Endings, scalings, nested and shared layers."""

from __future__ import annotations

from typing import Any

from support.zoo.registry import INPUT_SHAPE, around, model


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
def residual(keras: Any) -> Any:
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
    return around(keras, inner, tail)


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


@model("labels")
def _labels(keras: Any) -> Any:
    """Of which any number holds, behind averages of maps that show where each one is."""
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            keras.layers.Rescaling(1 / 127.5, offset=-1),
            keras.layers.Conv2D(6, 3, activation="tanh"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(
                4,
                activation="sigmoid",
                kernel_initializer=keras.initializers.RandomNormal(stddev=4.0, seed=5),
            ),
        ]
    )


@model("labels-dense")
def _labels_dense(keras: Any) -> Any:
    """The same behind all values at once."""
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            keras.layers.Rescaling(1 / 255),
            keras.layers.MaxPooling2D(3),
            keras.layers.Flatten(),
            keras.layers.Dense(4),
            keras.layers.Activation("sigmoid"),
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
