"""A review with models: what was planted is found, an interruption costs nothing, runs answer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.pictures import write_class_folders

from kerasport.errors import DataError, ModelError
from kerasport.recipes import get_recipe
from kerasport.review import Review, fitting, review_data, review_with_run
from kerasport.training import TrainingOptions, train

pytestmark = pytest.mark.keras

CHOICES: dict[str, Any] = {
    "image_size": (8, 8),
    "architecture": "dense",
    "color_mode": "grayscale",
    "batch_size": 8,
    "learning_rate": 0.01,
    "augment": False,
}
PLANTED = {"a/bright0.png", "a/bright1.png", "b/dark0.png"}


@pytest.fixture(autouse=True)
def _cleanlab() -> None:
    pytest.importorskip("cleanlab")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Dark and bright pictures, three of them under the other's label."""
    folder = write_class_folders(tmp_path / "data", {"a": 30, "b": 30})
    generator = np.random.default_rng(9)
    for name in sorted(PLANTED):
        low = 200 if "bright" in name else 0
        pixels = generator.integers(low, low + 56, (10, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    shutil.copyfile(folder / "a" / "bright0.png", folder / "b" / "copy.png")
    return folder


def review(data: Path, out: Path, **others: Any) -> Review:
    options = TrainingOptions(epochs=12, **CHOICES)
    return review_data(data, get_recipe("folder"), out=out, options=options, **others)


def first(found: Review, count: int) -> set[str]:
    return {
        each.example.path.relative_to(found.dataset.root).as_posix()
        for each in found.suspects[:count]
    }


def test_planted_labels_come_first(data: Path, tmp_path: Path) -> None:
    """A copy under two labels leads the list, then wrong labels; equal bytes are shown once."""
    found = review(data, tmp_path / "review.html")

    assert first(found, 2) == {"a/bright0.png", "b/copy.png"}
    assert first(found, 4) == {*PLANTED, "b/copy.png"}
    assert found.suspects[0].kinds[0] == "copy"
    assert [each.proposed != each.given for each in found.suspects[2:4]] == [True, True]
    assert "label" in found.suspects[2].kinds
    assert found.shown == 63
    assert "bright0.png" in found.page.read_text()
    assert not (tmp_path / "review.html.unfinished").exists()


def test_an_interrupted_review_ends_like_one_that_was_not(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folds that were answered are not trained again, and the list is the same."""
    whole = review(data, tmp_path / "whole.html")
    trained: list[int] = []
    fitted = fitting.fitted_model

    def stopping(recipe: Any, decoded: Any, work: Path, **others: Any) -> Any:
        trained.append(int(work.name[-1]))
        if len(trained) == 2:
            raise KeyboardInterrupt
        return fitted(recipe, decoded, work, **others)

    monkeypatch.setattr(fitting, "fitted_model", stopping)
    with pytest.raises(KeyboardInterrupt):
        review(data, tmp_path / "review.html")
    found = review(data, tmp_path / "review.html")

    assert trained == [1, 2, 2, 3]
    assert found.to_dict()["suspects"] == whole.to_dict()["suspects"]


def test_a_frozen_backbone_sees_each_picture_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The features of all folds are computed in one pass, and heads answer from them."""
    asked: list[int] = []
    compute = fitting.features_of

    def counting(*arguments: Any, **others: Any) -> Any:
        fresh = not (others["folder"] / "train.npy").exists()
        asked.append(len(arguments[1].split("train")[0]) if fresh else 0)
        return compute(*arguments, **others)

    monkeypatch.setattr(fitting, "features_of", counting)
    options = TrainingOptions(
        epochs=2, image_size=(32, 32), weights="none", width=0.35, augmented_views=1
    )

    found = review_data(data, get_recipe("transfer"), out=tmp_path / "review.html", options=options)

    assert asked == [64, 0, 0]
    assert len(found.suspects) == 64


def test_a_run_answers_what_it_was_not_trained_with(data: Path, tmp_path: Path) -> None:
    """The training pictures are left out, and no model is trained."""
    run = train(
        get_recipe("folder"),
        data=data,
        out=tmp_path / "run",
        options=TrainingOptions(epochs=12, **CHOICES),
    )
    training = run.description.training
    assert training is not None

    found = review_with_run(data, run, out=tmp_path / "review.html")

    held_out = len(found.suspects)
    assert held_out == sum(training.counts.validation) + sum(training.counts.test)
    assert {each.example.split for each in found.suspects} <= {"train", "validation", "test"}
    planted = first(found, held_out) & {*PLANTED, "b/copy.png"}
    assert first(found, len(planted)) == planted


def test_a_run_of_other_classes_is_refused(data: Path, tmp_path: Path) -> None:
    """The message names the class that the run does not know."""
    run = train(
        get_recipe("folder"),
        data=data,
        out=tmp_path / "run",
        options=TrainingOptions(epochs=1, **CHOICES),
    )
    other = write_class_folders(tmp_path / "other", {"a": 6, "c": 6})

    with pytest.raises(DataError, match="'c', which"):
        review_with_run(other, run, out=tmp_path / "review.html")


def test_a_training_that_diverges_says_so(data: Path, tmp_path: Path) -> None:
    """No page is written from answers that are no numbers."""
    options = TrainingOptions(epochs=2, **{**CHOICES, "learning_rate": 1e38})

    with pytest.raises(ModelError):
        review_data(data, get_recipe("folder"), out=tmp_path / "review.html", options=options)
    assert not (tmp_path / "review.html").exists()
