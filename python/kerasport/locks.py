"""One process at a time: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from kerasport.platforms import drop_lock, take_lock

__all__ = ["Held", "locked"]

_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What file systems say that have none."""


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
    try:
        descriptor = take_lock(path)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        yield
        return
    if descriptor is None:
        raise Held(_holder_of(path))
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        drop_lock(path, descriptor)


def _holder_of(path: Path) -> str:
    """Return the number of the process that wrote the file last; nothing where that is unknown."""
    try:
        return path.read_text("ascii", "replace").strip()[:20]
    except OSError:
        return ""
