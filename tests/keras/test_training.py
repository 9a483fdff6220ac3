"""Training for real, on pictures so small that it takes seconds."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from support.listening import Listening
from support.pictures import write_class_folders

from kerasport import models
from kerasport.dataset import decode_dataset, read_data
from kerasport.errors import DataError, ModelError
from kerasport.evaluation import evaluate
from kerasport.progress import RichProgress
from kerasport.recipes import get_recipe
from kerasport.runs.run import Run
from kerasport.training import TrainingOptions, model, train
from kerasport.training.fitting.batches import batches

pytestmark = pytest.mark.keras

FAST = TrainingOptions(epochs=3, image_size=(8, 12), learning_rate=0.01, augment=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes that differ in brightness."""
    return write_class_folders(tmp_path_factory.mktemp("data"), {"dark": 40, "light": 40})


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the folder recipe; tests must not change it."""
    out = tmp_path_factory.mktemp("runs") / "light"
    return train(get_recipe("folder"), out=out, data=data, options=FAST)


def weights(path: Path) -> list[np.ndarray]:
    """Return the arrays of a saved model."""
    return [np.asarray(array) for array in models.load_model(path).get_weights()]


def test_a_run_holds_everything_that_later_commands_need(run: Run, data: Path) -> None:
    """The description agrees with the data, the options and the recipe."""
    description = run.description
    dataset = read_data(data, options=FAST.read_options(get_recipe("folder")))

    assert (description.name, description.class_names) == ("light", ["dark", "light"])
    assert description.input_shape == (8, 12, 3)
    assert description.rescaling.scale == 1 / 255
    assert description.training is not None
    assert description.training.data_fingerprint == dataset.fingerprint
    assert description.training.counts == dataset.counts
    assert description.training.epochs == 3
    assert {"keras", "kerasport", "numpy", "pillow", "python", "tensorflow"} == set(
        description.training.versions
    )
    assert [label for _, label in run.samples] == ["dark", "light"]
    assert "<!doctype html>" in run.report_page.read_text(encoding="utf-8")


def test_the_recorded_figures_agree_with_each_other(run: Run) -> None:
    """Metadata, history and report name the same epoch and the same accuracies."""
    history = json.loads(run.history_path.read_text())
    report = json.loads(run.report_path.read_text())
    metrics, trained = run.description.metrics, run.description.training

    assert metrics is not None
    assert trained is not None
    assert trained.best_epoch == history["bestEpoch"]
    assert history["bestEpoch"] == 1 + history["validationLoss"].index(
        min(history["validationLoss"])
    )
    assert metrics.validation_accuracy == history["validationAccuracy"][history["bestEpoch"] - 1]
    assert metrics.test_accuracy == report["evaluation"]["accuracy"]
    assert metrics.test_pictures == sum(trained.counts.test)


def test_the_kept_weights_are_those_of_the_best_epoch(tmp_path: Path) -> None:
    """The saved model has the lowest validation loss of the history, not the last one."""
    data = tmp_path / "data"
    write_class_folders(data / "train", {"dark": 40, "light": 40})
    # The other way round: the better the training is learned, the worse the validation becomes.
    write_class_folders(data / "val", {"light": 10, "dark": 10}, seed=1)
    options = replace(FAST, epochs=5, learning_rate=0.02)

    run = train(get_recipe("folder"), out=tmp_path / "run", data=data, options=options)

    pictures = read_data(data, options=options.read_options(get_recipe("folder")))
    pixels, truth = decode_dataset(pictures, run.image_spec).split("validation")
    answers = models.probabilities(models.load_model(run.model_path), pixels)
    loss = -np.log(answers[np.arange(len(truth)), truth]).mean()
    history = json.loads(run.history_path.read_text())
    assert history["bestEpoch"] < history["epochs"]
    assert history["validationLoss"][-1] > min(history["validationLoss"]) + 0.1
    # The loss was computed from logits, in another order.
    assert loss == pytest.approx(min(history["validationLoss"]), abs=1e-4)


def test_deterministic_operations_are_asked_for(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a GPU equal seeds are not enough: TensorFlow is told to use deterministic operations."""
    import tensorflow

    asked: list[bool] = []
    monkeypatch.setattr(
        tensorflow.config.experimental, "enable_op_determinism", lambda: asked.append(True)
    )

    train(get_recipe("folder"), out=tmp_path / "run", data=data, options=replace(FAST, epochs=1))

    assert asked == [True]


