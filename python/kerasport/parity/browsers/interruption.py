"""Stopping in good order: at an interrupt no browser stays, and nobody waits for its answer."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from types import FrameType
from typing import TypeVar

from kerasport.parity.browsers.guard import descendants

__all__ = ["run_apart", "terminated_cleanly"]

_POLL_SECONDS = 0.5

Result = TypeVar("Result")


def run_apart(work: Callable[[threading.Event], Result]) -> Result:
    """Return what `work` does in a thread of its own; end the processes of it when interrupted.

    In a thread, because Playwright's synchronous interface refuses to run where an event loop does,
    as in a notebook. Whatever interrupts the waiting (`KeyboardInterrupt`, `SystemExit` from a
    signal) is raised again when the thread has ended.

    Args:
        work: is given an event that is set as soon as its result is no longer wanted.
    """
    stop = threading.Event()
    before = set(descendants(os.getpid()))
    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(work, stop)
        try:
            return future.result()
        except BaseException:
            stop.set()
            # Again and again: it may have been about to start the next browser.
            while not future.done():
                _end(set(descendants(os.getpid())) - before)
                wait([future], _POLL_SECONDS)
            raise


@contextlib.contextmanager
def terminated_cleanly() -> Iterator[None]:
    """Have SIGTERM and SIGHUP raise SystemExit (128 plus the signal's number) in the block.

    Outside the main thread, where no handler can be set, nothing changes.

    >>> with terminated_cleanly():
    ...     pass
    """

    def end(number: int, frame: FrameType | None) -> None:
        # One is enough: a second one must not interrupt the cleaning up.
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = ("SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(identifiers: set[int]) -> None:
    for identifier in identifiers:
        with contextlib.suppress(OSError):
            # Playwright's own process stays: it closes what is left, and would be missed.
            if b"run-driver" not in Path(f"/proc/{identifier}/cmdline").read_bytes():
                os.kill(identifier, signal.SIGTERM)
