"""Functions of TensorFlow that Keras 2 recorded become layers that answer like tf_keras."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.graphs import run
from support.model_files import needs_tf_keras

from kerasport.errors import ExportError
from kerasport.exporter.lowering import lower
from kerasport.exporter.readers.stored_model import read_stored
from kerasport.exporter.readers.tf_keras_models import import_tf_keras

pytestmark = [pytest.mark.keras, needs_tf_keras]

SHAPE = (8, 6, 4)
PICTURES = np.random.default_rng(3).normal(0, 2, (3, *SHAPE)).astype(np.float32)
ROW = np.random.default_rng(4).normal(0, 1, 4).astype(np.float32)
MATRIX = np.random.default_rng(5).normal(0, 1, (4, 2)).astype(np.float32)
KERNEL = np.random.default_rng(6).normal(0, 1, (3, 3, 4, 2)).astype(np.float32)

Recorded = Callable[[Any, Any, Any], Any]

EXPRESSED: dict[str, Recorded] = {
    "+ tensor": lambda tf, keras, x: x + 2 * x,
    "+ array": lambda tf, keras, x: x + ROW,
    "number +": lambda tf, keras, x: 3 + x,
    "number -": lambda tf, keras, x: 1 - x,
    "array -": lambda tf, keras, x: tf.constant(ROW) - x,
    "- x": lambda tf, keras, x: -x,
    "* array": lambda tf, keras, x: x * ROW,
    "/ number": lambda tf, keras, x: x / 3,
    "** 2": lambda tf, keras, x: x**2,
    "tf.pow": lambda tf, keras, x: tf.pow(x, 3.0),
    "tf.square": lambda tf, keras, x: tf.square(x),
    "tf.abs": lambda tf, keras, x: tf.abs(x),
    "tf.add_n": lambda tf, keras, x: tf.add_n([x, x, x]),
    "tf.scalar_mul": lambda tf, keras, x: tf.math.scalar_mul(2.0, x),
    "tf.maximum": lambda tf, keras, x: tf.maximum(x, 0.5),
    "tf.minimum": lambda tf, keras, x: tf.minimum(x, 2 * x),
    "tf.math.squared_difference": lambda tf, keras, x: tf.math.squared_difference(x, 3 * x),
    "tf.math.divide_no_nan": lambda tf, keras, x: tf.math.divide_no_nan(x, 2.0),
    "tf.clip_by_value": lambda tf, keras, x: tf.clip_by_value(x, -0.5, 1.0),
    "tf.cast": lambda tf, keras, x: tf.cast(x, tf.float32),
    "tf.stop_gradient": lambda tf, keras, x: tf.stop_gradient(tf.identity(x)),
    "tf.matmul": lambda tf, keras, x: tf.matmul(x[..., 0], x[..., 1], transpose_b=True),
    "tf.matmul transposed": lambda tf, keras, x: tf.matmul(x[..., 0], x[..., 1], transpose_a=True),
    "tf.matmul constant": lambda tf, keras, x: tf.matmul(x, MATRIX),
    "tf.matmul constant, transposed": lambda tf, keras, x: tf.matmul(x, MATRIX.T, transpose_b=True),
    "tf.tensordot": lambda tf, keras, x: tf.tensordot(x, MATRIX, 1),
    "tf.nn.l2_normalize": lambda tf, keras, x: tf.nn.l2_normalize(x, -1),
    "tf.reduce_mean": lambda tf, keras, x: tf.reduce_mean(x, [1, 2]),
    "tf.reduce_sum": lambda tf, keras, x: tf.reduce_sum(x, axis=1, keepdims=True),
    "tf.reduce_max": lambda tf, keras, x: tf.reduce_max(x, -1),
    "tf.reduce_min": lambda tf, keras, x: tf.reduce_min(x, 2),
    "tf.math.reduce_variance": lambda tf, keras, x: tf.math.reduce_variance(x, [1, 2]),
    "tf.nn.moments": lambda tf, keras, x: tf.nn.moments(x, [1])[0],
    "tf.sigmoid": lambda tf, keras, x: tf.sigmoid(x),
    "tf.tanh": lambda tf, keras, x: tf.tanh(x),
    "tf.nn.softplus": lambda tf, keras, x: tf.nn.softplus(x),
    "tf.nn.softsign": lambda tf, keras, x: tf.nn.softsign(x),
    "tf.math.log_sigmoid": lambda tf, keras, x: tf.math.log_sigmoid(x),
    "tf.nn.relu": lambda tf, keras, x: tf.nn.relu(x),
    "tf.nn.relu6": lambda tf, keras, x: tf.nn.relu6(3 * x),
    "tf.nn.selu": lambda tf, keras, x: tf.nn.selu(x),
    "tf.nn.swish": lambda tf, keras, x: tf.nn.swish(x),
    "tf.nn.elu": lambda tf, keras, x: tf.nn.elu(x),
    "tf.nn.leaky_relu": lambda tf, keras, x: tf.nn.leaky_relu(x),
    "tf.nn.leaky_relu alpha": lambda tf, keras, x: tf.nn.leaky_relu(x, 0.4),
    "tf.nn.gelu": lambda tf, keras, x: tf.nn.gelu(x),
    "tf.nn.gelu approximate": lambda tf, keras, x: tf.nn.gelu(x, approximate=True),
    "tf.nn.crelu": lambda tf, keras, x: tf.nn.crelu(x),
    "tf.nn.softmax": lambda tf, keras, x: tf.nn.softmax(x, axis=1),
    "tf.nn.log_softmax": lambda tf, keras, x: tf.nn.log_softmax(x),
    "keras.activations.mish": lambda tf, keras, x: keras.activations.mish(x),
    "keras.activations.hard_sigmoid": lambda tf, keras, x: keras.activations.hard_sigmoid(x),
    "keras.activations.relu": lambda tf, keras, x: keras.activations.relu(x, 0.1, 2.0),
    "keras.backend.mean": lambda tf, keras, x: keras.backend.mean(x, axis=(1, 2)),
    "keras.backend.clip": lambda tf, keras, x: keras.backend.clip(x, 0, 1),
    "keras.backend.concatenate": lambda tf, keras, x: keras.backend.concatenate([x, x]),
    "keras.backend.relu": lambda tf, keras, x: keras.backend.relu(x, alpha=0.1, max_value=6),
    "keras.backend.l2_normalize": lambda tf, keras, x: keras.backend.l2_normalize(x, -1),
    "keras.backend.permute_dimensions": lambda tf, keras, x: keras.backend.permute_dimensions(
        x, (0, 3, 1, 2)
    ),
    "keras.backend.resize_images": lambda tf, keras, x: keras.backend.resize_images(
        x, 2, 2, "channels_last"
    ),
    "keras.backend.batch_flatten": lambda tf, keras, x: keras.backend.batch_flatten(x),
    "keras.backend.batch_dot": lambda tf, keras, x: keras.backend.batch_dot(
        x[..., 0], keras.backend.permute_dimensions(x[..., 1], (0, 2, 1))
    ),
    "x[:, 1:-1]": lambda tf, keras, x: x[:, 1:-1],
    "x[:, ::2, 1:5:2, ::-1]": lambda tf, keras, x: x[:, ::2, 1:5:2, ::-1],
    "x[..., 0]": lambda tf, keras, x: x[..., 0],
    "x[:, newaxis, -1]": lambda tf, keras, x: x[:, tf.newaxis, -1],
    "tf.slice": lambda tf, keras, x: tf.slice(x, [0, 1, 1, 0], [-1, 4, -1, 3]),
    "tf.strided_slice": lambda tf, keras, x: tf.strided_slice(
        x, [0, 1, 0, 0], [0, 7, 0, 3], [1, 2, 1, 1], begin_mask=1, end_mask=5
    ),
    "tf.strided_slice of one row": lambda tf, keras, x: tf.strided_slice(
        x, [0, 2], [0, 3], begin_mask=1, end_mask=1, shrink_axis_mask=2
    ),
    "tf.roll": lambda tf, keras, x: tf.roll(x, [1, -2], [1, 2]),
    "tf.unstack": lambda tf, keras, x: tf.unstack(x, axis=3)[1] * 2.0,
    "tf.concat": lambda tf, keras, x: tf.concat([x, 2 * x], 1),
    "tf.stack": lambda tf, keras, x: tf.stack([x, 2 * x], 1),
    "tf.reshape": lambda tf, keras, x: tf.reshape(x, (-1, 24, 8)),
    "tf.reshape by tf.shape": lambda tf, keras, x: tf.reshape(x, [tf.shape(x)[0], 48, -1]),
    "tf.expand_dims": lambda tf, keras, x: tf.squeeze(tf.expand_dims(x, 1), 1),
    "tf.transpose": lambda tf, keras, x: tf.transpose(x, (0, 2, 1, 3)),
    "tf.linalg.matrix_transpose": lambda tf, keras, x: tf.linalg.matrix_transpose(x),
    "tf.tile": lambda tf, keras, x: tf.tile(x, (1, 2, 1, 1)),
    "tf.repeat": lambda tf, keras, x: tf.repeat(x, 2, axis=1),
    "tf.pad": lambda tf, keras, x: tf.pad(x, [[0, 0], [1, 1], [2, 0], [0, 0]]),
    "tf.pad constant": lambda tf, keras, x: tf.pad(
        x, [[0, 0], [1, 1], [2, 0], [0, 0]], constant_values=0.5
    ),
    "tf.pad reflect": lambda tf, keras, x: tf.pad(
        x, [[0, 0], [1, 1], [2, 0], [0, 0]], mode="REFLECT"
    ),
    "tf.reverse": lambda tf, keras, x: tf.reverse(x, [-1]),
    "tf.gather": lambda tf, keras, x: tf.gather(x, [2, 1, 0], axis=-1),
    "tf.nn.bias_add": lambda tf, keras, x: tf.nn.bias_add(x, ROW),
    "tf.nn.avg_pool2d": lambda tf, keras, x: tf.nn.avg_pool2d(x, 2, 2, "VALID"),
    "tf.nn.max_pool": lambda tf, keras, x: tf.nn.max_pool(x, 3, 2, "SAME"),
    "tf.nn.conv2d": lambda tf, keras, x: tf.nn.conv2d(x, KERNEL, 2, "SAME"),
    "tf.nn.conv2d dilated": lambda tf, keras, x: tf.nn.conv2d(x, KERNEL, 1, "SAME", dilations=2),
    "tf.nn.depthwise_conv2d": lambda tf, keras, x: tf.nn.depthwise_conv2d(
        x, KERNEL, [1, 1, 1, 1], "VALID"
    ),
    "tf.nn.space_to_depth": lambda tf, keras, x: tf.nn.space_to_depth(x, 2),
    "tf.nn.depth_to_space": lambda tf, keras, x: tf.nn.depth_to_space(x, 2),
    "tf.image.resize": lambda tf, keras, x: tf.image.resize(x, (5, 9)),
    "tf.image.resize nearest": lambda tf, keras, x: tf.image.resize(x, (5, 9), method="nearest"),
    "tf.image.resize bicubic": lambda tf, keras, x: tf.image.resize(x, (5, 9), method="bicubic"),
    "tf.image.crop_to_bounding_box": lambda tf, keras, x: tf.image.crop_to_bounding_box(
        x, 1, 2, 5, 3
    ),
    "tf.image.flip_left_right": lambda tf, keras, x: tf.image.flip_left_right(x),
    "tf.image.flip_up_down": lambda tf, keras, x: tf.image.flip_up_down(x),
    "tf.image.rgb_to_grayscale": lambda tf, keras, x: tf.image.rgb_to_grayscale(x[..., :3]),
    "mobilenet.preprocess_input": lambda tf, keras, x: (
        keras.applications.mobilenet.preprocess_input(x)
    ),
    "resnet50.preprocess_input": lambda tf, keras, x: keras.applications.resnet50.preprocess_input(
        x[..., :3]
    ),
    "densenet.preprocess_input": lambda tf, keras, x: keras.applications.densenet.preprocess_input(
        x[..., :3]
    ),
}

REFUSED: dict[str, tuple[Recorded, str]] = {
    "tf.einsum": (
        lambda tf, keras, x: tf.einsum("bhwc,bhwd->bhcd", x, x),
        "Keras 2 wrote the equation into the file without the tensors",
    ),
    "tf.nn.dropout": (
        lambda tf, keras, x: tf.nn.dropout(x, 0.5),
        "it drops values at random in predictions too",
    ),
    "tf.image.resize antialias": (
        lambda tf, keras, x: tf.image.resize(x, (5, 5), antialias=True),
        "its antialias is on",
    ),
    "tf.compat.v1.image.resize_bilinear": (
        lambda tf, keras, x: tf.compat.v1.image.resize_bilinear(x, (5, 5)),
        "no rewriter knows this layer",
    ),
    "tf.where": (lambda tf, keras, x: tf.where(x > 0, x, 0.0), "no rewriter knows this layer"),
    "x / tensor": (lambda tf, keras, x: 1 / x, "it divides by a tensor"),
    "x[1:]": (lambda tf, keras, x: x[1:], "it takes some pictures of the batch"),
    "tf.pad the batch": (
        lambda tf, keras, x: tf.pad(x, [[1, 0], [0, 0], [0, 0], [0, 0]]),
        "it pads the batch",
    ),
    "tf.reduce_mean of all": (lambda tf, keras, x: x * tf.reduce_mean(x), "takes in the batch"),
}


def _recorded(function: Recorded) -> tuple[Any, Any]:
    """Return a tf_keras model of one function, and the same model read from its configuration."""
    keras = import_tf_keras()
    import tensorflow as tf

    keras.backend.clear_session()
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, function(tf, keras, inputs))
    config = json.loads(model.to_json())
    return model, read_stored(config, {}, keras_2=True).graph


@pytest.mark.parametrize("name", EXPRESSED)
def test_recorded_functions_answer_like_tf_keras(name: str) -> None:
    """The configuration alone gives layers that compute what tf_keras computes."""
    model, graph = _recorded(EXPRESSED[name])
    expected = np.asarray(model(PICTURES))

    received = run(lower(graph), PICTURES)

    assert expected.std() > 1e-3, "a uniform answer would hide a difference"
    assert received.shape == expected.shape
    # float32 on both sides; sums over up to 72 products of values around 2.
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_equal_is_refused_by_name(name: str) -> None:
    """A function that no layers compute is named with its reason, whatever follows it."""
    function, reason = REFUSED[name]

    with pytest.raises(ExportError, match=reason):
        lower(_recorded(function)[1])
