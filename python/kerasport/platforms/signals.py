"""Ending in good order when the system or the user asks for it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

__all__ = ["held_back", "terminated_cleanly"]

_ENDING = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""A request to end, a terminal that closes, and what Windows has for both."""


@dataclass
class _Held:
    """How many blocks of `held_back` the main thread is in, and what waits for their end."""

    blocks: int = 0
    stop: BaseException | None = None


_held = _Held()


@contextlib.contextmanager
def terminated_cleanly() -> Iterator[None]:
    """Have signals raise in the block: SystemExit (128 plus the number), Ctrl-C KeyboardInterrupt.

    Outside the main thread, where no handler can be set, nothing changes. A signal that the
    process was started to ignore, as `nohup` does, stays ignored.

    >>> with terminated_cleanly():
    ...     pass
    """

    def end(number: int, frame: FrameType | None) -> None:
        # One is enough: a second one must not interrupt the cleaning up.
        for each in before:
            if each != signal.SIGINT:
                signal.signal(each, signal.SIG_IGN)
        stop = KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)
        if not _held.blocks:
            raise stop
        _held.stop = _held.stop or stop

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = ("SIGINT", *_ENDING)
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if handler != signal.SIG_IGN}
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Have what `terminated_cleanly` would raise wait until the block is over.

    For steps that belong together: taking a thing and noting that it was taken, clearing up.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _held.blocks += 1
    try:
        yield
    finally:
        _held.blocks -= 1
        if not _held.blocks and _held.stop is not None:
            stop, _held.stop = _held.stop, None
            raise stop
