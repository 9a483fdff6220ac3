"""Stopping in good order: at an interrupt no browser stays, and nobody waits for its answer."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from kerasport.parity.browsers.guard import command_line, descendants

__all__ = ["run_apart"]

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


def _end(identifiers: set[int]) -> None:
    for identifier in identifiers:
        # Playwright's own process stays: it closes what is left, and would be missed.
        if "run-driver" not in command_line(identifier):
            with contextlib.suppress(OSError):
                os.kill(identifier, signal.SIGTERM)
