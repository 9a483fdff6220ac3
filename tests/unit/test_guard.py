"""Which processes there are, as each system tells it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from kerasport.parity.browsers import guard

HERE = ["linux"] if sys.platform == "linux" else []


@pytest.fixture(
    params=[
        pytest.param("linux", marks=pytest.mark.skipif(not HERE, reason="reads /proc")),
        pytest.param(
            "darwin", marks=pytest.mark.skipif(shutil.which("ps") is None, reason="asks ps")
        ),
    ]
)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A system that tells of its processes: through files or through a program."""
    monkeypatch.setattr(guard.sys, "platform", request.param)
    return str(request.param)


def test_a_child_is_found_with_its_parent(system: str) -> None:
    """Its group, its memory and its command line too; once it is over it is none."""
    command = [sys.executable, "-c", "print(flush=True); input()", "a mark"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, start_new_session=True) as child:
        # Until it speaks it may be a copy of this process, or a program without memory yet.
        assert child.stdout is not None
        child.stdout.readline()
        assert "a mark" in guard.command_line(child.pid)
        (found,) = (each for each in guard.processes() if each.id == child.pid)

        assert (found.parent, found.session) == (os.getpid(), child.pid)
        assert 1 << 20 < found.memory < 1 << 30
        assert child.pid in guard.descendants(os.getpid())
        child.communicate(b"\n")

    assert child.pid not in guard.descendants(os.getpid())
    assert guard.command_line(child.pid) == ""


def test_windows_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked there, and nothing is known."""
    monkeypatch.setattr(guard.sys, "platform", "win32")
    monkeypatch.setattr(guard.subprocess, "run", None)

    assert list(guard.processes()) == []
    assert guard.command_line(os.getpid()) == ""


def test_without_the_program_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without `ps` has no list, which is no error."""
    monkeypatch.setattr(guard.sys, "platform", "darwin")
    monkeypatch.setenv("PATH", "")

    assert list(guard.processes()) == []
