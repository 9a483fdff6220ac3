"""The comparison in float64: what it shows, and what float32 adds to a right model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo

from kerasport.errors import ExportError
from kerasport.exporter import export
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.passes.optimize import PASSES, Pass
from kerasport.exporter.readers import LiveModel
from kerasport.exporter.readers.tf_keras_models import import_tf_keras
from kerasport.runtime import Runtime

pytestmark = pytest.mark.keras

NAMES = ["ant", "bee", "cat"]


def small(keras: Any, side: int = 24, **ending: Any) -> Any:
    """A convolution, a normalisation and a global average."""
    keras.utils.set_random_seed(4)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((side, side, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, kernel_initializer="random_normal"),
            layers.Activation("softmax", **ending),
        ]
    )


def doubled(model: Any, pixels: Any) -> Any:
    """The same arithmetic for `small`, in float64, with nothing of the exporter."""
    _, conv, norm, _, dense, _ = model.layers
    kernel, bias = (np.asarray(w, np.float64) for w in conv.get_weights())
    windows = np.lib.stride_tricks.sliding_window_view(pixels / 255, (3, 3), axis=(1, 2))
    x = np.maximum(np.einsum("nyxchw,hwcf->nyxf", windows, kernel) + bias, 0)
    gamma, beta, mean, variance = (np.asarray(w, np.float64) for w in norm.get_weights())
    x = (x - mean) / np.sqrt(variance + norm.epsilon) * gamma + beta
    kernel, bias = (np.asarray(w, np.float64) for w in dense.get_weights())
    powers = np.exp(x.mean(axis=(1, 2)) @ kernel + bias)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"])
def test_a_model_of_fewer_bits_is_compared_with_its_weights_in_float32(
    policy: str, keras: Any, tmp_path: Path
) -> None:
    """Arithmetic in float16 or bfloat16 is no measure; the weights are, and they are right."""
    keras.config.set_dtype_policy(policy)
    try:
        model = small(keras, dtype="float32")
    finally:
        keras.config.set_dtype_policy("float32")

    bundle = export(model, tmp_path / "out", class_names=NAMES)

    pixels = np.random.default_rng(2).integers(0, 256, (3, 24, 24, 3)).astype(np.uint8)
    received = Runtime(bundle).predict(pixels)
    np.testing.assert_allclose(received, doubled(model, pixels), rtol=0, atol=2e-6)
    assert keras.config.dtype_policy().name == "float32"
    assert keras.config.floatx() == "float32"


def test_a_global_average_over_a_large_map_is_right(keras: Any, tmp_path: Path) -> None:
    """Of 126 x 126 values blocks of 9 x 9 are averaged first, which rounds least."""
    model = small(keras, side=128)

    bundle = export(model, tmp_path / "out", class_names=NAMES)

    rounding = bundle.metadata.float_rounding
    assert rounding is not None
    assert rounding.limit is None
    assert rounding.bundle < 1e-6
    assert rounding.tolerance == 1e-5
    (blocks,) = (layer for layer in bundle.layers() if layer.class_name == "AveragePooling2D")
    assert blocks.config["pool_size"] == blocks.config["strides"] == [9, 9]


def test_deep_networks_that_were_not_trained_leave(keras: Any, tmp_path: Path) -> None:
    """MobileNetV2 and a network of residuals without normalisation, with random weights."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    mobile = keras.applications.MobileNetV2(weights=None, input_shape=(64, 64, 3), classes=3)
    inputs = keras.Input((64, 64, 3))
    model = keras.Model(inputs, mobile(layers.Rescaling(1 / 127.5, -1)(inputs)))
    inputs = keras.Input((24, 24, 3))
    x = layers.Conv2D(16, 3)(layers.Rescaling(1 / 255)(inputs))
    for _ in range(8):
        y = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
        x = layers.Add()([x, layers.Conv2D(16, 3, padding="same")(y)])
    x = layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(x))

    for number, each in enumerate((model, keras.Model(inputs, x))):
        bundle = export(each, tmp_path / str(number), class_names=NAMES)

        rounding = bundle.metadata.float_rounding
        assert rounding is not None
        assert max(rounding.keras, rounding.bundle) <= rounding.tolerance <= 1e-3


