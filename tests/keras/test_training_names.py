"""A training with files whose names are no text, as in old archives, ends with its report."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from support.pictures import write_picture

from kerasport.evaluation import evaluate
from kerasport.recipes import get_recipe
from kerasport.report import render_page, report_on
from kerasport.training import TrainingOptions, resume, train

pytestmark = pytest.mark.keras

ONE_EPOCH = TrainingOptions(epochs=1, image_size=(8, 12), batch_size=16)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of noise, so that there are mistakes to name, and one picture in a sub-folder."""
    root = tmp_path_factory.mktemp("data")
    for number in range(60):
        folder = root / ("left", "right")[number % 2] / os.fsdecode(b"\xfcbung")
        write_picture(folder / os.fsdecode(b"caf\xe9-%d.png" % number), seed=number)
    return root


def test_a_training_ends_with_its_report(data: Path, tmp_path: Path) -> None:
    """Mistakes and findings are named with escapes, in the report and by a later measurement."""
    run = train(get_recipe("folder"), out=tmp_path / "run", data=data, options=ONE_EPOCH)

    report = json.loads(run.report_path.read_text(encoding="utf-8"))
    mistakes = [mistake["picture"] for mistake in report["evaluation"]["mistakes"]]
    assert mistakes
    # A program reads the very names.
    assert all(b"/\xfcbung/caf\xe9-" in os.fsencode(mistake) for mistake in mistakes)
    assert "caf\\xe9-" in run.report_page.read_text(encoding="utf-8")
    found = evaluate(run)
    assert [mistake["picture"] for mistake in found.to_dict()["mistakes"]]
    assert "caf\\xe9-" in render_page(report_on(run, found, pictures="again"))


def test_a_training_that_was_interrupted_goes_on_to_its_end(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resuming reads the same pictures and writes the report."""
    from kerasport.training.fitting import phases

    keep = phases.save_checkpoint

    def interrupt(checkpoint: object, folder: Path) -> None:
        keep(checkpoint, folder)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(phases, "save_checkpoint", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(get_recipe("folder"), out=tmp_path / "run", data=data, options=ONE_EPOCH)
    monkeypatch.setattr(phases, "save_checkpoint", keep)

    run = resume(tmp_path / "run", data=None)

    assert run.report_path.is_file()
