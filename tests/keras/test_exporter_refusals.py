"""What the exporter refuses, and that it knows every layer and activation of Keras."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import zoo

from kerasport.errors import ExportError
from kerasport.exporter import export
from kerasport.exporter.lowering import REFUSED, REWRITERS
from kerasport.exporter.lowering.layers import activations

pytestmark = pytest.mark.keras

DOCUMENT = Path(__file__).parents[2] / "docs" / "export.md"

# Layers of `keras.layers` that never appear in a model's configuration under their own name.
NOT_IN_MODELS = {"InputSpec"}

Layers = Callable[[Any], list[Any]]

BY_SETTING: dict[str, tuple[Layers, str]] = {
    "activation-exponential": (
        lambda L: [L.Conv2D(3, 3, activation="exponential", name="x")],
        "layer 'x' (Conv2D): its activation 'exponential' cannot be expressed: it grows faster "
        "than any combination of TensorFlow.js' layers. Remedy: use softplus or elu",
    ),
    "activation-sparsemax": (
        lambda L: [L.Activation("sparsemax", name="x")],
        "layer 'x' (Activation): its activation 'sparsemax' cannot be expressed: it sorts",
    ),
    "resizing-antialias": (
        lambda L: [L.Resizing(5, 5, antialias=True, name="x")],
        "layer 'x' (Resizing): its antialias is on. Remedy: use antialias=False",
    ),
    "resizing-area": (
        lambda L: [L.Resizing(5, 5, interpolation="area", name="x")],
        "layer 'x' (Resizing): its interpolation is 'area'. Remedy: use 'nearest', 'bilinear'",
    ),
    "time-distributed": (
        lambda L: [L.TimeDistributed(L.Conv1D(3, 3), name="x")],
        "layer 'x' (TimeDistributed): it repeats a Conv1D over time, and a picture has none. "
        "Remedy: use the layer itself",
    ),
    "recurrent": (
        lambda L: [L.Reshape((13, 30)), L.LSTM(4, name="x"), L.Reshape((1, 1, 4))],
        "layer 'x' (LSTM): recurrent layers read sequences step by step and are not expressed. "
        "Remedy: use convolutions, pooling or attention",
    ),
    "lambda": (
        lambda L: [L.Lambda(lambda x: x * 2, output_shape=(13, 10, 3), name="x")],
        "layer 'x' (Lambda): it holds Python code, which no browser runs. Remedy: write it with "
        "keras.ops",
    ),
    "volume": (
        lambda L: [L.Reshape((13, 10, 3, 1)), L.Conv3D(2, 1, name="x"), L.Reshape((13, 10, 6))],
        "layer 'x' (Conv3D): it works on volumes or films, and a picture is neither. "
        "Remedy: use its 2D form",
    ),
    "contrast": (
        lambda L: [L.AutoContrast(value_range=(-1, 1), name="x")],
        "layer 'x' (AutoContrast): it computes histograms of each picture",
    ),
    "random-crop": (
        lambda L: [L.RandomCrop(13, 10, name="x")],
        "layer 'x' (RandomCrop): outside training Keras leaves the picture as it is",
    ),
}


@pytest.mark.parametrize("name", BY_SETTING)
def test_what_cannot_be_right_is_refused(name: str, keras: Any, tmp_path: Path) -> None:
    """The refusal names layer, class, reason and remedy, and nothing is written."""
    layers, message = BY_SETTING[name]

    with pytest.raises(ExportError) as error:
        export(
            zoo.around(keras, *layers(keras.layers)),
            tmp_path / "model",
            class_names=zoo.CLASS_NAMES,
        )

    assert message in str(error.value)
    assert list(tmp_path.iterdir()) == []


OPERATIONS: dict[str, tuple[Any, str]] = {
    "divide-by-tensor": (
        lambda keras, x: 1 / x,
        "(operation:TrueDivide): it divides by a tensor, and no layer of TensorFlow.js does",
    ),
    "batch-mean": (
        lambda keras, x: x - keras.ops.mean(x, axis=0, keepdims=True),
        "(operation:Mean): its axis=0 takes in the batch, whose pictures must not mix",
    ),
    "all-mean": (
        lambda keras, x: x - keras.ops.mean(x, keepdims=True),
        "(operation:Mean): its axis=None takes in the batch",
    ),
    "batch-slice": (
        lambda keras, x: keras.ops.concatenate([x, x[::1, :, :]], axis=1)[:, 0:0],
        "(operation:GetItem): it takes some pictures of the batch",
    ),
    "batch-order": (
        lambda keras, x: keras.ops.transpose(x, (1, 0, 2, 3)),
        "(operation:Transpose): its axes=(1, 0, 2, 3) move the batch",
    ),
    "negative-threshold": (
        lambda keras, x: keras.activations.relu(x, threshold=-0.5),
        "(ReLU): its threshold -0.5 is negative. Remedy: use threshold=0",
    ),
    "power": (
        lambda keras, x: keras.ops.abs(x) ** 0.3,
        "(operation:Power): its exponent is not 1, 2, 3 or 4",
    ),
    "unknown": (
        lambda keras, x: keras.ops.sin(x),
        "(operation:Sin): no rewriter knows this layer. Remedy: replace it, or register a "
        "rewriter for it (docs/export.md)",
    ),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_that_cannot_be_right_are_refused(name: str, keras: Any, tmp_path: Path) -> None:
    """An operation on tensors that mixes pictures or has no equal is refused by name."""
    operation, message = OPERATIONS[name]
    inputs = keras.Input(zoo.INPUT_SHAPE)
    x = operation(keras, keras.layers.Rescaling(1 / 255)(inputs))
    pooled = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(4)(pooled))

    with pytest.raises(ExportError) as error:
        export(model, tmp_path / "model", class_names=zoo.CLASS_NAMES)

    assert message in str(error.value)


def _layer_classes(keras: Any) -> set[str]:
    """Every class of keras.layers, by the name that its configuration carries."""
    found = [item for _, item in inspect.getmembers(keras.layers, inspect.isclass)]
    return {item.__name__ for item in found} - NOT_IN_MODELS


def test_every_layer_of_keras_is_expressed_or_refused(keras: Any) -> None:
    """A layer that a new Keras brings is noticed: it is in neither table."""
    known = set(REWRITERS) | set(REFUSED)

    assert sorted(_layer_classes(keras) - known) == []
    assert sorted(set(REFUSED) & set(REWRITERS)) == []


def test_every_activation_of_keras_is_expressed_or_refused(keras: Any) -> None:
    """An activation that a new Keras brings is noticed: it is in none of the tables."""
    functions = {
        name
        for name, item in inspect.getmembers(keras.activations, inspect.isfunction)
        if name not in ("deserialize", "get", "serialize")
    }
    known = {*activations.NATIVE, *activations.COMPOSED, *activations.REFUSED_ACTIVATIONS}

    assert sorted(functions - known) == []


def _spelling(name: str) -> str:
    return name.removeprefix("operation:").replace("_", "").lower()


def test_the_document_names_what_is_expressed_and_refused() -> None:
    """Every layer, activation and operation of the tables stands in docs/export.md."""
    text = DOCUMENT.read_text(encoding="utf-8")
    # Operations by their functions in keras.ops: `space_to_depth` is the class SpaceToDepth.
    written = {_spelling(word) for word in re.findall(r"`([A-Za-z0-9_]+)[`(]", text)}
    written |= {"layernorm", "rmsnorm"} if "layernormalization" in written else set()
    # Layers of keras.applications' own, and names that stand in no model of a user.
    private = {"CustomScaleLayer", "LayerScale", "GroupedQueryAttention", "Layer", "Wrapper"}
    names = {*REWRITERS, *REFUSED, *activations.NATIVE, *activations.COMPOSED}
    names |= set(activations.REFUSED_ACTIVATIONS)

    missing = sorted(name for name in names - private if _spelling(name) not in written)
    assert missing == []