@pytest.mark.parametrize("change", ["a weight", "the scaling"])
def test_a_constant_that_is_hardly_wrong_does_not_leave(
    change: str, keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights off by a ten-millionth, less than a float32 has digits, are no rounding."""
    monkeypatch.setitem(PASSES, "remove-unused", _wrong(change))

    with pytest.raises(ExportError, match="not the same as the original: in float64 a"):
        export(small(keras), tmp_path / "out", class_names=NAMES)
    assert not (tmp_path / "out").exists()


def _wrong(change: str) -> Pass:
    def spoil(graph: Graph) -> bool:
        for node in graph:
            if change == "a weight" and node.class_name == "Conv2D":
                node.weights["kernel"] = node.weights["kernel"] * (1 + 1e-7)
            if change == "the scaling" and node.class_name == "Rescaling":
                node.config["scale"] = 1 / 256
        return False

    return spoil


def test_a_layer_that_knows_float32_only_is_named(keras: Any, tmp_path: Path) -> None:
    """TensorFlow resizes in float32; the bundle says so, and is compared to that accuracy."""
    model = zoo.build("upsampling-bilinear", keras)

    bundle = export(model, tmp_path / "out", class_names=zoo.CLASS_NAMES)

    rounding = bundle.metadata.float_rounding
    assert rounding is not None
    assert rounding.limit is not None
    assert "in float32 only" in rounding.limit
    assert model.layers[1].name in rounding.limit


@pytest.mark.parametrize("function", ["image.resize", "nn.gelu"])
def test_a_function_that_keras_2_recorded_and_knows_float32_only_is_named(
    tmp_path: Path, function: str
) -> None:
    """A recorded function of TensorFlow with float32 inside is compared to that accuracy."""
    import tensorflow as tf

    tf_keras = import_tf_keras()
    layers = tf_keras.layers
    inputs = tf_keras.Input((8, 8, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    x = tf.image.resize(x, (6, 5)) if function == "image.resize" else tf.nn.gelu(x)
    x = layers.Dense(3)(layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(x)))
    model = tf_keras.Model(inputs, x)

    bundle = export(model, tmp_path / "bundle", class_names=["a", "b", "c"])

    rounding = bundle.metadata.float_rounding
    assert rounding is not None
    assert rounding.limit is not None
    assert "float32 only" in rounding.limit


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_a_function_of_tensorflow_may_be_an_activation(
    keras: Any, tmp_path: Path, name: str
) -> None:
    """`activation=tf.nn.softmax` is the softmax that Keras knows by that name."""
    import tensorflow as tf

    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, activation=getattr(tf.nn, name)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation=tf.nn.softmax),
        ]
    )
    pixels = np.random.default_rng(3).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)

    bundle = export(model, tmp_path / "bundle", class_names=["a", "b", "c"])

    expected = np.asarray(model(pixels.astype(np.float32)))
    # float32 on both sides; the order of the sums differs.
    np.testing.assert_allclose(Runtime(bundle).predict(pixels), expected, rtol=0, atol=1e-6)


def test_float32_that_cannot_hold_a_model_is_told(keras: Any, tmp_path: Path) -> None:
    """Logits that are differences of huge numbers are noise in float32, in Keras too."""
    model = small(keras)
    kernel, bias = model.layers[1].get_weights()
    model.layers[1].set_weights([kernel, bias + 1e4])
    weights = np.array([[1.0, -1, 0], [-1, 1, 0]] * 4) * 1e2
    model.layers[4].set_weights([weights, np.zeros(3)])

    with pytest.raises(ExportError, match="Float32 cannot hold this model"):
        export(model, tmp_path / "out", class_names=NAMES)


def test_a_layer_of_a_users_own_takes_part(keras: Any, tmp_path: Path) -> None:
    """A subclass in memory is built anew in float64 from its own configuration."""
    from kerasport.exporter.answering.rebuilding import computes_in, rebuilt

    class Doubling(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

    model = keras.Sequential(
        [keras.Input((4, 4, 1)), Doubling(), keras.layers.Flatten(), keras.layers.Dense(2)]
    )

    copy = rebuilt(LiveModel("keras", model), "float64")

    assert computes_in(copy, "float64")
    pixels = np.linspace(0, 1, 16).reshape(1, 4, 4, 1)
    kernel, bias = (np.asarray(w, np.float64) for w in model.layers[2].get_weights())
    np.testing.assert_allclose(
        np.asarray(copy(pixels)), 2 * pixels.reshape(1, -1) @ kernel + bias, rtol=0, atol=1e-15
    )


def test_a_layer_does_not_stand_in_for_an_operation_of_its_name(keras: Any) -> None:
    """A model that has both the layer Add and a sum with a number is built anew in float64."""
    from kerasport.exporter.answering.rebuilding import computes_in, rebuilt

    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Add()([inputs + 3.0, inputs * 2.0]))

    copy = rebuilt(LiveModel("keras", model), "float64")

    assert computes_in(copy, "float64")
    assert np.asarray(copy(np.array([[0.1, 0.2, 0.3]]))) == pytest.approx(
        np.array([[3.3, 3.6, 3.9]]), rel=1e-15
    )


@pytest.mark.parametrize("name", ["keras", "tf_keras"])
def test_a_comparison_leaves_the_float_type_of_the_process_alone(name: str) -> None:
    """After the original was computed in float64, new layers are of float32 as before."""
    from kerasport.exporter.answering.rebuilding import in_floats
    from kerasport.models import import_keras

    framework = import_tf_keras() if name == "tf_keras" else import_keras()

    with in_floats(framework, "float64"):
        inside = framework.layers.Dense(2).dtype

    assert inside == "float64"
    assert framework.layers.Dense(2).dtype == "float32"
    assert framework.backend.floatx() == "float32"


def test_code_of_ones_own_that_casts_to_float32_is_named(keras: Any, tmp_path: Path) -> None:
    """A layer of somebody's own that computes in float32 whatever it is told is no wrong model."""

    class Halving(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            halves = keras.ops.cast(x, "float32") * 0.3
            return keras.ops.cast(halves, x.dtype)

    inputs = keras.Input((6, 6, 3))
    x = Halving()(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.Dense(3)(keras.layers.Flatten()(x))

    bundle = export(keras.Model(inputs, x), tmp_path / "out", class_names=["a", "b", "c"])

    rounding = bundle.metadata.float_rounding
    assert rounding is not None
    assert rounding.limit is not None
    assert "casts to float32" in rounding.limit
