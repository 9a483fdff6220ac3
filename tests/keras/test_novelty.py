"""Strange pictures in a run and in its bundle: the same number from the same features."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.listening import Listening
from support.pictures import write_class_folders
from support.run_variables import variables_of

from kerasport import models
from kerasport.bulk import predict_many
from kerasport.bundle import Bundle, NoveltyScale
from kerasport.exporter import export
from kerasport.prediction import Prediction, predict_each
from kerasport.recipes import get_recipe
from kerasport.runs import Run
from kerasport.training import TrainingOptions, completion, train
from kerasport.training.novelty import NoveltyOutcome

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes, with enough pictures to measure on."""
    folder = tmp_path_factory.mktemp("data")
    return write_class_folders(folder / "data", {"dark": 110, "light": 110})


def train_on(data: Path, out: Path, progress: Any = None) -> Run:
    return train(
        get_recipe("folder"),
        out=out,
        data=data,
        options=TrainingOptions(epochs=1, image_size=(8, 8)),
        progress=progress or Listening(),
    )


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Trained on them."""
    return train_on(data, tmp_path_factory.mktemp("runs") / "run")


def test_a_bundle_measures_what_keras_measures(run: Run, tmp_path: Path, data: Path) -> None:
    """The exported layers take the same features, and own pictures are familiar to both."""
    exported = export(run, tmp_path / "model")
    pictures = sorted(data.rglob("*.png"))[:40]

    of_run = list(predict_each(run, pictures))
    of_bundle = list(predict_each(Bundle.open(exported.path), pictures, engine="numpy"))

    assert exported.metadata.novelty is not None
    assert (exported.path / "novelty.bin").read_bytes() == (run.path / "novelty.bin").read_bytes()
    novelties = [
        [item.novelty for item in side if isinstance(item, Prediction)]
        for side in (of_run, of_bundle)
    ]
    np.testing.assert_allclose(*novelties, atol=2e-3)
    assert len(set(novelties[0])) > 10
    assert sum(value is not None and value <= 0.95 for value in novelties[0]) >= 32


def test_measuring_changes_nothing_else(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Model, figures and description are those of a training that measures nothing."""
    nothing = NoveltyOutcome(None, "")
    monkeypatch.setattr(completion, "measure_novelty", lambda model, decoded: nothing)

    other = train_on(data, tmp_path / "run")

    for mine, theirs in zip(variables_of(run.path), variables_of(other.path), strict=True):
        assert np.array_equal(mine, theirs)
    assert not (other.path / "novelty.bin").exists()
    described = run.description.model_copy(update={"novelty": None})
    assert described == other.description


def test_how_many_made_strangers_pass_is_said(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where most do, the training says that nothing can be relied upon, and what does better."""
    heard = Listening()
    monkeypatch.setattr(NoveltyScale, "are_familiar", lambda self, novelties: novelties >= 0)

    train_on(data, tmp_path / "run", heard)

    (line,) = [each for each in heard.said if "Strange pictures are told by" in each]
    assert "mixed-up pictures 100% pass for familiar, so that" in line
    assert "do not rely on it. A backbone" in line


def test_too_few_pictures_are_said(tmp_path: Path) -> None:
    """The training goes on without, and says why."""
    data = write_class_folders(tmp_path / "data", {"dark": 20, "light": 20})
    heard = Listening()

    run = train_on(data, tmp_path / "run", heard)

    assert run.novelty_scale is None
    assert any("Strange pictures are not told" in line for line in heard.said)


def dense(inputs: Any, **settings: Any) -> Any:
    return keras.layers.Dense(2, name="last", **settings)(inputs)


def test_features_are_what_the_last_dense_layer_takes() -> None:
    """Dropout before it and the softmax behind it are passed over."""
    inputs = keras.Input((4, 4, 1))
    flat = keras.layers.Flatten()(inputs)
    logits = dense(keras.layers.Dropout(0.5)(flat))
    model = keras.Model(inputs, keras.layers.Softmax()(logits))
    pixels = np.arange(48, dtype=np.uint8).reshape(3, 4, 4, 1)

    watched = models.watch_features(model)

    assert isinstance(watched, models.WatchedModel)
    answers, features = watched.answers(pixels)
    assert watched.layer == "last"
    assert np.array_equal(features, pixels.reshape(3, 16))
    np.testing.assert_allclose(answers, models.probabilities(model, pixels), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda x: keras.layers.GlobalAveragePooling2D()(x), "ends in the layer"),
        (lambda x: keras.layers.Flatten()(dense(x)), "ends in the layer"),
        (lambda x: dense(x), "more than one row"),
        (lambda x: dense(keras.layers.Flatten()(x), activation="relu"), "activation 'relu'"),
    ],
)
def test_models_without_such_a_layer_say_why(make: Any, reason: str) -> None:
    """A clause for people, and no error."""
    inputs = keras.Input((4, 4, 3))

    watched = models.watch_features(keras.Model(inputs, make(inputs)))

    assert isinstance(watched, str)
    assert reason in watched


def test_a_table_of_a_run_has_what_predict_says(run: Run, data: Path, tmp_path: Path) -> None:
    """The compiled model gives its features too."""
    pictures = sorted(data.rglob("*.png"))[:40]
    told = [each for each in predict_each(run, pictures) if isinstance(each, Prediction)]

    predict_many(run, pictures, tmp_path / "answers.jsonl")

    lines = (tmp_path / "answers.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    expected = [each.novelty for each in told]
    # Compiled features may round otherwise: by 1e-6 of distances of some hundred, of which a
    # hundredth of the novelty lies on 0.17 or more. That is 6e-6.
    np.testing.assert_allclose([row["novelty"] for row in rows], expected, atol=1e-4)
    threshold = run.description.novelty.threshold if run.description.novelty else None
    assert [row["familiar"] for row in rows] == [row["novelty"] <= threshold for row in rows]
