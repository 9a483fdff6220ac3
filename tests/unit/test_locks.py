"""One at a time: who has a lock, and when it ends."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from kerasport.locks import Held, locked
from kerasport.platforms import locks

HOLD = """
import sys
from pathlib import Path
from typing import Any
from kerasport.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.lock"


def test_the_second_is_refused_and_told_who_has_it(path: Path) -> None:
    """In the block nobody else gets it; after it anybody does, and no file is left."""
    with locked(path), pytest.raises(Held) as refused, locked(path):
        pass

    assert refused.value.process == str(os.getpid())
    assert not path.exists()
    with locked(path):
        assert path.exists()


def test_a_dead_process_holds_nothing(path: Path) -> None:
    """A killed process leaves its file, and the next one takes the lock nevertheless."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Held) as refused, locked(path):
            pass
        assert refused.value.process == str(process.pid)

        process.kill()
        process.wait()

    assert path.exists()
    with locked(path):
        pass
    assert not path.exists()


def test_an_error_in_the_block_lets_go(path: Path) -> None:
    """The lock ends with the block, however that ends."""
    with pytest.raises(ZeroDivisionError), locked(path):
        _ = 1 / 0

    with locked(path):
        pass


def test_a_file_that_was_exchanged_meanwhile_is_not_the_lock(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waited for a file that its holder then removed locks the one that is there."""
    real, tries = locks.try_lock, []

    def lock(descriptor: int) -> bool:
        if not tries:
            path.unlink()
        tries.append(descriptor)
        return real(descriptor)

    monkeypatch.setattr(locks, "try_lock", lock)

    with locked(path):
        assert len(tries) == 2
        monkeypatch.undo()
        with pytest.raises(Held), locked(path):
            pass


def test_a_file_system_without_locks_stops_nobody(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network file systems know no locks; a training is possible there."""

    def unknown(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr(pytest.importorskip("fcntl"), "flock", unknown)

    with locked(path), locked(path):
        pass


def test_windows_locks_a_byte_that_nobody_reads(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There a lock keeps others from reading, so it lies far behind the number of the process."""
    taken: list[tuple[int, int]] = []

    def locking(descriptor: int, mode: int, count: int) -> None:
        place = os.lseek(descriptor, 0, os.SEEK_CUR)
        if taken:
            raise PermissionError(errno.EACCES, "Permission denied")
        taken.append((place, count))

    fake = types.SimpleNamespace(locking=locking, LK_NBLCK=2)
    monkeypatch.setitem(sys.modules, "msvcrt", fake)  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "platform", "win32")
    source = Path(locks.__file__).read_text("utf-8")
    windows: dict[str, Any] = {"__name__": "windows"}
    exec(compile(source, locks.__file__, "exec"), windows)
    monkeypatch.setattr("kerasport.locks.take_lock", windows["take_lock"])
    monkeypatch.setattr("kerasport.locks.drop_lock", windows["drop_lock"])

    with locked(path):
        assert taken == [(1 << 30, 1)]
        with pytest.raises(Held) as refused, locked(path):
            pass
        assert refused.value.process == path.read_text("ascii").strip() == str(os.getpid())
    assert not path.exists()
