"""From a correction to a better model: what is added, what is started from, what is compared."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.pictures import write_class_folders, write_picture

from kerasport import models
from kerasport.cli import main
from kerasport.corrections import Correction, table_text
from kerasport.errors import DataError
from kerasport.evaluation import evaluate
from kerasport.recipes import get_recipe
from kerasport.runs import Run, training_data
from kerasport.training import TrainingOptions, completion, resume, train

pytestmark = pytest.mark.keras

CHOICES: dict[str, Any] = {
    "image_size": (8, 8),
    "architecture": "dense",
    "color_mode": "grayscale",
    "batch_size": 8,
    "epochs": 2,
    "augment": False,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pictures in each of two classes."""
    return write_class_folders(tmp_path_factory.mktemp("set") / "data", {"a": 40, "b": 40})


@pytest.fixture(scope="module")
def old(data: Path) -> Run:
    """A run trained with them."""
    return trained(data, data.parent / "old")


def trained(data: Path | None, out: Path, **others: Any) -> Run:
    options = TrainingOptions(**{**CHOICES, **others.pop("choices", {})})
    return train(get_recipe("folder"), data=data, out=out, options=options, **others)


def corrections(run: Run, folder: Path) -> Path:
    """Return an archive: a test and a train picture relabelled, one left out, one new."""
    dataset = training_data(run)
    test, learned, bad = (dataset.in_split("test")[0], *dataset.in_split("train")[:2])
    new = write_picture(folder / "new.png", seed=77)
    content = hashlib.sha256(new.read_bytes()).hexdigest()
    other = dataset.class_names[1 - test.label]
    rows = [
        Correction(test.content, "t.png", "?", other, "label"),
        Correction(learned.content, "l.png", "?", dataset.class_names[learned.label], "label"),
        Correction(bad.content, "x.png", "?", "", "bad"),
        Correction(content, "new.png", "?", "a", "label"),
    ]
    path = folder / "corrections.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("corrections.csv", table_text(rows))
        archive.write(new, "pictures/new.png")
    return path


def test_corrections_are_trained_with_and_recorded(data: Path, old: Run, tmp_path: Path) -> None:
    """The counts follow the table, the run says what was added, and evaluating it agrees."""
    table = corrections(old, tmp_path)

    run = trained(data, tmp_path / "run", add=[table])

    before, after = old.description.training, run.description.training
    assert before is not None
    assert after is not None
    assert sum(after.counts.test) == sum(before.counts.test)
    assert after.counts.test != before.counts.test
    assert sum(after.counts.train) == sum(before.counts.train)
    record = json.loads(run.data_path.read_text())["corrections"]
    assert record["files"] == [str(table)]
    assert record["pictures"]["relabeled"] == 1
    assert record["pictures"]["new"] == 1
    assert record["pictures"]["bad"] == 1
    assert "1 relabelled" in run.report_page.read_text()
    metrics = run.description.metrics
    assert metrics is not None
    table.unlink()
    assert evaluate(run).accuracy == metrics.test_accuracy
    assert training_data(run).counts.test == after.counts.test


