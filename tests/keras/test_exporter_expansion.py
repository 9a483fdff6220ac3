"""Models in memory that hold code of somebody's own: followed, kept whole, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo

from kerasport.errors import ExportError
from kerasport.exporter import export
from kerasport.exporter.lowering import REWRITERS, rewrites
from kerasport.exporter.readers import read_model

pytestmark = pytest.mark.keras


def _with(keras: Any, layer: Any, **call: Any) -> Any:
    inputs = keras.Input(zoo.INPUT_SHAPE)
    x = layer(keras.layers.Rescaling(1 / 255)(inputs), **call)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(4)(x))


@pytest.fixture
def doubled(keras: Any) -> Any:
    class Doubled(keras.layers.Layer):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.inner = keras.layers.Conv2D(3, 1)

        def call(self, x: Any) -> Any:
            return 2 * self.inner(x)

    return Doubled


def test_following_leaves_the_model_as_it_was(keras: Any, doubled: Any) -> None:
    """Nothing is recorded in the user's layers, and Keras calls as before."""
    layer = doubled()
    model = _with(keras, layer)
    before = [len(each._inbound_nodes) for each in model._flatten_layers()]
    call = keras.layers.Layer.__call__

    read_model(model)

    assert [len(each._inbound_nodes) for each in model._flatten_layers()] == before
    assert keras.layers.Layer.__call__ is call
    assert np.asarray(keras.Variable(2.0) * keras.ops.ones(2)).tolist() == [2, 2]


def test_layers_of_equal_names_keep_their_own_weights(keras: Any) -> None:
    """Weights are told apart by the layer that holds them, not by their names."""
    model = zoo.build("composite", keras)

    kernels = [
        node.weights["kernel"]
        for node in read_model(model).graph
        if node.class_name == "Conv2D" and "block" in node.name
    ]

    expected = [layer.conv.kernel for layer in model.layers if hasattr(layer, "conv")]
    assert len(kernels) == len(expected) == 2
    for received, kernel in zip(kernels, expected, strict=True):
        np.testing.assert_array_equal(received, np.asarray(kernel))


def test_a_layer_with_a_rewriter_is_not_followed(keras: Any, doubled: Any) -> None:
    """What a user registers for a layer counts, not what its call does."""

    @rewrites("Doubled")
    def double(node: Any, build: Any) -> str:
        return str(build.scale(build.inputs[0], 2))

    try:
        classes = [node.class_name for node in read_model(_with(keras, doubled())).graph]
    finally:
        del REWRITERS["Doubled"]

    assert "Doubled" in classes
    assert "Conv2D" not in classes
    again = [node.class_name for node in read_model(_with(keras, doubled())).graph]
    assert "Doubled" not in again
    assert "Conv2D" in again


def test_code_that_uses_something_else_is_refused_by_name(keras: Any, tmp_path: Path) -> None:
    """A call into TensorFlow cannot be followed, and the layer is named."""
    import tensorflow as tf

    class Foreign(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return tf.math.tanh(x)

    model = _with(keras, Foreign(name="odd"))

    with pytest.raises(ExportError, match=r"layer 'odd' \(Foreign\): no rewriter knows this layer"):
        export(model, tmp_path / "model", class_names=zoo.CLASS_NAMES)


def test_a_layer_called_as_in_training_is_refused(keras: Any, tmp_path: Path) -> None:
    """training=True inside a layer makes answers depend on the other pictures."""

    class Trained(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.normal = keras.layers.BatchNormalization(name="normal")

        def call(self, x: Any) -> Any:
            return self.normal(x, training=True)

    with pytest.raises(ExportError, match=r"'normal' .* is called with training=True"):
        export(_with(keras, Trained()), tmp_path / "model", class_names=zoo.CLASS_NAMES)


def test_a_subclassed_model_is_told_how_to_be_one_with_an_input(keras: Any, tmp_path: Path) -> None:
    """A subclassed model is exported once it is called on an input, as the message says."""

    class Plain(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv = keras.layers.Conv2D(4, 3)

        def call(self, x: Any) -> Any:
            return keras.ops.mean(self.conv(x / 255 - 0.5), axis=(1, 2))

    model = Plain()
    with pytest.raises(ExportError, match=r"keras.Model\(inputs, model\(inputs\)\)"):
        export(model, tmp_path / "model", class_names=zoo.CLASS_NAMES)

    graph = read_model(_called(keras, model)).graph
    assert [node.class_name for node in graph][-2:] == ["Conv2D", "operation:Mean"]


def _called(keras: Any, model: Any) -> Any:
    inputs = keras.Input(zoo.INPUT_SHAPE)
    return keras.Model(inputs, model(inputs))


def test_pictures_inside_the_batch_are_refused(keras: Any, tmp_path: Path) -> None:
    """A convolution of windows that were put into the batch cannot be one of the picture."""

    class Windows(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.conv = keras.layers.Conv2D(3, 3, name="conv")

        def call(self, x: Any) -> Any:
            x = keras.ops.reshape(x, (-1, 13, 5, 3))
            x = keras.ops.reshape(self.conv(x), (-1, 11, 6, 3))
            return x

    with pytest.raises(ExportError, match="parts of a picture are put into its batch"):
        export(_with(keras, Windows()), tmp_path / "model", class_names=zoo.CLASS_NAMES)


def test_padding_with_infinity_before_something_else_is_refused(keras: Any, tmp_path: Path) -> None:
    """Only a maximum over a wider window never sees the padding."""
    layers = keras.layers
    inputs = keras.Input(zoo.INPUT_SHAPE)
    x = layers.Rescaling(1 / 255)(inputs)
    x = keras.ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=float("-inf"))
    x = layers.GlobalMaxPooling2D()(layers.AveragePooling2D(3)(x))
    model = keras.Model(inputs, layers.Dense(4)(x))

    with pytest.raises(ExportError, match="it pads with -inf, and what follows it is not"):
        export(model, tmp_path / "model", class_names=zoo.CLASS_NAMES)


def test_an_input_of_any_size_is_refused(keras: Any, tmp_path: Path) -> None:
    """Without a preprocessor nothing says to which size pictures are brought."""
    inputs = keras.Input((None, None, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(inputs))

    class Named(keras.Model):
        pass

    model = Named(inputs, keras.layers.Dense(4)(x))

    with pytest.raises(ExportError, match="takes pictures of any size"):
        export(model, tmp_path / "model", class_names=zoo.CLASS_NAMES)
