"""Every layer that the exporter claims: Keras against the written files, read back in numpy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo

from kerasport.bundle import Bundle
from kerasport.errors import ExportError
from kerasport.exporter import export
from kerasport.exporter.lowering.layers import activations
from kerasport.runtime import Runtime

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("name", zoo.names())
def test_the_exported_model_predicts_like_keras(name: str, exported_zoo: Any) -> None:
    """The bundle gives Keras' probabilities on random pixels, in batches of two sizes."""
    expected = exported_zoo.answers(name)

    bundle = Bundle.open(exported_zoo.folder / name)
    received = Runtime(bundle).predict(exported_zoo.pixels, batch_size=2)

    assert expected.std(axis=1).min() > 1e-3, "a uniform answer would hide a difference"
    # float32 on both sides; the order of the sums differs.
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-6)


def test_training_only_layers_are_dropped(keras: Any, tmp_path: Path) -> None:
    """Neither augmentation nor dropout leaves a trace in the topology."""
    bundle = export(zoo.build("augmentation", keras), tmp_path / "a", class_names=zoo.CLASS_NAMES)

    layers = bundle.model()["modelTopology"]["model_config"]["config"]["layers"]
    assert [layer["class_name"] for layer in layers] == [
        "InputLayer",
        "Rescaling",
        "GlobalAveragePooling2D",
        "Dense",
    ]


def test_a_model_of_logits_gets_a_softmax(keras: Any, tmp_path: Path) -> None:
    """Logits leave as probabilities, and the metadata says so."""
    bundle = export(zoo.build("logits", keras), tmp_path / "a", class_names=zoo.CLASS_NAMES)

    layers = bundle.model()["modelTopology"]["model_config"]["config"]["layers"]
    assert layers[-1]["class_name"] == "Softmax"
    assert bundle.metadata.output.activation == "softmax"


@pytest.mark.parametrize("ending", ["sigmoid", "logit", "activation-layer"])
def test_a_single_output_becomes_two_probabilities(ending: str, keras: Any, tmp_path: Path) -> None:
    """A binary classifier's one output leaves as one probability for each of two classes."""
    keras.utils.set_random_seed(6)
    layers = [keras.Input(zoo.INPUT_SHAPE), keras.layers.Rescaling(1 / 255), keras.layers.Flatten()]
    layers.append(keras.layers.Dense(1, activation="sigmoid" if ending == "sigmoid" else None))
    if ending == "activation-layer":
        layers.append(keras.layers.Activation("sigmoid"))
    model = keras.Sequential(layers)
    pixels = np.random.default_rng(1).integers(0, 256, (5, *zoo.INPUT_SHAPE), dtype=np.uint8)

    bundle = export(model, tmp_path / "model", class_names=["no", "yes"])
    received = Runtime(bundle).predict(pixels)

    answer = np.asarray(model(pixels.astype(np.float32)))[:, 0]
    expected = 1 / (1 + np.exp(-answer)) if ending == "logit" else answer
    # float32 on both sides; the order of the sums differs.
    np.testing.assert_allclose(received[:, 1], expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(received.sum(axis=1), 1, rtol=0, atol=1e-6)


def test_mixed_precision_leaves_as_float32(keras: Any, tmp_path: Path) -> None:
    """A model that computes in float16 is written with float32 weights and layers."""
    keras.utils.set_random_seed(4)
    model = keras.Sequential(
        [
            keras.Input(zoo.INPUT_SHAPE),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, dtype="float16"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(4, activation="softmax", dtype="float32"),
        ]
    )
    from kerasport.exporter.lowering import lower
    from kerasport.exporter.readers import read_keras_model
    from kerasport.exporter.write import write_model

    write_model(lower(read_keras_model(model)), tmp_path, generated_by="test")

    text = (tmp_path / "model.json").read_text()
    assert "float16" not in text
    kernel = model.layers[1].get_weights()[0].astype("<f4").tobytes()
    assert kernel in (tmp_path / "group1-shard1of1.bin").read_bytes()


def test_two_exports_are_byte_identical(keras: Any, tmp_path: Path) -> None:
    """The same model exported twice gives the same files, byte for byte."""
    model = zoo.build("conv", keras)
    for name in ("one", "two"):
        export(model, tmp_path / name, class_names=zoo.CLASS_NAMES)

    one, two = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in files if path.is_file()}
        for name in ("one", "two")
        for files in [(tmp_path / name).rglob("*")]
    )
    assert one == two
    assert len(one) >= 6


@pytest.mark.parametrize("activation", [None, "hard_silu"])
def test_a_model_without_rescaling_is_refused(
    activation: str | None, keras: Any, tmp_path: Path
) -> None:
    """A front end would have to guess the scaling, so the model must bring it.

    hard_silu is expressed with Rescaling layers, which are not the input's.
    """
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(2, 3, activation=activation),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )

    with pytest.raises(ExportError, match="has no Rescaling layer"):
        export(model, tmp_path / "model", class_names=["a", "b"])


def test_the_number_of_names_must_fit(keras: Any, tmp_path: Path) -> None:
    """Four outputs and three names are refused."""
    with pytest.raises(ExportError, match="has 4 outputs, but there are 3 class names"):
        export(zoo.build("conv", keras), tmp_path / "model", class_names=["a", "b", "c"])


def test_what_the_engine_answers_otherwise_cannot_leave(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is compared beside numpy: where it departs, the message says so."""

    class Wrong:
        def predict(self, pixels: Any) -> Any:
            return np.full((len(pixels), 4), 0.25, np.float32)

    monkeypatch.setattr("kerasport.exporter.pipeline.engine_for", lambda bundle: Wrong())

    with pytest.raises(ExportError, match="The exported model, run by the engine, differs from"):
        export(zoo.build("conv", keras), tmp_path / "model", class_names=zoo.CLASS_NAMES)

    assert not (tmp_path / "model").exists()


def test_a_silently_wrong_layer_cannot_leave(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a rewriter is wrong, reading the files back finds it and the old bundle stays."""

    export(zoo.build("conv", keras), tmp_path / "model", class_names=zoo.CLASS_NAMES)
    before = (tmp_path / "model" / "metadata.json").read_bytes()
    monkeypatch.setitem(activations.NATIVE, "silu", "relu")

    with pytest.raises(ExportError, match=r"differs from Keras .*by .* Nothing was put in place"):
        export(
            zoo.build("activation-silu", keras),
            tmp_path / "model",
            class_names=zoo.CLASS_NAMES,
            force=True,
        )

    assert (tmp_path / "model" / "metadata.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_an_existing_bundle_needs_force(keras: Any, tmp_path: Path) -> None:
    """A bundle is replaced only when asked for."""
    model = zoo.build("conv", keras)
    export(model, tmp_path / "model", class_names=zoo.CLASS_NAMES)

    with pytest.raises(ExportError, match="Replace it with --force"):
        export(model, tmp_path / "model", class_names=zoo.CLASS_NAMES)
    export(model, tmp_path / "model", class_names=zoo.CLASS_NAMES, force=True)


def test_a_foreign_folder_is_never_replaced(keras: Any, tmp_path: Path) -> None:
    """A folder that holds something else is left alone, even with force."""
    (tmp_path / "thesis.txt").write_text("precious")

    with pytest.raises(ExportError, match="is not a bundle, so it is left as it is"):
        export(zoo.build("conv", keras), tmp_path, class_names=zoo.CLASS_NAMES, force=True)

    assert (tmp_path / "thesis.txt").read_text() == "precious"
