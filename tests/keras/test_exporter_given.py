"""What is given to `kerasport.export`: it works, or a sentence says why not; never a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.errors import KerasportError
from kerasport.exporter import export
from kerasport.runtime import Runtime

pytestmark = pytest.mark.keras

NAMES = ["a", "b", "c"]
PIXELS = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 3), np.uint8)


def model(keras: Any, **given: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(**(given or {"shape": (8, 8, 3)})),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def functional(keras: Any) -> Any:
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    return keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Flatten()(x)))


@pytest.mark.parametrize("build", [model, functional])
def test_a_model_of_keras_2_in_memory_is_exported(build: Any, keras: Any, tmp_path: Path) -> None:
    """tf_keras answers for it; logits get their softmax."""
    tf_keras = pytest.importorskip("tf_keras")
    original = build(tf_keras)
    expected = np.asarray(original(PIXELS.astype(np.float32)))
    if build is functional:
        exponents = np.exp(expected.astype(np.float64))
        expected = exponents / exponents.sum(axis=1, keepdims=True)

    bundle = export(original, tmp_path / "out", class_names=NAMES)

    assert bundle.compared_with.startswith("tf_keras ")
    np.testing.assert_allclose(Runtime(bundle).predict(PIXELS), expected, rtol=0, atol=2e-6)


def test_a_subclassed_model_of_keras_2_is_refused(keras: Any, tmp_path: Path) -> None:
    """It has no list of layers, and the message says what to do."""
    tf_keras = pytest.importorskip("tf_keras")

    class Own(tf_keras.Model):  # type: ignore[name-defined, misc]
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(KerasportError, match=r"is a Own\. Expected a Sequential or Functional"):
        export(Own(), tmp_path / "out", class_names=NAMES)


@pytest.mark.parametrize(
    "given",
    [{"batch_shape": (1, 8, 8, 3)}, {"shape": (8, 8, 3), "dtype": "uint8"}],
    ids=["one-picture", "uint8"],
)
def test_other_inputs_are_exported(given: Any, keras: Any, tmp_path: Path) -> None:
    """A model for one picture at a time, and one that takes whole numbers."""
    original = model(keras, **given)
    expected = [np.asarray(original(picture[None].astype(np.float32)))[0] for picture in PIXELS]

    bundle = export(original, tmp_path / "out", class_names=NAMES)

    np.testing.assert_allclose(Runtime(bundle).predict(PIXELS), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"preprocessing": "crop"}, r"The preprocessing 'crop' is a str\. Expected a dictionary"),
        ({"name": " "}, r"The name of the model is empty"),
        ({"rescaling": "much"}, r"'much' is not a scaling"),
        ({"rescaling": 255}, r"--rescaling 1/255 divides by 255"),
        ({"quantize": "int8"}, r"int8"),
        ({"without": "nothing"}, r"There is no pass 'nothing'"),
        ({"class_names": NAMES[:2]}, r"has 3 outputs, but there are 2 class names"),
        ({"class_names": []}, r"There are no class names"),
        ({"class_names": 3}, r"The class names are a int"),
    ],
)
def test_wrong_arguments_are_told(
    given: dict[str, Any], message: str, keras: Any, tmp_path: Path
) -> None:
    """Each argument has its own sentence, and nothing is written."""
    with pytest.raises(KerasportError, match=message):
        export(model(keras), tmp_path / "out", **{"class_names": NAMES, **given})

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", [None, 3, object(), np.zeros(3)], ids=type)
def test_what_is_no_model_is_refused(given: Any, keras: Any, tmp_path: Path) -> None:
    """Its kind is named."""
    with pytest.raises(KerasportError, match=rf"is a {type(given).__name__}\. Expected a Keras"):
        export(given, tmp_path / "out", class_names=NAMES)


def test_a_layer_is_no_model(keras: Any, tmp_path: Path) -> None:
    """A layer of Keras is of Keras, and yet no model."""
    with pytest.raises(KerasportError, match=r"is a Dense\. Expected a Keras model"):
        export(keras.layers.Dense(3), tmp_path / "out", class_names=NAMES)
