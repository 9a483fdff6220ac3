"""One process at a time: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from kerasport.errors import DataError
from kerasport.platforms import drop_lock, take_lock

__all__ = ["Held", "alone_with", "locked"]

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


@contextlib.contextmanager
def alone_with(out: Path, word: str, under_way: str, *, what: str = "folder") -> Iterator[None]:
    """Keep others that do the same work for `out` out of the block.

    Args:
        out: what is written; by whatever links two of them name one, they are kept apart.
        word: stands in the name of the lock.
        under_way: what is, then, as the start of a sentence.
        what: what `out` is: a folder, or a file.

    Raises:
        DataError: there is one, or nothing can be written beside `out`.
    """
    real = Path(os.path.realpath(out))
    with contextlib.ExitStack() as stack:
        try:
            real.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(real.with_name(f".{real.name}.{word}.lock")))
        except Held as held:
            process = f" (process {held.process})" if held.process else ""
            raise DataError(
                f"{under_way} is under way{process}. Wait for its end, or name another {what} with "
                "--out."
            ) from None
        except OSError as error:
            raise DataError(
                f"The folder '{real.parent}' cannot be written ({error.strerror or error}). "
                f"Name another {what} with --out."
            ) from None
        yield


def _holder_of(path: Path) -> str:
    """Return the number of the process that wrote the file last; nothing where that is unknown."""
    try:
        return path.read_text("ascii", "replace").strip()[:20]
    except OSError:
        return ""