def test_equal_seeds_give_equal_models(run: Run, data: Path, tmp_path: Path) -> None:
    """Two trainings with one seed agree in every bit of every weight; another seed differs."""
    again = train(get_recipe("folder"), out=tmp_path / "again", data=data, options=FAST)
    other = train(
        get_recipe("folder"), out=tmp_path / "other", data=data, options=replace(FAST, seed=2)
    )

    first = weights(run.model_path)
    assert all(map(np.array_equal, first, weights(again.model_path)))
    assert not all(map(np.array_equal, first, weights(other.model_path)))


def test_augmentation_is_deterministic_too(data: Path, tmp_path: Path) -> None:
    """With the random layers on, equal seeds still give equal models."""
    options = replace(FAST, augment=None, epochs=2)

    runs = [
        train(get_recipe("folder"), out=tmp_path / name, data=data, options=options)
        for name in ("one", "two")
    ]

    assert all(map(np.array_equal, *(weights(item.model_path) for item in runs)))


def test_evaluating_a_run_repeats_its_test_accuracy(run: Run, data: Path) -> None:
    """The training data is cut again as it was; a labelled folder is measured whole."""
    metrics = run.description.metrics
    assert metrics is not None

    dataset = read_data(data, options=FAST.read_options(get_recipe("folder")))
    pixels, _ = decode_dataset(dataset, run.image_spec).split("test")
    expected = models.probabilities(models.load_model(run.model_path), pixels)

    again = evaluate(run)
    whole = evaluate(run, data=data)

    assert (again.accuracy, again.pictures) == (metrics.test_accuracy, metrics.test_pictures)
    assert np.array_equal(again.confidence, expected.max(axis=1))
    assert whole.pictures == 80
    assert whole.mistakes == () or whole.mistakes[0].path is not None


def test_evaluating_without_the_training_data_says_so(run: Run, tmp_path: Path) -> None:
    """A run that was moved to another machine asks for pictures."""
    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy)
    record = json.loads((copy / "data.json").read_text())
    (copy / "data.json").write_text(json.dumps({**record, "source": str(tmp_path / "gone")}))

    with pytest.raises(DataError, match="are no longer at"):
        evaluate(Run.open(copy))
    (copy / "data.json").unlink()
    with pytest.raises(DataError, match="does not say where the training pictures are"):
        evaluate(Run.open(copy))


def test_evaluating_on_changed_classes_is_refused(run: Run, data: Path, tmp_path: Path) -> None:
    """When the training folder has other classes by now, its labels mean something else."""
    shutil.copytree(run.path, tmp_path / "run")
    write_class_folders(tmp_path / "data", {"dark": 30, "grey": 30, "light": 30})
    record = json.loads((tmp_path / "run" / "data.json").read_text())
    record["source"] = str(tmp_path / "data")
    (tmp_path / "run" / "data.json").write_text(json.dumps(record))

    with pytest.raises(DataError, match="now has the classes dark, grey, light"):
        evaluate(Run.open(tmp_path / "run"))


def test_an_existing_run_is_refused_before_any_work(data: Path, tmp_path: Path) -> None:
    """The target is looked at first, so that no training is lost."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("x")

    with pytest.raises(DataError, match="is not a run of kerasport"):
        train(get_recipe("folder"), out=tmp_path / "run", data=tmp_path / "no such folder")


def test_an_interrupted_training_leaves_the_old_run(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When fitting breaks off, the run that is being replaced stays as it was."""
    out = tmp_path / "run"
    shutil.copytree(run.path, out)

    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "fit", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(get_recipe("folder"), out=out, data=data, options=FAST, force=True)

    assert Run.open(out).description == run.description
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_training_goes_without_validation_and_test_pictures(data: Path, tmp_path: Path) -> None:
    """Nothing is invented: the lowest training loss is kept, and no accuracy is claimed."""
    progress = Listening()
    options = replace(FAST, test_share=0.0, validation_share=0.0, batch_size=500)

    run = train(
        get_recipe("folder"), out=tmp_path / "run", data=data, options=options, progress=progress
    )

    metrics = run.description.metrics
    assert metrics is not None
    assert (metrics.test_accuracy, metrics.validation_accuracy) == (None, None)
    assert metrics.method == "Not measured: the data has no test pictures."
    assert progress.warned == [
        "There are no validation pictures at all.",
        "There are no test pictures at all.",
    ]
    assert "No validation pictures: the epoch with the lowest training loss is kept." in (
        progress.said
    )
    with pytest.raises(DataError, match="has no test pictures"):
        evaluate(run)


