"""Folders for temporary files: gone after use, and after a kill gone with the next command."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kerasport.files import scratch, scratch_folder

HOLDER = """
import sys
from kerasport.files import scratch_folder
with scratch_folder() as folder:
    (folder / "profile").mkdir()
    print(folder, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty place for temporary files, which no command has looked at."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("TEMP", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    # Others in this process may have folders of their own in use, as a browser of the suite has.
    monkeypatch.setattr(scratch, "_SHARED", scratch._Shared())
    scratch._clear_once.cache_clear()
    yield folder
    scratch._clear_once.cache_clear()


def held(top: Path) -> tuple[subprocess.Popen[str], Path]:
    """Return a process that uses a scratch folder until it reads a line, and the folder."""
    pipe = subprocess.PIPE
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdin=pipe, stdout=pipe, text=True)
    assert holder.stdout is not None
    folder = Path(holder.stdout.readline().strip())
    assert folder.parent.parent == top
    return holder, folder.parent


def test_nothing_is_left_after_use(top: Path) -> None:
    """The folder and its lock go when the block ends, also by an error."""
    with scratch_folder() as first, scratch_folder() as second:
        (first / "file").touch()
        assert first != second
        assert first.parent == second.parent
        assert first.parent.parent == top
    with pytest.raises(RuntimeError), scratch_folder():
        raise RuntimeError

    assert list(top.iterdir()) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_the_next_command_clears_what_a_kill_left(top: Path) -> None:
    """Folders of killed processes go; those of living ones and of other programs stay."""
    killed, left = held(top)
    alive, used = held(top)
    other = top / "kerasport-of-mine"
    other.mkdir()
    killed.kill()
    killed.communicate()
    assert left.is_dir()

    with scratch_folder():
        pass

    assert sorted(path.name for path in top.iterdir()) == sorted(
        [other.name, used.name, f".{used.name}.lock"]
    )
    alive.communicate("\n")
    assert list(top.iterdir()) == [other]


def test_no_room_is_told_with_the_place(top: Path) -> None:
    """The system names no file when a write finds the disk full; then the folder is named."""
    with pytest.raises(OSError, match="No space left") as full, scratch_folder() as folder:
        raise OSError(errno.ENOSPC, "No space left on device")

    assert full.value.filename == str(folder)


def test_a_place_that_takes_no_folder_is_let_go(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failure nothing is left, and the next folder is made."""

    def refuse(path: Path, mode: int = 0o777, exist_ok: bool = False) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with pytest.raises(OSError, match="No space left"), scratch_folder():
            pass
    assert list(top.iterdir()) == []

    with scratch_folder() as folder:
        assert folder.is_dir()


def test_a_place_without_locks_will_do(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is made and removed all the same."""

    def refuse(path: Path) -> None:
        path.touch()
        raise OSError("No locks available")

    monkeypatch.setattr(scratch, "take_lock", refuse)

    with scratch_folder() as folder:
        assert folder.is_dir()

    assert list(top.iterdir()) == []
