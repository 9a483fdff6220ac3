"""A table that is interrupted: continued to the same bytes, never half there, nobody else's."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.killed_tables import killed_at
from support.pictures import write_noise

from kerasport.bulk import BulkOptions, classification, parquet, predict_many
from kerasport.dataset import Part
from kerasport.errors import DataError, KerasportError
from kerasport.files import alone_at

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"
OPTIONS = BulkOptions(engine="numpy", workers=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three batches and a half, each row another."""
    return write_noise(tmp_path / "photos", 112, side=4, seed=3, broken=50)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch is kept as soon as it is answered; row groups end elsewhere."""
    monkeypatch.setattr(classification, "_PART_SECONDS", 0.0)
    monkeypatch.setattr(parquet, "rows_held", lambda classes: 40)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(
    ("step", "count"), [("add", 0), ("add", 1), ("add", 3), ("will_be", 0), ("remove", 1)]
)
def test_a_killed_command_is_continued_to_the_same_bytes(
    step: str,
    count: int,
    suffix: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wherever it stopped, nothing is half there, and the end is as without the kill."""
    pytest.importorskip("pyarrow")
    whole, out = tmp_path / f"whole.{suffix}", tmp_path / f"out.{suffix}"
    with pytest.MonkeyPatch.context() as slow:
        # How the rows are cut into parts depends on the clock.
        slow.setattr(classification, "_PART_SECONDS", 1000.0)
        predict_many(FROZEN, [folder], whole, options=OPTIONS)

    with killed_at(step, count):
        predict_many(FROZEN, [folder], out, options=OPTIONS)
    assert out.exists() == (step == "remove")
    if out.exists():
        assert out.read_bytes() == whole.read_bytes()
    summary = predict_many(FROZEN, [folder], out, options=OPTIONS)

    assert out.read_bytes() == whole.read_bytes()
    assert (summary.pictures, summary.unreadable) == (112, 1)
    assert summary.continued == (32 * count if step == "add" else 112)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_process_that_is_killed_leaves_what_is_continued(folder: Path, tmp_path: Path) -> None:
    """SIGKILL while it works, then the same command again: the bytes of one that was not killed."""
    code = (
        "import sys; from kerasport.bulk import classification\n"
        "classification._PART_SECONDS = 0.0\n"
        "from kerasport.cli import main; main(sys.argv[1:])"
    )
    out = tmp_path / "out.csv"
    command = [sys.executable, "-c", code, "predict", str(FROZEN), str(folder)]
    command += ["--output", str(out), "--engine", "numpy"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        parts = tmp_path / ".out.csv.parts"
        end = time.monotonic() + 60
        while not list(parts.glob("*.part")) and time.monotonic() < end:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)

    done = subprocess.run(command, capture_output=True, text=True)
    predict_many(FROZEN, [folder], tmp_path / "whole.csv", options=OPTIONS)

    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def interrupted(folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave two parts of a table behind."""
    with killed_at("add", 2):
        predict_many(FROZEN, [folder], out, options=OPTIONS)


@pytest.mark.parametrize(
    ("options", "different"),
    [
        (BulkOptions(engine="numpy", top=1), "top"),
        (BulkOptions(engine="numpy", shard=Part(1, 2)), "shard"),
    ],
    ids=["top", "shard"],
)
def test_the_parts_of_another_command_are_not_mixed_in(
    options: BulkOptions,
    different: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What differs is named; with force they are thrown away."""
    out = tmp_path / "out.csv"
    interrupted(folder, out, monkeypatch)

    with pytest.raises(DataError, match=f"differs in: {different}"):
        predict_many(FROZEN, [folder], out, options=options)
    forced = BulkOptions(engine="numpy", top=options.top, shard=options.shard, force=True)
    summary = predict_many(FROZEN, [folder], out, options=forced)
    predict_many(FROZEN, [folder], tmp_path / "whole.csv", options=options)

    assert summary.continued == 0
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("change", ["added", "removed", "renamed", "gone"])
def test_other_pictures_than_before_are_noticed(
    change: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture more or less among those that are answered is told, not shifted."""
    out = tmp_path / "out.csv"
    interrupted(folder, out, monkeypatch)
    if change == "added":
        (folder / "0000.png").write_bytes(b"")
    elif change == "removed":
        (folder / "003.png").unlink()
    elif change == "renamed":
        (folder / "040.png").rename(folder / "040a.png")
    else:
        for path in folder.iterdir():
            path.unlink()

    with pytest.raises(DataError, match="other pictures now than before the interruption"):
        predict_many(FROZEN, [folder], out, options=OPTIONS)

    assert not out.exists()


def test_parts_that_nobody_owns_are_not_taken(folder: Path, tmp_path: Path) -> None:
    """Parts without their job, as a kill while they are removed leaves them, are thrown away."""
    out = tmp_path / "out.csv"
    parts = tmp_path / ".out.csv.parts"
    parts.mkdir()
    (parts / "00000000-32-0-0123456789abcdef.part").write_bytes(b"wrong")

    predict_many(FROZEN, [folder], out, options=OPTIONS)

    assert b"wrong" not in out.read_bytes()
    assert not parts.exists()


def test_a_file_in_the_place_stays_until_the_new_one_is_whole(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With force the old table is replaced in one step; a kill before that leaves it."""
    out = tmp_path / "out.csv"
    out.write_text("mine", "utf-8")
    forced = BulkOptions(engine="numpy", workers=1, force=True)

    with killed_at("will_be", 0):
        predict_many(FROZEN, [folder], out, options=forced)

    assert out.read_text("utf-8") == "mine"
    assert predict_many(FROZEN, [folder], out, options=forced).continued == 112
    assert out.read_text("utf-8").startswith("name,")


def test_one_command_at_a_time_writes_a_table(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second one is told, and disturbs nothing."""
    monkeypatch.setattr("kerasport.files.claims._WAIT_SECONDS", 0.0)
    out = tmp_path / "out.csv"

    with alone_at(out), pytest.raises(KerasportError, match="Another command is writing"):
        predict_many(FROZEN, [folder], out, options=OPTIONS)
