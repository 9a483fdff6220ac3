"""Full disks and kills where TensorFlow is at work: trainings go on, and exports are whole."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.pictures import write_class_folders
from support.small_disk import mounted, needs_mount

from kerasport.bundle import Bundle
from kerasport.cli import main
from kerasport.runs import Run
from kerasport.training import completion

pytestmark = pytest.mark.keras


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[object, list[str]]:
    """Return the exit code of a command and the lines of stderr."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code or 0, capsys.readouterr().err.splitlines()


@needs_mount
def test_a_training_that_found_the_disk_full_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room for a checkpoint nothing stays; without room for the run the training does."""
    data = write_class_folders(tmp_path / "data", {"a": 12, "b": 12})
    monkeypatch.chdir(tmp_path)
    with mounted(tmp_path / "small", kilobytes=700) as small:
        arguments = ["folder", "--data", data, "--epochs", "1", "--image-size", "16x16"]

        code, lines = outcome(capsys, "train", *arguments, "--out", small / "run")
        assert code == 1
        assert lines[-1].startswith(f"Error: Training '{small}/run' needs about 4 MB on its disk")
        assert list(small.iterdir()) == []

        # From here on the disk fills up while it is trained on.
        monkeypatch.setattr(completion, "rehearse", lambda *given, **options: None)
        code, lines = outcome(capsys, "train", *arguments, "--out", small / "run")
        assert code == 1
        assert lines[-1].startswith(
            f"Error: The training of '{small}/run' could not be kept on disk: No space left on"
        )
        assert list(small.iterdir()) == []

        subprocess.run(["mount", "-o", "remount,size=2000k", str(small)], check=True)
        code, lines = outcome(capsys, "train", *arguments, "--out", small / "run")
        assert code == 1
        assert lines[-1] == (
            f"Error: The training of '{small}/run' is finished, but could not be written: No space "
            "left on device. What is done is kept; when that is mended, go on with: "
            f"kerasport train --resume {small}/run"
        )
        assert [path.name for path in small.iterdir()] == ["run.unfinished"]

        subprocess.run(["mount", "-o", "remount,size=9000k", str(small)], check=True)
        code, _ = outcome(capsys, "train", "--resume", small / "run")
        assert code == 0
        assert [path.name for path in small.iterdir()] == ["run"]
        assert Run.open(small / "run").description.class_names == ["a", "b"]


@needs_mount
def test_an_export_or_a_report_that_does_not_fit_leaves_what_was_there(
    digits_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence names the place, and nothing is left beside it."""
    with mounted(tmp_path / "small", kilobytes=20) as small:
        (small / "report.html").write_text("old", encoding="utf-8")

        exported = outcome(capsys, "export", digits_run.path, "--out", small / "model")
        report = small / "report.html"
        evaluated = outcome(capsys, "evaluate", digits_run.path, "--report", report)

        for place, (code, lines) in (("/.model.new-", exported), ("/report.html", evaluated)):
            assert code == 1
            assert f"There is no space left on the disk of '{small}{place}" in lines[-1]
        assert [path.name for path in small.iterdir()] == ["report.html"]
        assert report.read_text(encoding="utf-8") == "old"


KILLED = """
import os, signal, sys
from kerasport.exporter import export
from kerasport.files import replacement

renames = []

def rename(source, target):
    renames.append(target)
    if len(renames) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    source.replace(target)

replacement.exchange = lambda first, second: False
replacement.rename = rename
export(sys.argv[1], sys.argv[2], force=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_an_export_killed_between_two_renames_left_the_old_bundle(
    digits_run: Run, digits_bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At the worst moment, where two folders cannot change places in one step."""
    out = tmp_path / "model"
    (tmp_path / "model").mkdir()
    for file in ("metadata.json", "model.json"):
        (out / file).write_bytes((digits_bundle.path / file).read_bytes())
    command = [sys.executable, "-c", KILLED, str(digits_run.path), str(out)]

    killed = subprocess.run(command, capture_output=True, check=False)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not out.exists()
    assert outcome(capsys, "inspect", out)[0] == 1  # Not whole, as it was.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]
    assert sorted(path.name for path in out.iterdir()) == ["metadata.json", "model.json"]
