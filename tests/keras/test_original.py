"""The original of a model out of a file, built anew: it is the model, in float32 and in float64."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import hostile, zoo
from support.model_files import PIXELS, needs_tf_keras, randomise

from kerasport.errors import KerasportError, ModelError
from kerasport.exporter import export
from kerasport.exporter.answering import build_original, reference_of
from kerasport.exporter.answering.rewriting import Rewriting
from kerasport.exporter.readers import StoredModel, read_model, tf_keras_models

pytestmark = [
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
]

# One for each way in which layers hold variables, are wrapped, called or set.
MODELS = [
    *("conv", "separable", "batch-normalization", "group-normalization", "layer-normalization"),
    *("normalization-axes", "prelu", "spectral", "time-distributed", "pipeline", "augmentation"),
    *("einsum-dense", "attention-heads", "attention-grouped", "attention-concat", "shared-layer"),
    *("nested", "nested-functional", "nested-output", "operation-conv", "operation-index"),
    *("operation-per-place", "operation-cast", "operation-pad", "layer-matmul", "resizing"),
]

# TensorFlow's kernels for these compute in float32 whatever they are given.
FLOAT32_ONLY = {"resizing"}


def stored(path: Path) -> StoredModel:
    original = read_model(path).original
    assert isinstance(original, StoredModel)
    return original


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_the_same_when_it_is_built_anew(name: str, keras: Any, tmp_path: Path) -> None:
    """Its answers are those of the model that was saved, to the last bit."""
    model = zoo.build(name, keras)
    model.save(tmp_path / "model.keras")

    built = build_original(stored(tmp_path / "model.keras"))

    expected = np.asarray(model(PIXELS.astype(np.float32), training=False))
    received = np.asarray(built(PIXELS.astype(np.float32), training=False))
    np.testing.assert_array_equal(received, expected)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_built_in_double_precision(name: str, keras: Any, tmp_path: Path) -> None:
    """Every layer computes in float64, and the answers differ by float32's rounding only."""
    model = zoo.build(name, keras)
    model.save(tmp_path / "model.keras")

    built = build_original(stored(tmp_path / "model.keras"), "float64")

    kinds = {str(layer.output.dtype) for layer in built.layers if layer.output.dtype != "int32"}
    assert kinds == {"float64"} or name in FLOAT32_ONLY
    received = np.asarray(built(PIXELS.astype(np.float64), training=False))
    expected = np.asarray(model(PIXELS.astype(np.float32), training=False))
    assert received.dtype == np.float64
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-5)
    if name not in FLOAT32_ONLY:
        # Values of float32 in float64 would be equal to their own rounding.
        assert (received != received.astype(np.float32)).any()


@needs_tf_keras
@pytest.mark.parametrize("name", ["model.h5", "model.keras", "saved"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_files_of_keras_2_are_built_anew(
    name: str, dtype: Any, legacy: tuple[Path, Any], tmp_path: Path
) -> None:
    """HDF5, archive and SavedModel give the model that was saved, in either precision."""
    folder, expected = legacy

    built = build_original(stored(folder / name), dtype)

    pixels = (PIXELS / np.float32(127.5) - 1).astype(dtype)
    received = np.asarray(built(pixels, training=False))
    assert received.dtype == dtype
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-6)


@needs_tf_keras
@pytest.mark.parametrize("name", ["model.h5", "model.keras", "saved"])
def test_attention_of_keras_2_keeps_its_weights_apart(name: str, tmp_path: Path) -> None:
    """Query, key and value have weights of one name; none takes another's place."""
    keras = tf_keras_models.import_tf_keras()
    layers = keras.layers
    inputs = keras.Input((8, 8, 3))
    x = layers.Reshape((16, 12))(layers.Rescaling(1 / 255)(inputs))
    x = layers.MultiHeadAttention(2, 4)(x, x)
    model = randomise(
        keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))
    )
    model.save(tmp_path / name)
    pixels = PIXELS[:, :8, :8].astype(np.float32)

    built = build_original(stored(tmp_path / name))

    np.testing.assert_allclose(
        np.asarray(built(pixels)), np.asarray(model(pixels)), rtol=0, atol=1e-6
    )
    export(tmp_path / name, tmp_path / "out", class_names=["a", "b", "c"])


def test_settings_of_training_are_not_looked_at(keras: Any, tmp_path: Path) -> None:
    """A setting that only an older Keras knew does not matter where the layer does nothing."""
    model = zoo.build("augmentation", keras)
    model.save(tmp_path / "new.keras")
    with (
        zipfile.ZipFile(tmp_path / "new.keras") as new,
        zipfile.ZipFile(tmp_path / "old.keras", "w") as old,
    ):
        for member in new.namelist():
            content = new.read(member)
            if member == "config.json":
                config = json.loads(content)
                for layer in config["config"]["layers"]:
                    if layer["class_name"] == "RandomRotation":
                        layer["config"]["value_range"] = [0, 255]
                content = json.dumps(config).encode()
            old.writestr(member, content)

    bundle = export(tmp_path / "old.keras", tmp_path / "out", class_names=zoo.CLASS_NAMES)

    assert bundle.compared_with.startswith("Keras 3.")


def test_a_setting_that_keras_does_not_know_is_named(tmp_path: Path) -> None:
    """Leaving it out of the original as well would hide that it is left out of the export."""
    place = hostile.Place(tmp_path, tmp_path / "canary")
    config = hostile.classifier(hostile.layer("ReLU", "relu", slope_of_tomorrow=0.5))
    path = hostile.archive(place, config)

    with pytest.raises(ModelError, match=r"'slope_of_tomorrow' of a ReLU is none of keras 3\."):
        reference_of(read_model(path)).probabilities(np.zeros((1, 4, 4, 3)))


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (hostile.layer("StringLookup", "words", vocabulary="/etc/passwd"), "layer 'StringLookup'"),
        (hostile.layer("TFSMLayer", "saved", filepath="/etc"), "layer 'TFSMLayer'"),
        (
            {**hostile.layer("VectorizedMap", "map"), "module": "keras.src.ops.core"},
            "operation 'VectorizedMap'",
        ),
    ],
    ids=["words", "saved", "operation"],
)
def test_nothing_is_built_that_is_not_expressed(layer: Any, named: str, keras: Any) -> None:
    """Layers of Keras that read files are not made, whoever asks."""
    with pytest.raises(ModelError, match=f"The {named} is none that is expressed"):
        Rewriting(keras, keras_2=False, dtype="float32").layer(layer)


@pytest.mark.parametrize("seed", range(60))
def test_damaged_models_are_exported_or_refused(seed: int, tmp_path: Path) -> None:
    """Whatever passes the readers is built, run and compared without a traceback."""
    (tmp_path / "in").mkdir()
    place = hostile.Place(tmp_path / "in", tmp_path / "canary")
    model = hostile.mutated(hostile.valid_models()[seed % 3], 1_000 + seed)
    path = hostile.write_valid(place, model)

    try:
        bundle = export(path, tmp_path / "out", class_names=["a", "b"])
    except KerasportError:
        assert not (tmp_path / "out").exists()
    else:
        assert bundle.metadata.class_names == ["a", "b"]
