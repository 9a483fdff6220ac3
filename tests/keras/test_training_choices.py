"""Recipes and options, each trained for a moment: what is chosen is what happens."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.listening import Listening
from support.pictures import write_class_folders

import kerasport
from kerasport import models
from kerasport.cli import main
from kerasport.dataset import decode_dataset, read_data
from kerasport.errors import DataError, ExportError
from kerasport.exporter import export
from kerasport.recipes import RECIPES, get_recipe
from kerasport.runs.run import Run
from kerasport.training import TrainingOptions, train
from kerasport.training.fitting.compiling import learning_rate
from kerasport.training.fitting.phase import Phase

pytestmark = pytest.mark.keras

FAST = TrainingOptions(epochs=6, patience=6, image_size=(8, 12), augment=False, batch_size=16)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes that differ in brightness, one of them three times as large."""
    return write_class_folders(tmp_path_factory.mktemp("data"), {"dark": 60, "light": 20})


def history(run: Run) -> dict[str, Any]:
    """Return the figures per epoch."""
    content: dict[str, Any] = json.loads(run.history_path.read_text())
    return content


@pytest.mark.parametrize("name", sorted(set(RECIPES) - {"digits", "folder", "transfer"}))
def test_every_recipe_trains_and_exports(name: str, data: Path, tmp_path: Path) -> None:
    """One epoch on small pictures ends in a bundle that answers like Keras.

    The three others are trained in tests of their own.
    """
    recipe = get_recipe(name)
    options = TrainingOptions(epochs=1, image_size=(32, 32))

    run = train(recipe, out=tmp_path / name, data=data, options=options)
    bundle = export(run, tmp_path / "bundle")

    assert run.description.training is not None
    assert run.description.training.recipe == name
    assert run.description.color_mode == recipe.color_mode
    assert bundle.metadata.class_names == ["dark", "light"]
    assert (run.path / "tensorboard").is_dir() == recipe.tensorboard


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("step", [1, 1, 0.1, 0.1, 0.01, 0.01]),
        ("cosine", [1, 0.9337, 0.7525, 0.505, 0.2575, 0.0763]),
    ],
)
def test_the_learning_rate_follows_its_schedule(schedule: Any, expected: list[float]) -> None:
    """The rate at the first step of each epoch, as a part of the first."""
    recipe = replace(get_recipe("mnist"), schedule=schedule).settle(
        architecture="dense", image_size=(28, 28), color_mode="grayscale", batch_size=32
    )
    phase = Phase(0, "Training", None, [], np.empty((0,)), epochs=6, learning_rate=2e-3)

    rate = learning_rate(phase, recipe, steps=7)

    # The expected values are written with four digits.
    found = [float(rate(7 * epoch)) / 2e-3 for epoch in range(6)]
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_plateau_lowers_the_learning_rate(data: Path, tmp_path: Path) -> None:
    """A fifth, once the validation loss has not fallen for half of the patience."""
    # So small a rate that float32 weights hardly move: no epoch is better than the first.
    options = replace(FAST, epochs=5, patience=4, schedule="plateau", learning_rate=1e-30)

    run = train(get_recipe("folder"), out=tmp_path / "run", data=data, options=options)

    rates = [rate / 1e-30 for rate in history(run)["learningRate"]]
    assert rates == pytest.approx([1, 1, 0.2, 0.2, 0.04])


def test_balanced_class_weights_make_classes_count_alike() -> None:
    """The weights are scikit-learn's: pictures / (classes * pictures of the class)."""
    from kerasport.training.fitting.phases import _class_weights

    assert _class_weights(np.array([0, 0, 0, 1]), 2) == {0: 4 / 6, 1: 4 / 2}


def test_class_weights_and_label_smoothing_reach_the_loss(data: Path, tmp_path: Path) -> None:
    """The loss of a first step over all pictures is the one that the formulas give."""
    options = TrainingOptions(
        architecture="dense",
        image_size=(8, 12),
        augment=False,
        epochs=1,
        batch_size=1000,
        class_weights="balanced",
        label_smoothing=0.2,
    )
    recipe = options.apply(get_recipe("folder"))
    dataset = read_data(data, options=options.read_options(recipe))

    run = train(get_recipe("folder"), out=tmp_path / "run", data=data, options=options)

    pixels, labels = decode_dataset(dataset, run.image_spec).split("train")
    untrained = models.build("dense", input_shape=(8, 12, 3), num_classes=2, seed=recipe.seed)
    answers = models.probabilities(untrained, pixels)
    counts = np.bincount(labels)
    weights = len(labels) / (2 * counts)
    targets = np.eye(2)[labels] * 0.8 + 0.2 / 2
    expected = (weights[labels] * -(targets * np.log(answers)).sum(axis=1)).mean()
    # float32 against float64 sums over some sixty pictures.
    assert history(run)["loss"][0] == pytest.approx(expected, rel=1e-5)


