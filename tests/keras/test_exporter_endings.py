"""How models end: logits and probabilities behind whatever layers, and single outputs.

Every expected value is computed from what the model itself returns, without the exporter.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.errors import ExportError
from kerasport.exporter import export
from kerasport.runtime import Runtime

pytestmark = pytest.mark.keras

SHAPE = (12, 10, 3)
PIXELS = np.random.default_rng(5).integers(0, 256, (4, *SHAPE)).astype(np.uint8)
TOLERANCE = 2e-6

Tail = Callable[[Any, Any], Any]
"""Takes the keras module and features [10, 8, 4]; returns the output."""


def steep(keras: Any, seed: int = 1) -> Any:
    """Return an initializer that makes answers far from equal, so that a second softmax shows."""
    return keras.initializers.RandomNormal(stddev=4, seed=seed)


def dense(keras: Any, units: int, x: Any, seed: int = 1, **settings: Any) -> Any:
    layer = keras.layers.Dense(units, kernel_initializer=steep(keras, seed), **settings)
    return layer(keras.layers.GlobalAveragePooling2D()(x))


def softmax(keras: Any, x: Any, seed: int = 1) -> Any:
    return dense(keras, 3, x, seed, activation="softmax")


def pixelwise(keras: Any, x: Any, activation: str | None = "softmax", units: int = 3) -> Any:
    pooled = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    layer = keras.layers.Conv2D(units, 1, activation=activation, kernel_initializer=steep(keras))
    return layer(pooled)


def on_the_map(keras: Any, x: Any, activation: str | None, units: int = 3) -> Any:
    layer = keras.layers.Conv2D(units, 1, activation=activation, kernel_initializer=steep(keras))
    return layer(x)


def confusion(keras: Any, x: Any) -> Any:
    """Probabilities corrected by a matrix whose rows sum to 1."""
    matrix = np.array([[0.8, 0.1, 0.1], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]], "float32")
    return keras.ops.matmul(softmax(keras, x), matrix)


def mixture(keras: Any, x: Any) -> Any:
    """Experts' probabilities, weighted by those of a gate."""
    experts = keras.ops.stack([softmax(keras, x, seed) for seed in (1, 2)], axis=1)
    gate = dense(keras, 2, x, 3, activation="softmax")
    return keras.layers.Dot(axes=(1, 1))([gate, experts])


def gated(keras: Any, x: Any) -> Any:
    """The same as a product and a sum."""
    experts = keras.ops.stack([softmax(keras, x, seed) for seed in (1, 2)], axis=1)
    gate = keras.ops.expand_dims(dense(keras, 2, x, 3, activation="softmax"), -1)
    return keras.ops.sum(experts * gate, axis=1)


def attended(keras: Any, x: Any) -> Any:
    """Probabilities of each place, weighted by how much the place matters."""
    places = keras.layers.Reshape((80, 4))(x)
    answers = keras.layers.Dense(3, activation="softmax", kernel_initializer=steep(keras))(places)
    weights = keras.layers.Softmax(axis=1)(keras.layers.Dense(1)(places))
    return keras.ops.sum(answers * weights, axis=1)


def complement(keras: Any, x: Any) -> Any:
    second = dense(keras, 1, x, activation="sigmoid")
    return keras.layers.Concatenate()([1 - second, second])


PROBABILITIES: dict[str, Tail] = {
    "reshape": lambda k, x: k.layers.Reshape((3,))(pixelwise(k, x)),
    "flatten": lambda k, x: k.layers.Flatten()(pixelwise(k, x)),
    "squeeze": lambda k, x: k.ops.squeeze(pixelwise(k, x), axis=(1, 2)),
    "places-of-one": lambda k, x: pixelwise(k, x),
    "index": lambda k, x: pixelwise(k, x)[:, 0, 0],
    "permute": lambda k, x: k.layers.Flatten()(k.layers.Permute((3, 1, 2))(pixelwise(k, x))),
    "pooled": lambda k, x: k.layers.GlobalAveragePooling2D()(on_the_map(k, x, "softmax")),
    "pooled-in-steps": lambda k, x: k.layers.GlobalAveragePooling2D()(
        k.layers.AveragePooling2D(2)(on_the_map(k, x, "softmax"))
    ),
    "mean-of-places": lambda k, x: k.ops.mean(on_the_map(k, x, "softmax"), axis=(1, 2)),
    "resized": lambda k, x: k.layers.GlobalAveragePooling2D()(
        k.layers.Resizing(5, 4)(on_the_map(k, x, "softmax"))
    ),
    "maximum-of-one-place": lambda k, x: k.layers.GlobalMaxPooling2D()(pixelwise(k, x)),
    "cropped": lambda k, x: k.layers.Flatten()(
        k.layers.Cropping2D(((3, 6), (0, 7)))(on_the_map(k, x, "softmax"))
    ),
    "dropout": lambda k, x: k.layers.Dropout(0.4)(softmax(k, x)),
    "identity": lambda k, x: k.layers.Identity()(softmax(k, x)),
    "linear": lambda k, x: k.layers.Activation("linear", dtype="float32")(softmax(k, x)),
    "softmax-layer": lambda k, x: k.layers.Softmax()(dense(k, 3, x)),
    "average": lambda k, x: k.layers.Average()([softmax(k, x, 1), softmax(k, x, 2)]),
    "weighted": lambda k, x: 0.3 * softmax(k, x, 1) + 0.7 * softmax(k, x, 2),
    "stacked": lambda k, x: k.ops.mean(
        k.ops.stack([softmax(k, x, seed) for seed in (1, 2, 3)], axis=1), axis=1
    ),
    "smoothed": lambda k, x: softmax(k, x) * 0.9 + 0.1 / 3,
    "clipped": lambda k, x: k.ops.clip(softmax(k, x), 1e-7, 1 - 1e-7),
    "confusion": confusion,
    "mixture": mixture,
    "gated": gated,
    "attended": attended,
    "reversed": lambda k, x: k.ops.flip(softmax(k, x), axis=1),
    "complement": complement,
    "independent": lambda k, x: dense(k, 3, x, activation="sigmoid"),
    "independent-pooled": lambda k, x: k.layers.GlobalMaxPooling2D()(on_the_map(k, x, "sigmoid")),
    "relu-behind": lambda k, x: k.layers.ReLU()(softmax(k, x)),
}