def test_a_diverging_training_is_stopped(data: Path, tmp_path: Path) -> None:
    """A loss that is no number ends the training with advice, and no run is written."""
    options = replace(FAST, learning_rate=1e30)

    with pytest.raises(ModelError, match="The training diverged: the loss of epoch"):
        train(get_recipe("folder"), out=tmp_path / "run", data=data, options=options)
    assert list(tmp_path.iterdir()) == []


def test_early_stopping_counts_the_patience(data: Path, tmp_path: Path) -> None:
    """After `patience` epochs without a lower validation loss the training ends."""
    recipe = replace(get_recipe("folder"), patience=2)
    # So small a rate that float32 weights hardly move: the first epochs decide nothing.
    options = replace(FAST, epochs=50, learning_rate=1e-30)

    run = train(recipe, out=tmp_path / "run", data=data, options=options)

    assert run.description.training is not None
    assert run.description.training.best_epoch == 1
    assert run.description.training.epochs == 3


def test_the_day_honours_source_date_epoch(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build that wants equal files sets the day."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "951782400")

    run = train(
        get_recipe("folder"), out=tmp_path / "run", data=data, options=replace(FAST, epochs=1)
    )

    assert run.description.training is not None
    assert run.description.training.date == "2000-02-29"


def test_without_a_terminal_each_epoch_is_one_line(data: Path, tmp_path: Path) -> None:
    """Logs of a build hold plain lines: the data, every epoch, the test accuracy."""
    stream = io.StringIO()
    progress = RichProgress(Console(file=stream, width=40))

    train(get_recipe("folder"), out=tmp_path / "run", data=data, options=FAST, progress=progress)

    lines = stream.getvalue().splitlines()
    told = [line for line in lines if line.startswith("80 pictures in 2 classes: ")]
    assert told[0].endswith("Input: 8x12, rgb, stretch.")
    epochs = [line for line in lines if line.startswith("Training: epoch ")]
    assert [line.split(",")[0][-3:] for line in epochs] == ["1/3", "2/3", "3/3"]
    assert lines[-1].startswith("Test accuracy: ")


def test_on_a_terminal_a_bar_runs_to_its_end(data: Path, tmp_path: Path) -> None:
    """The training bar counts every step and shows the last epoch."""
    stream = io.StringIO()
    progress = RichProgress(Console(file=stream, width=140, force_terminal=True))

    train(get_recipe("folder"), out=tmp_path / "run", data=data, options=FAST, progress=progress)

    assert "epoch 3/3, loss" in stream.getvalue()


def test_batches_are_whole_seeded_and_reshuffled(keras: Any) -> None:
    """Each epoch has every picture once, in an order that only the seed decides."""
    pixels = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    labels = np.arange(10)

    def epochs(seed: int | None) -> list[list[int]]:
        data = batches([pixels], labels, batch_size=4, seed=seed)
        orders = []
        for _ in range(2):
            items = [data[index] for index in range(len(data))]
            assert [len(part) for part, _ in items] == [4, 4, 2]
            assert all(part.dtype == np.float32 for part, _ in items)
            assert all((part.ravel() == truth).all() for part, truth in items)
            orders.append([int(label) for _, truth in items for label in truth])
            data.on_epoch_end()
        return orders

    first, second = epochs(5)
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert epochs(5) == [first, second]
    assert epochs(None) == [list(range(10))] * 2


def test_the_digits_recipe_reads_digits(digits_run: Run) -> None:
    """After three epochs nine of ten unseen digits are read."""
    metrics = digits_run.description.metrics

    assert metrics is not None
    assert metrics.test_accuracy is not None
    assert metrics.test_accuracy > 0.9
    assert digits_run.description.input_shape == (24, 24, 1)
