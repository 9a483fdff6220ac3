"""One process at a time: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["Held", "locked"]

_IS_WINDOWS = os.name == "nt"
# The place in the file that Windows locks; others cannot read it, but what stands before it.
_FAR = 1 << 30
_BUSY = frozenset({errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK})


class Held(Exception):
    """Another process, or another thread, has the lock; `process` is its number where known."""

    def __init__(self, process: str) -> None:
        super().__init__(process)
        self.process = process


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of the file `path` in the block, and remove the file after it.

    The system lets go of it when the process dies, so that a file that is left over means nothing.
    On file systems without locks every process gets it.

    Raises:
        Held: somebody has it.
        OSError: the file cannot be written.
    """
    descriptor = _taken(path)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        if _IS_WINDOWS:
            # What is open cannot be removed there, unless nobody else has opened it by then.
            os.close(descriptor)
            with contextlib.suppress(OSError):
                path.unlink()
        else:
            # While it is held: nobody then removes the file of the next one.
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(descriptor)


def _taken(path: Path) -> int:
    """Return the open file, locked."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        try:
            if not _lock(descriptor):
                raise Held(os.read(descriptor, 20).decode("ascii", "replace").strip())
            # Whoever held it may have removed it between the two steps.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock an open file until it is closed; tell whether nobody else has it."""
    try:
        if _IS_WINDOWS:
            _windows(descriptor)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _BUSY
    return True


def _windows(descriptor: int) -> None:
    msvcrt: Any = importlib.import_module("msvcrt")
    os.lseek(descriptor, _FAR, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
