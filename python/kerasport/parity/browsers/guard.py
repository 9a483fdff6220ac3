"""A small process between Python and a browser: when Python is gone, so is the browser.

`python guard.py FOLDER COMMAND...` runs a command until its standard input ends, which it does
even when the process that holds the other end is killed outright. Then it ends the command, all
that the command started, and removes the folder. It runs as a script, without the package, so that
it starts at once: nothing but the standard library is imported here.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["GRACE_SECONDS", "Process", "command_line", "descendants", "processes"]

GRACE_SECONDS = 3.0
"""Time for a process to end by itself when it is asked to: a display server removes its lock."""

_POLL_SECONDS = 0.2
_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of <linux/prctl.h>


class Process:
    """A living process: `memory` in bytes; `session` is its leader's `id`."""

    def __init__(self, identifier: int, parent: int, session: int, memory: int) -> None:
        self.id = identifier
        self.parent = parent
        self.session = session
        self.memory = memory


def processes() -> Iterator[Process]:
    """Yield every process of this machine that is not over; none where that cannot be known."""
    if sys.platform == "linux":
        yield from _from_proc()
    elif sys.platform != "win32":
        columns = "pid=,ppid=,pgid=,rss=,stat="
        # A process group stands for the session: macOS shows only an address for that.
        for line in _ps("-axo", columns).splitlines():
            *numbers, state = line.split()
            if not state.startswith("Z"):
                identifier, parent, group, kilobytes = map(int, numbers)
                yield Process(identifier, parent, group, kilobytes * 1024)


def command_line(identifier: int) -> str:
    """Return a process' program and arguments, with a space between; empty where unknown."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.fsdecode(Path(f"/proc/{identifier}/cmdline").read_bytes()).replace("\0", " ")
        return ""
    return _ps("-o", "command=", "-p", str(identifier)) if sys.platform != "win32" else ""


def _from_proc() -> Iterator[Process]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        # It may end while it is read.
        with contextlib.suppress(OSError):
            text = path.read_text(encoding="utf-8", errors="replace")
            # The name may hold spaces and brackets. The fields are those of proc(5).
            fields = text.rpartition(") ")[2].split()
            if fields[0] not in "ZX":
                memory = int(fields[21]) * 4096
                yield Process(int(path.parent.name), int(fields[1]), int(fields[3]), memory)


def _ps(*arguments: str) -> str:
    try:
        done = subprocess.run(["ps", *arguments], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return os.fsdecode(done.stdout)


def descendants(root: int) -> list[int]:
    """Return the ids of all that `root` started, directly or not, and that still run."""
    children: dict[int, list[int]] = {}
    for process in processes():
        children.setdefault(process.parent, []).append(process.id)
    found = list(children.get(root, []))
    for identifier in found:
        found += children.get(identifier, [])
    return found


def main(arguments: Sequence[str]) -> int:
    """Run the command until standard input ends, and leave nothing of it behind."""
    folder, *command = arguments
    _adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            _wait(child)
        finally:
            _end(child)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return child.returncode


def _adopt_orphans() -> None:
    """Become the parent of whatever below loses its own, so that it is found again."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)


def _wait(child: subprocess.Popen[bytes]) -> None:
    """Return when standard input ends, or all is over by itself."""
    ended = threading.Event()

    def watch() -> None:
        # Not through sys.stdin, whose lock a thread that never returns would keep at the exit.
        while os.read(0, 1):
            pass
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    while not ended.wait(_POLL_SECONDS):
        if child.poll() is not None and not descendants(os.getpid()):
            return


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask all to end, and kill what does not."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform == "win32":
        # The only thing there that knows what a process has started.
        taskkill = ["taskkill", "/F", "/T", "/PID", str(child.pid)]
        with contextlib.suppress(OSError):
            subprocess.run(taskkill, capture_output=True, check=False)
    end = time.monotonic() + GRACE_SECONDS
    asked: set[int] = set()
    child.terminate()
    while child.poll() is None or descendants(os.getpid()):
        is_late = time.monotonic() > end
        if is_late:
            child.kill()
        for identifier in descendants(os.getpid()):
            if is_late or identifier not in asked:
                asked.add(identifier)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(identifier, signal.SIGKILL if is_late else signal.SIGTERM)
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
