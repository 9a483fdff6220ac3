"""A training that is killed goes on where it was, and ends as if nothing had happened."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from support.listening import Listening
from support.marks import draw_marks
from support.pictures import write_class_folders

from kerasport import models
from kerasport.errors import DataError
from kerasport.recipes import get_recipe
from kerasport.runs.run import Run
from kerasport.training import TrainingOptions, resume, train

pytestmark = pytest.mark.keras

# Dropout and augmentation draw random numbers, Adam and the plateau remember: all of it counts.
SEVERAL = TrainingOptions(
    epochs=5, patience=3, image_size=(8, 12), batch_size=16, schedule="plateau", augment=None
)

# Trains, and kills itself without warning in the middle of the third epoch.
KILLED = """
import os, signal, sys
from pathlib import Path
from kerasport.training.fitting import phases
from kerasport.recipes import get_recipe
from kerasport.training import TrainingOptions, train

original = phases.reporter

def reporter(*arguments):
    callback = original(*arguments)
    seen = callback.on_train_batch_end
    def on_train_batch_end(batch, logs=None):
        seen(batch, logs)
        if callback.params["epochs"] and epochs[0] == 2 and batch == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    def on_epoch_end(epoch, logs=None, ended=callback.on_epoch_end):
        ended(epoch, logs)
        epochs[0] += 1
    callback.on_train_batch_end, callback.on_epoch_end = on_train_batch_end, on_epoch_end
    return callback

epochs = [0]
phases.reporter = reporter
options = TrainingOptions(
    epochs=5, patience=3, image_size=(8, 12), batch_size=16, schedule="plateau", augment=None
)
train(get_recipe("folder"), out=Path(sys.argv[2]), data=Path(sys.argv[1]), options=options)
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes that differ in brightness."""
    return write_class_folders(tmp_path_factory.mktemp("data"), {"dark": 40, "light": 40})


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A training without interruption."""
    out = tmp_path_factory.mktemp("whole") / "whole"
    return train(get_recipe("folder"), out=out, data=data, options=SEVERAL)


def weights(run: Run) -> list[np.ndarray]:
    """Return the arrays of the saved model."""
    return [np.asarray(array) for array in models.load_model(run.model_path).get_weights()]


def figures(run: Run) -> dict[str, object]:
    """Return the history without the times."""
    history: dict[str, object] = json.loads(run.history_path.read_text())
    del history["seconds"]
    return history


def content(run: Run) -> dict[str, object]:
    """Return all that is in the saved model: arrays by name, settings by their path in the JSON."""
    found: dict[str, object] = {}

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()].tobytes()

    def settings(path: str, value: object) -> None:
        if isinstance(value, dict | list):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in items:
                settings(f"{path}/{key}", item)
        # Keras numbers shared objects by their address in memory.
        elif not path.endswith("/shared_object_id"):
            found[path] = value

    with zipfile.ZipFile(run.model_path) as file:
        # The third file, metadata.json, has the moment of saving.
        settings("config.json", json.loads(file.read("config.json")))
        with h5py.File(io.BytesIO(file.read("model.weights.h5"))) as weights:
            weights.visititems(note)
    assert any("optimizer" in name for name in found)
    return found


def interrupt(monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """Let the next trainings end as by Ctrl-C once so many epochs have been kept."""
    from kerasport.training.fitting import phases

    original = phases.save_checkpoint
    kept = []

    def save(checkpoint: object, folder: Path) -> None:
        original(checkpoint, folder)  # type: ignore[arg-type]
        kept.append(checkpoint)
        if len(kept) == after:
            raise KeyboardInterrupt

    monkeypatch.setattr(phases, "save_checkpoint", save)


def test_a_killed_training_ends_like_an_uninterrupted_one(
    data: Path, whole: Run, tmp_path: Path
) -> None:
    """Same bits of every weight, same figures of every epoch; nothing is left lying about."""
    out = tmp_path / "run"
    command = [sys.executable, "-c", KILLED, str(data), str(out)]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    assert not out.exists()
    with pytest.raises(DataError, match="kerasport train --resume"):
        train(get_recipe("folder"), out=out, data=data, options=SEVERAL)

    resumed = resume(out)

    assert figures(resumed) == figures(whole)
    assert all(map(np.array_equal, weights(resumed), weights(whole)))
    assert content(resumed) == content(whole)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    metrics = whole.description.metrics
    assert resumed.description.metrics == metrics


def test_a_killed_training_of_labels_ends_like_an_uninterrupted_one(tmp_path: Path) -> None:
    """Splits, sigmoids, scales and thresholds of several labels are those of one that went on."""
    table, out = draw_marks(tmp_path / "marks", 80), tmp_path / "runs" / "run"
    whole = train(get_recipe("folder"), out=tmp_path / "whole", data=table, options=SEVERAL)
    command = [sys.executable, "-c", KILLED, str(table), str(out)]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr

    resumed = resume(out)

    assert resumed.description.labels_output is not None
    assert content(resumed) == content(whole)
    assert figures(resumed) == figures(whole)
    assert resumed.description.labels_output == whole.description.labels_output
    assert resumed.description.metrics == whole.description.metrics
    assert resumed.description.calibration == whole.description.calibration
    assert [each.name for each in out.parent.iterdir()] == ["run"]


def test_after_the_last_epoch_only_the_end_is_left_to_do(
    data: Path, whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-C the command to go on is told, and it ends like the uninterrupted training."""
    progress = Listening()
    with monkeypatch.context() as patch:
        interrupt(patch, after=5)
        with pytest.raises(KeyboardInterrupt):
            train(
                get_recipe("folder"),
                out=tmp_path / "run",
                data=data,
                options=SEVERAL,
                progress=progress,
            )
    assert progress.said[-1] == (
        f"Interrupted. Go on with: kerasport train --resume {tmp_path / 'run'}"
    )

    resumed = resume(tmp_path / "run")

    assert figures(resumed) == figures(whole)
    assert all(map(np.array_equal, weights(resumed), weights(whole)))
    assert content(resumed) == content(whole)


def test_there_must_be_something_to_go_on_with(data: Path, tmp_path: Path) -> None:
    """A finished run, no run at all and changed pictures are told apart."""
    with pytest.raises(DataError, match="Name the run folder"):
        resume(tmp_path / "none")
    options = replace(SEVERAL, epochs=1)
    run = train(get_recipe("folder"), out=tmp_path / "run", data=data, options=options)
    with pytest.raises(DataError, match="It is finished"):
        resume(run.path)


def test_changed_pictures_and_a_damaged_checkpoint_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Going on with other data, or from half a file, would be neither training."""
    data = write_class_folders(tmp_path / "data", {"dark": 20, "light": 20})
    with monkeypatch.context() as patch:
        interrupt(patch, after=1)
        with pytest.raises(KeyboardInterrupt):
            train(get_recipe("folder"), out=tmp_path / "run", data=data, options=SEVERAL)
    picture = next((data / "dark").iterdir())
    content = picture.read_bytes()

    picture.unlink()
    with pytest.raises(DataError, match="no longer those that the training"):
        resume(tmp_path / "run")
    picture.write_bytes(content)
    checkpoint = tmp_path / "run.unfinished" / "checkpoint.npz"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"checkpoint\.npz' is damaged"):
        resume(tmp_path / "run")
