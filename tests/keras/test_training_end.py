"""The end of a training: tried before it begins, and never the end of what was trained."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.listening import Listening
from support.pictures import write_class_folders

from kerasport import models
from kerasport.cli import main
from kerasport.errors import DataError, KerasportError, missing_extra
from kerasport.recipes import get_recipe
from kerasport.runs import Run
from kerasport.training import TrainingOptions, completion, record, rehearsal, resume, train
from kerasport.training.fitting import phases
from kerasport.training.unfinished import Unfinished

pytestmark = pytest.mark.keras


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two classes, with test pictures among them."""
    return write_class_folders(tmp_path / "data", {"dark": 20, "light": 20})


def train_on(data: Path, out: Path, *, epochs: int = 1, progress: Any = None) -> Run:
    return train(
        get_recipe("folder"),
        out=out,
        data=data,
        options=TrainingOptions(epochs=epochs, image_size=(8, 8)),
        progress=progress or Listening(),
    )


def test_one_training_at_a_time_writes_a_run(tmp_path: Path) -> None:
    """A second one is refused before it reads anything, by whatever name the folder goes."""
    out = tmp_path / "run"
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)

    with Unfinished(out).alone():
        for name in (out, tmp_path / "link" / "run"):
            with pytest.raises(DataError, match=f"process {os.getpid()}.* name another folder"):
                train_on(tmp_path / "missing", name)
        with pytest.raises(DataError, match="is under way"):
            resume(out)

    with pytest.raises(DataError, match="missing"):
        train_on(tmp_path / "missing", out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link"]


def no_room(patch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        free: int = 1000

    patch.setattr(rehearsal.shutil, "disk_usage", lambda path: Usage())


def full_disk(patch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    patch.setattr(record, "write_json", full)


def no_matplotlib(patch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise missing_extra("train", "The report of a training")

    patch.setattr(record, "write_plots", missing)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (no_room, "MB on its disk, and 0 MB are free"),
        (full_disk, "No space left on device.* before the first epoch"),
        (no_matplotlib, "pip install"),
    ],
)
def test_what_would_fail_at_the_end_fails_before_the_first_epoch(
    break_it: Any, message: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, no epoch, and nothing left behind."""
    break_it(monkeypatch)
    monkeypatch.setattr(phases, "reporter", None)

    with pytest.raises(KerasportError, match=message):
        train_on(data, tmp_path / "run")

    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_report_that_fails_costs_nothing_but_itself(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told before and after; model and figures are there, and a command makes the page."""

    def fail(report: object) -> str:
        raise RuntimeError("no fonts")

    progress = Listening()
    with monkeypatch.context() as patch:
        patch.setattr(record, "render_page", fail)
        run = train_on(data, tmp_path / "run", progress=progress)

    page = run.report_page
    told = [text for text in progress.warned if "no fonts" in text]
    assert told[0].startswith("There will be no report")
    assert told[1].endswith(f"kerasport evaluate {run.path} --report {page}")
    models.load_model(run.model_path)
    assert json.loads(run.report_path.read_text("utf-8"))["evaluation"]["pictures"] > 0
    assert not page.exists()
    main_arguments = told[1].partition("kerasport ")[2].rpartition("kerasport ")[2].split()
    with pytest.raises(SystemExit) as end:
        main(main_arguments)
    assert not end.value.code
    assert "</html>" in page.read_text("utf-8")


def test_a_run_that_cannot_be_written_is_written_later(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures that are gone by the end do not matter, and a full disk only puts it off."""
    sample = next((data / "dark").iterdir())
    saved = phases.save_checkpoint

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def save(checkpoint: Any, folder: Path) -> None:
        saved(checkpoint, folder)
        shutil.move(data, tmp_path / "moved")

    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(phases, "save_checkpoint", save)
        patch.setattr(completion, "new_run", full)
        with pytest.raises(DataError) as kept:
            train_on(data, out)
    assert str(kept.value) == (
        f"The training of '{out}' is finished, but could not be written: No space left on device. "
        f"What is done is kept; when that is mended, go on with: kerasport train --resume {out}"
    )
    shutil.move(tmp_path / "moved", data)
    assert sample.exists()

    run = resume(out)

    assert run.description.training is not None
    assert run.description.training.epochs == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "run"]


def test_a_disk_that_fills_up_in_an_epoch_is_told(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first whole epoch there is nothing to go on with, and nothing is left."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(phases, "save_checkpoint", full)

    with pytest.raises(DataError, match=r"No space left on device\. Mend that and start it again"):
        train_on(data, tmp_path / "run")

    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_file_names_that_are_no_utf_8_reach_the_report(tmp_path: Path) -> None:
    """Pictures from an old archive are trained on, and mistakes among them are named."""
    data = write_class_folders(tmp_path / "data", {"dark": 20, "light": 20})
    pictures = sorted(data.rglob("*.png"))
    try:
        for number, path in enumerate(pictures):
            path.rename(path.with_name(os.fsdecode(b"caf\xe9 %d.png" % number)))
    except OSError:
        pytest.skip("this file system takes UTF-8 only")

    run = train_on(data, tmp_path / "run")

    report = json.loads(run.report_path.read_text("utf-8"))
    for mistake in report["evaluation"]["mistakes"]:
        assert (data / mistake["picture"]).is_file()
    assert "</html>" in run.report_page.read_text("utf-8")