LOGITS: dict[str, Tail] = {
    "dense": lambda k, x: dense(k, 3, x),
    "temperature": lambda k, x: dense(k, 3, x) / 2.5,
    "per-class": lambda k, x: dense(k, 3, x) * np.array([1.0, 0.5, 2.0], "float32"),
    "batch-normalization": lambda k, x: k.layers.BatchNormalization()(dense(k, 3, x)),
    "pooled": lambda k, x: k.layers.GlobalAveragePooling2D()(on_the_map(k, x, None)),
    "maximum": lambda k, x: k.layers.GlobalMaxPooling2D()(on_the_map(k, x, None)),
    "reshape": lambda k, x: k.layers.Reshape((3,))(pixelwise(k, x, None)),
    "sum-of-heads": lambda k, x: k.layers.Add()([dense(k, 3, x, 1), dense(k, 3, x, 2)]),
    "log-softmax": lambda k, x: k.ops.log_softmax(dense(k, 3, x)),
    "of-probabilities": lambda k, x: k.layers.Dense(3, kernel_initializer=steep(k))(softmax(k, x)),
    "distances": lambda k, x: -k.ops.square(dense(k, 3, x)),
    "layer-normalization": lambda k, x: k.layers.LayerNormalization()(dense(k, 3, x)),
}

SINGLE_PROBABILITIES: dict[str, Tail] = {
    "convolution": lambda k, x: k.layers.Activation("sigmoid")(
        k.layers.GlobalAveragePooling2D()(on_the_map(k, x, None, 1))
    ),
    "reshape": lambda k, x: k.layers.Reshape((1,))(dense(k, 1, x, activation="sigmoid")),
    "batch-normalization": lambda k, x: k.layers.Activation("sigmoid")(
        k.layers.BatchNormalization()(dense(k, 1, x))
    ),
    "flattened-map": lambda k, x: k.layers.Flatten()(pixelwise(k, x, "sigmoid", 1)),
    "place-of-one": lambda k, x: pixelwise(k, x, "sigmoid", 1),
    "mean-of-sigmoids": lambda k, x: k.layers.GlobalAveragePooling2D()(
        on_the_map(k, x, "sigmoid", 1)
    ),
    "two-heads": lambda k, x: k.layers.Average()(
        [dense(k, 1, x, seed, activation="sigmoid") for seed in (1, 2)]
    ),
    "dropout": lambda k, x: k.layers.Dropout(0.5)(dense(k, 1, x, activation="sigmoid")),
    "operation": lambda k, x: k.ops.sigmoid(dense(k, 1, x)),
    "second-of-softmax": lambda k, x: dense(k, 2, x, activation="softmax")[:, 1:],
    "hard-sigmoid": lambda k, x: dense(k, 1, x, activation="hard_sigmoid"),
}

SINGLE_LOGITS: dict[str, Tail] = {
    "dense": lambda k, x: dense(k, 1, x),
    "pooled": lambda k, x: k.layers.GlobalAveragePooling2D()(on_the_map(k, x, None, 1)),
    "batch-normalization": lambda k, x: k.layers.BatchNormalization()(dense(k, 1, x)),
    "temperature": lambda k, x: dense(k, 1, x) / 3.0,
}

