"""Many pictures answered by a run's Keras model: compiled once, the same answers as elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.pictures import write_noise

from kerasport import models
from kerasport.answerer import open_answerer
from kerasport.bulk import BulkOptions, batches, predict_many
from kerasport.errors import UsageError
from kerasport.preprocess import ImageSpec, preprocess

pytestmark = pytest.mark.keras

CLASS_NAMES = ("x", "y", "z")
SPEC = ImageSpec(height=6, width=5)


@pytest.fixture(scope="module")
def run(keras: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A small model with logits, and what a run says about it."""
    keras.utils.set_random_seed(3)
    layers = [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(3),
    ]
    folder = tmp_path_factory.mktemp("run")
    keras.Sequential([keras.Input((6, 5, 3)), *layers]).save(folder / "model.keras")
    description = SimpleNamespace(image_spec=SPEC, class_names=CLASS_NAMES, labels_output=None)
    return SimpleNamespace(
        path=folder,
        model_path=folder / "model.keras",
        description=description,
        novelty_scale=None,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch and a bit of pictures, one of them none."""
    return write_noise(tmp_path_factory.mktemp("photos"), 40, broken=5)


def test_a_run_answers_a_table_through_keras(run: Any, folder: Path, tmp_path: Path) -> None:
    """Each row holds what the model gives for its picture alone, probabilities of logits too."""
    out = tmp_path / "out.jsonl"

    summary = predict_many(run, [folder], out)

    model = models.load_model(run.model_path)
    assert (summary.answered_by, summary.pictures, summary.unreadable) == ("keras", 40, 1)
    for line in map(json.loads, out.read_text("utf-8").splitlines()):
        if "error" in line:
            assert line["name"].endswith("05.png")
            continue
        pixels = preprocess(Path(line["name"]), SPEC)[None]
        expected = models.probabilities(model, pixels)[0]
        told = np.array([line["probabilities"][name] for name in CLASS_NAMES], np.float32)
        np.testing.assert_allclose(told, expected, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 32, 70])
def test_the_compiled_model_takes_any_number(count: int, run: Any) -> None:
    """Batches that are filled up answer for what was asked alone, in its order."""
    pixels = np.random.default_rng(2).integers(0, 256, (count, 6, 5, 3), dtype=np.uint8)

    answers = open_answerer(run).judge(pixels).probabilities

    expected = models.probabilities(models.load_model(run.model_path), pixels)
    assert answers.shape == (count, 3)
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, expected, atol=1e-6)


def test_batches_may_be_answered_by_a_run(
    run: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The callable for clusters takes a run as it takes a bundle."""
    monkeypatch.setattr(batches, "open_source", lambda path: run)
    paths = sorted(folder.iterdir())[:7]

    told: Any = batches.BatchClassifier(run.path)({"image": [str(path) for path in paths]})

    assert [each is None for each in told["error"]] == [path.name != "05.png" for path in paths]


def test_an_engine_of_bundles_is_wrong_usage_for_a_run(
    run: Any, folder: Path, tmp_path: Path
) -> None:
    """It is told before the model is loaded."""
    with pytest.raises(UsageError, match="answers through Keras"):
        predict_many(run, [folder], tmp_path / "o.csv", options=BulkOptions(engine="wasm"))