def test_mixed_precision_leaves_a_float32_model(data: Path, tmp_path: Path, keras: Any) -> None:
    """Weights and policies of the saved model are float32, and the global policy is as before."""
    progress = Listening()
    options = replace(FAST, epochs=1, mixed_precision=True)

    run = train(
        get_recipe("folder"), out=tmp_path / "run", data=data, options=options, progress=progress
    )

    model = models.load_model(run.model_path)
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert {str(weight.dtype) for weight in model.weights} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"
    assert any("mixed precision makes a training slower here" in line for line in progress.warned)


def test_one_line_trains_and_another_exports(data: Path, tmp_path: Path) -> None:
    """`train_classifier` chooses what is not given, says and records it; `export` takes it."""
    progress = Listening()

    classifier = kerasport.train_classifier(data, epochs=3, out=tmp_path / "run", progress=progress)
    bundle = kerasport.export(classifier, tmp_path / "bundle")

    assert classifier.class_names == ("dark", "light")
    assert tuple(bundle.metadata.class_names) == classifier.class_names
    assert classifier.evaluation is not None
    metrics = classifier.run.description.metrics
    assert metrics is not None
    assert classifier.evaluation.accuracy == metrics.test_accuracy
    picture = next((data / "light").iterdir())
    answer = classifier.predict(picture)
    assert answer.probabilities.sum() == pytest.approx(1, abs=1e-6)
    record = json.loads((classifier.run.path / "recipe.json").read_text())
    assert set(record["choices"]) == {"architecture", "batchSize", "colorMode", "imageSize"}
    assert set(record["choices"].values()) <= set(progress.said)
    assert record["recipe"]["architecture"] == "pooled_cnn"
    assert record["recipe"]["batchSize"] == 8
    with pytest.raises(ExportError, match="A run brings its class names"):
        kerasport.export(classifier, tmp_path / "other", class_names=["a", "b"])


def test_one_line_takes_some_classes_and_validation_pictures_apart(tmp_path: Path) -> None:
    """Classes that are not named stay out; the other folder is validation, all of it."""
    write_class_folders(tmp_path / "train", {"a": 20, "b": 20, "c": 20})
    write_class_folders(tmp_path / "more", {"a": 6, "b": 6}, seed=1)

    classifier = kerasport.train_classifier(
        tmp_path / "train",
        image_size=16,
        classes=["b", "a"],
        batch_size=500,
        epochs=1,
        validation_directory=tmp_path / "more",
        out=tmp_path / "run",
        progress=Listening(),
    )

    training = classifier.run.description.training
    assert training is not None
    assert classifier.class_names == ("a", "b")
    assert training.counts.validation == [6, 6]
    assert sum(training.counts.train) + sum(training.counts.test) == 40
    record = json.loads((classifier.run.path / "recipe.json").read_text())
    assert record["recipe"]["batchSize"] == sum(training.counts.train)
    (tmp_path / "both").mkdir()
    (tmp_path / "train").rename(tmp_path / "both" / "train")
    write_class_folders(tmp_path / "both" / "val", {"a": 6, "b": 6, "c": 6}, seed=2)
    with pytest.raises(DataError, match="has validation pictures of its own"):
        kerasport.train_classifier(
            tmp_path / "both",
            validation_directory=tmp_path / "more",
            out=tmp_path / "other",
            progress=Listening(),
        )


def test_arrays_are_trained_on_like_folders(tmp_path: Path) -> None:
    """Pixels in memory make a run with sample pictures and an evaluation."""
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 2
    pixels = (generator.integers(0, 100, (60, 12, 12)) + 120 * labels[:, None, None]).astype(
        np.uint8
    )

    classifier = kerasport.train_classifier(
        (pixels, labels), epochs=2, out=tmp_path / "run", progress=Listening()
    )

    assert classifier.run.description.color_mode == "grayscale"
    assert classifier.evaluation is not None
    assert len(classifier.run.samples) == 2


def test_resuming_takes_no_other_choices(capsys: pytest.CaptureFixture[str]) -> None:
    """The unfinished training has its own; exit code 2, naming what to leave out."""
    with pytest.raises(SystemExit) as stop:
        main(["train", "--resume", "runs/none", "--epochs", "3", "--force"])

    assert stop.value.code == 2
    message = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "leave out --epochs, --force" in message
