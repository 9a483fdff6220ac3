"""Runs whose records are in snake_case, as the version before wrote them, serve as before."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.pictures import write_class_folders

from kerasport import models
from kerasport.evaluation import evaluate
from kerasport.exporter import Quantize, export
from kerasport.recipes import get_recipe
from kerasport.runs import Run
from kerasport.training import TrainingOptions, resume, train
from kerasport.training.fitting import phases

pytestmark = pytest.mark.keras

# Written by the version before, from a training with the options below; never changed.
SNAKE_CASE = Path(__file__).parents[1] / "golden" / "run-snake-case"
OPTIONS = TrainingOptions(
    epochs=5, patience=3, image_size=(8, 12), batch_size=16, schedule="plateau", augment=None
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes that differ in brightness."""
    return write_class_folders(tmp_path_factory.mktemp("data"), {"dark": 40, "light": 40})


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A training of today; tests must not change it."""
    out = tmp_path_factory.mktemp("runs") / "run"
    return train(get_recipe("folder"), out=out, data=data, options=OPTIONS)


def frozen(name: str, data: Path) -> str:
    """Return a record of the version before, about pictures that are now in `data`."""
    return (SNAKE_CASE / name).read_text(encoding="utf-8").replace("/somewhere/data", str(data))


def test_a_run_of_the_version_before_is_opened_evaluated_and_exported(
    run: Run, data: Path, tmp_path: Path
) -> None:
    """Its pictures are found and cut as they were: for the test, and to choose the weights by."""
    older = shutil.copytree(run.path, tmp_path / "run")
    for name in ("data.json", "recipe.json"):
        (older / name).write_text(frozen(name, data), encoding="utf-8")

    opened = Run.open(older)
    evaluation = evaluate(opened)
    bundle = export(opened, tmp_path / "bundle", quantize=Quantize("auto"))

    assert run.description.metrics is not None
    assert evaluation.accuracy == run.description.metrics.test_accuracy
    assert evaluation.pictures == run.description.metrics.test_pictures
    assert bundle.metadata.quantization.search is not None
    assert bundle.metadata.quantization.search.pictures.endswith("of the validation split")


def test_a_training_of_the_version_before_goes_on(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its settings in snake_case, it ends with the weights of an uninterrupted training."""
    out = tmp_path / "run"
    original = phases.save_checkpoint

    def save(checkpoint: object, folder: Path) -> None:
        original(checkpoint, folder)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(phases, "save_checkpoint", save)
        with pytest.raises(KeyboardInterrupt):
            train(get_recipe("folder"), out=out, data=data, options=OPTIONS)
    settings = out.with_name("run.unfinished") / "settings.json"
    today = json.loads(settings.read_text(encoding="utf-8"))
    older = json.loads(frozen("settings.json", data))
    assert older["recipe"]["batch_size"] == today["recipe"]["batchSize"]
    # The pictures are those of this machine, and so are the versions.
    older |= {key: today[key] for key in ("fingerprint", "versions")}
    settings.write_text(json.dumps(older), encoding="utf-8")

    resumed = resume(out)

    pairs = zip(weights(resumed), weights(run), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
    record = json.loads((resumed.path / "recipe.json").read_text(encoding="utf-8"))
    assert record == json.loads((run.path / "recipe.json").read_text(encoding="utf-8"))


def weights(run: Run) -> list[np.ndarray]:
    """Return the arrays of the saved model."""
    return [np.asarray(array) for array in models.load_model(run.model_path).get_weights()]
