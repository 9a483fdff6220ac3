"""Files that several processes may write at once and that a kill at any moment leaves usable."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kerasport.errors import DataError
from kerasport.platforms import BINARY, try_lock

__all__ = ["Journal", "check_is_regular", "journal_text", "locked"]

_POLL_SECONDS = 0.05


class Journal:
    """Records that are only ever added, one checked line each; the last one for a key counts.

    A line that a kill cut short, or that was changed afterwards, is passed over when reading.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """Return key -> record; nothing where there is no file."""
        return dict(self.records())

    def records(self) -> Iterator[tuple[str, Any]]:
        """Yield the key and the record of every line, in order, and hold none of them."""
        with contextlib.suppress(FileNotFoundError):
            check_is_regular(self.path)
            with self.path.open("rb") as stream:
                yield from filter(None, (_parse(line.rstrip(b"\n")) for line in stream))

    def append(self, records: Mapping[str, Any]) -> None:
        """Add records, in one write, so that lines of two processes never mix."""
        if not records:
            return
        # The leading line end closes whatever a kill has left behind.
        lines = b"\n" + journal_text(records)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | BINARY
        descriptor = os.open(self.path, flags, 0o644)
        try:
            if os.write(descriptor, lines) != len(lines):
                raise OSError(errno.ENOSPC, "it could not be written whole", str(self.path))
        finally:
            os.close(descriptor)


def check_is_regular(path: Path) -> None:
    """Refuse what would be waited for, or has no end: a cache may be somebody else's.

    Raises:
        DataError: there is a pipe or a device.
        OSError: there is nothing.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise DataError(f"'{path}' is no file. Expected what 'kerasport cache' wrote; remove it.")


def journal_text(records: Mapping[str, Any]) -> bytes:
    """Return a journal of these records, in their order."""
    return b"".join(_line(key, record) for key, record in records.items())


def _line(key: str, record: Any) -> bytes:
    text = json.dumps([key, record], separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _parse(line: bytes) -> tuple[str, Any] | None:
    try:
        if int(line[:8], 16) == zlib.crc32(line[9:]):
            key, record = json.loads(line[9:])
            # The checksum tells of accidents alone: a cache may be somebody else's.
            return (key, record) if isinstance(key, str) else None
    except (ValueError, TypeError, RecursionError):
        pass
    return None


@contextlib.contextmanager
def locked(path: Path, *, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; call `on_wait` once if another has it.

    The system itself lets go of the lock when its holder ends, however it ends: no lock is ever
    left behind.

    Raises:
        OSError: the file cannot be written, or its file system has no locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not try_lock(descriptor):
            on_wait()
            while not try_lock(descriptor):
                time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)