def test_a_training_with_corrections_goes_on(
    data: Path, old: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an interruption the same corrections are applied, and the bits are the same."""
    table = corrections(old, tmp_path)
    whole = trained(data, tmp_path / "whole", add=[table])
    play = completion._Ending.play

    def stop(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(completion._Ending, "play", stop)
    with pytest.raises(KeyboardInterrupt):
        trained(data, tmp_path / "run", add=[table])
    monkeypatch.setattr(completion._Ending, "play", play)
    run = resume(tmp_path / "run")

    assert run.description.training == whole.description.training
    assert (run.path / "corrections.csv").read_text().count("\n") == 5
    for one, other in zip(weights(run), weights(whole), strict=True):
        assert (one == other).all()


def weights(run: Run) -> list[Any]:
    return models.load_model(run.model_path).get_weights()  # type: ignore[no-any-return]  # keras


def test_a_training_starts_from_the_weights_of_a_run(
    old: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first epoch the model is the old one; afterwards both are compared."""
    seen: list[Any] = []
    fitted = completion.fitted_model

    def looking(*arguments: Any, **others: Any) -> Any:
        before = others["before"]
        others["before"] = lambda model: (seen.extend(model.get_weights()), before(model))
        return fitted(*arguments, **others)

    monkeypatch.setattr(completion, "fitted_model", looking)
    data = old.path.parent / "data"

    run = trained(data, tmp_path / "run", origin=old.path)

    for one, other in zip(seen, weights(old), strict=True):
        assert (one == other).all()
    found = json.loads(run.report_path.read_text())["comparison"]
    metrics = old.description.metrics
    assert metrics is not None
    assert found["name"] == "old"
    assert found["before"] == pytest.approx(metrics.test_accuracy)
    assert found["pictures"] == metrics.test_pictures
    assert "Compared with old" in run.report_page.read_text()
    assert any((one != other).any() for one, other in zip(weights(run), seen, strict=True))


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"image_size": (9, 8)}, "8x8, grayscale.*9x8"),
        ({"architecture": "pooled_cnn"}, "another network"),
        ({"seed": 5}, "no comparison would be fair"),
        ({"test_share": 0.3}, "no comparison would be fair"),
    ],
    ids=["input", "network", "seed", "share"],
)
def test_what_cannot_be_started_from_is_refused(
    choices: dict[str, Any], message: str, old: Run, tmp_path: Path
) -> None:
    """Another input or network, and splits that mix tested and trained, are named."""
    data = old.path.parent / "data"

    with pytest.raises(DataError, match=message):
        trained(data, tmp_path / "run", origin=old.path, choices=choices)
    assert not (tmp_path / "run").exists()


def test_a_run_whose_pictures_are_gone_is_started_from_and_not_compared(
    old: Run, tmp_path: Path
) -> None:
    """What it has learned from cannot be told any more, so that no comparison is claimed."""
    moved = tmp_path / "moved"
    shutil.copytree(old.path, moved)
    record = json.loads((moved / "data.json").read_text())
    record["source"] = str(tmp_path / "gone")
    (moved / "data.json").write_text(json.dumps(record))

    run = trained(old.path.parent / "data", tmp_path / "run", origin=moved)

    assert "comparison" not in json.loads(run.report_path.read_text())


def test_other_classes_are_refused(old: Run, tmp_path: Path) -> None:
    """The message has the classes of both."""
    data = write_class_folders(tmp_path / "data", {"a": 20, "c": 20})

    with pytest.raises(DataError, match="has the classes a, b, and the pictures have a, c"):
        trained(data, tmp_path / "run", origin=old.path)


def test_the_command_takes_recipe_and_data_of_the_run(old: Run, tmp_path: Path) -> None:
    """`train --from RUN --add TABLE` needs nothing else: recipe, data and splits are the run's."""
    table = corrections(old, tmp_path)
    out = tmp_path / "better"

    with pytest.raises(SystemExit) as ended:
        main(["train", "--from", str(old.path), "--add", str(table), "--out", str(out)])

    assert not ended.value.code
    run = Run.open(out)
    recipe, before = (
        json.loads((each / "recipe.json").read_text())["recipe"] for each in (out, old.path)
    )
    assert recipe == before
    assert json.loads(run.report_path.read_text())["comparison"]["name"] == "old"
    assert json.loads(run.data_path.read_text())["corrections"]["pictures"]["relabeled"] == 1


def test_a_backbone_is_started_from_without_its_weights_file(tmp_path: Path) -> None:
    """The run has all weights, so that nothing is downloaded or looked for again."""
    data = write_class_folders(tmp_path / "data", {"a": 12, "b": 12})
    options = TrainingOptions(epochs=1, image_size=(32, 32), weights="none", width=0.35)
    first = train(get_recipe("transfer"), data=data, out=tmp_path / "first", options=options)
    gone = replace(options, weights=str(tmp_path / "gone.h5"))

    run = train(
        get_recipe("transfer"), data=data, out=tmp_path / "next", options=gone, origin=first.path
    )

    backbones = [models.backbone_of(models.load_model(each.model_path)) for each in (first, run)]
    for one, other in zip(*(each.get_weights() for each in backbones), strict=True):
        assert np.array_equal(one, other)


def test_a_run_replaces_the_one_that_it_started_from(old: Run, tmp_path: Path) -> None:
    """With --force the run may have the name of its origin, whose answers were asked before."""
    data = old.path.parent / "data"
    path = tmp_path / "run"
    shutil.copytree(old.path, path)

    run = trained(data, path, origin=path, force=True)

    assert json.loads(run.report_path.read_text())["comparison"]["name"] == "old"