NEITHER: dict[str, tuple[Tail, str]] = {
    "relu": (
        lambda k, x: dense(k, 3, x, activation="relu"),
        r"ends in the activation 'relu' \(layer '.*'\)\. Expected logits, softmax or sigmoid",
    ),
    "tanh": (
        lambda k, x: dense(k, 3, x, activation="tanh"),
        r"ends in the activation 'tanh' .*Its values lie between -1 and 1\. Expected logits",
    ),
    "halved": (
        lambda k, x: softmax(k, x) / 2.0,
        r"values of the softmax in the layer '.*' that, as far as .*, no longer sum to 1 behind",
    ),
    "weighted": (
        lambda k, x: softmax(k, x) * np.array([1.0, 0.5, 2.0], "float32"),
        r"no longer sum to 1",
    ),
    "maximum": (
        lambda k, x: k.layers.GlobalMaxPooling2D()(on_the_map(k, x, "softmax")),
        r"no longer sum to 1",
    ),
    "single-softmax": (
        lambda k, x: dense(k, 1, x, activation="softmax"),
        r"a softmax of a single value \(layer '.*'\), which is 1 for every picture",
    ),
    "map": (
        lambda k, x: on_the_map(k, x, "softmax"),
        r"gives outputs of shape \(None, 10, 8, 3\).*an answer for each place.*Put Flatten",
    ),
    "dense-on-a-map": (
        lambda k, x: k.layers.Dense(3, activation="softmax")(x),
        r"an answer for each place of the picture",
    ),
}


def build(keras: Any, tail: Tail) -> Any:
    keras.utils.set_random_seed(3)
    inputs = keras.Input(SHAPE)
    x = keras.layers.Conv2D(4, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, tail(keras, x))
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            # As if it had been trained: an untrained one changes nothing.
            layer.set_weights([w + 0.3 * (i + 1) for i, w in enumerate(layer.get_weights())])
    return model


def answers(model: Any) -> Any:
    return np.asarray(model(PIXELS.astype(np.float32))).reshape(len(PIXELS), -1)


def of_logits(logits: Any) -> Any:
    exponents = np.exp(logits.astype(np.float64))
    return exponents / exponents.sum(axis=1, keepdims=True)


def received(model: Any, path: Path, classes: int = 3) -> Any:
    names = [f"class {n}" for n in range(classes)]
    # The kind matters to those alone that end in a sigmoid for each class.
    kind = "probabilities"
    bundle = export(model, path / "out", class_names=names, output_kind=kind)
    return Runtime(bundle).predict(PIXELS)


@pytest.mark.parametrize("name", PROBABILITIES)
def test_probabilities_leave_as_the_model_returns_them(
    name: str, keras: Any, tmp_path: Path
) -> None:
    """Whatever follows the softmax, the bundle gives what the model returned: no second softmax."""
    model = build(keras, PROBABILITIES[name])
    expected = answers(model)

    got = received(model, tmp_path, expected.shape[1])

    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", LOGITS)
def test_logits_behind_a_layer_get_one_softmax(name: str, keras: Any, tmp_path: Path) -> None:
    """Logits that are divided, normalised, pooled or added are logits still."""
    model = build(keras, LOGITS[name])

    got = received(model, tmp_path)

    np.testing.assert_allclose(got, of_logits(answers(model)), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", [*SINGLE_PROBABILITIES, *(f"{n}-logit" for n in SINGLE_LOGITS)])
def test_every_single_output_becomes_two(name: str, keras: Any, tmp_path: Path) -> None:
    """The second class has the model's value, or its sigmoid; the first has the rest."""
    tails = SINGLE_PROBABILITIES | {f"{n}-logit": tail for n, tail in SINGLE_LOGITS.items()}
    model = build(keras, tails[name])
    second = answers(model).astype(np.float64)
    if name.endswith("-logit"):
        second = 1 / (1 + np.exp(-second))

    got = received(model, tmp_path, 2)

    np.testing.assert_allclose(got, np.hstack([1 - second, second]), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", NEITHER)
def test_what_is_neither_is_refused(name: str, keras: Any, tmp_path: Path) -> None:
    """Values that are neither logits nor probabilities are named with their layer."""
    tail, message = NEITHER[name]
    model = build(keras, tail)

    with pytest.raises(ExportError, match=message):
        received(model, tmp_path, 2 if name == "single-softmax" else 3)

    assert list(tmp_path.iterdir()) == []


def test_the_original_answers_for_itself(keras: Any, tmp_path: Path) -> None:
    """Where the layers say probabilities and the model returned something else, both are named."""
    model = build(keras, lambda k, x: softmax(k, x))
    calls = model.call

    def half(*arguments: Any, **options: Any) -> Any:
        return calls(*arguments, **options) / 2 - 0.1

    model.call = half

    with pytest.raises(ExportError) as error:
        received(model, tmp_path)

    assert "By its layers it gives probabilities that sum to 1" in str(error.value)
    assert "returned logits for made-up pictures" in str(error.value)
    assert list(tmp_path.iterdir()) == []
