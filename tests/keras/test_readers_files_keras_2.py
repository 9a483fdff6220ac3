"""Files that Keras 2 saved: the bundle answers like tf_keras."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from support.model_files import (
    TOLERANCE,
    exported,
    needs_tf_keras,
)

from kerasport.errors import ExportError, ModelError
from kerasport.exporter.answering import reference_of
from kerasport.exporter.readers import read_model, tf_keras_models

pytestmark = pytest.mark.keras


@needs_tf_keras
@pytest.mark.parametrize("name", ["model.h5", "model.keras", "saved"])
def test_files_of_keras_2_answer_like_tf_keras(
    name: str, legacy: tuple[Path, Any], tmp_path: Path
) -> None:
    """HDF5, archive and SavedModel give tf_keras' probabilities, and tf_keras is the measure."""
    folder, expected = legacy

    model = read_model(folder / name)

    assert reference_of(model).name.startswith("tf_keras 2.")
    assert model.notes == ()
    np.testing.assert_allclose(exported(model, tmp_path / "out"), expected, rtol=0, atol=TOLERANCE)


@needs_tf_keras
@pytest.mark.parametrize("name", ["model.h5", "model.keras", "saved"])
def test_without_tf_keras_the_layers_answer_for_themselves(
    name: str, legacy: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of Keras 2 are read without tf_keras too, and the output says what compared."""
    folder, expected = legacy
    monkeypatch.setitem(sys.modules, "tf_keras", None)

    model = read_model(folder / name)

    assert reference_of(model).name == "the layers as they were read, run in numpy"
    assert "pip install 'kerasport[legacy]'" in model.notes[0]
    np.testing.assert_allclose(exported(model, tmp_path / "out"), expected, rtol=0, atol=TOLERANCE)


@needs_tf_keras
def test_a_lambda_layer_is_refused_unread(tmp_path: Path) -> None:
    """Code in a file is neither run nor guessed at; the layer is named with a way out."""
    keras = tf_keras_models.import_tf_keras()
    model = keras.Sequential(
        [keras.Input((4, 4, 3)), keras.layers.Lambda(lambda x: x / 255, name="scale")]
    )
    for name in ("model.h5", "model.keras", "saved"):
        model.save(tmp_path / name)

        with pytest.raises(ExportError, match=r"layer '.*' \(Lambda\): it holds Python code"):
            read_model(tmp_path / name)


@needs_tf_keras
def test_weights_alone_are_refused(legacy: tuple[Path, Any]) -> None:
    """A file of weights says what it lacks, and what to do."""
    with pytest.raises(ModelError, match=r"holds weights without a model\. Expected a whole"):
        read_model(legacy[0] / "only.weights.h5")


@needs_tf_keras
def test_a_saved_model_without_layers_is_refused(keras: Any, tmp_path: Path) -> None:
    """What model.export() writes holds functions only; the message says what to save instead."""
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten()])
    model.export(tmp_path / "saved", verbose=False)

    with pytest.raises(ModelError, match=r"holds functions without layers.*save it as a \.keras"):
        read_model(tmp_path / "saved")


@needs_tf_keras
def test_a_renamed_layer_keeps_its_weights(tmp_path: Path) -> None:
    """Keras 2 lets a layer be renamed after its weights were named; the group's name counts."""
    keras = tf_keras_models.import_tf_keras()
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Dense(2, name="old")])
    model.layers[0]._name = "new"
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5") as file:
        assert list(file["model_weights"]["new"]) == ["old"]

    graph = read_model(tmp_path / "model.h5").graph

    np.testing.assert_array_equal(graph.nodes["new"].weights["kernel"], model.weights[0].numpy())
