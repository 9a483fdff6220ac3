"""Pieces of bytes in a file that vanishes with the process."""

from __future__ import annotations

import tempfile
import threading
import weakref
from array import array
from typing import Any

from kerasport.platforms import TEMPORARY_VARIABLE, free_temporary_bytes

__all__ = ["SPARE_BYTES", "Spool", "no_room"]

SPARE_BYTES = 256 << 20
"""Left free on the disk."""


def no_room(what: str) -> ValueError:
    """Return the error for a disk that has no room for `what`."""
    return ValueError(
        f"there is no room for {what}; name a folder that has some with the environment variable "
        f"{TEMPORARY_VARIABLE}"
    )


class Spool:
    """Numbered pieces, each its bytes or a reason why it has none: added first, then read.

    Several threads may read at once. `size` is the bytes of all, and `most` what they may be.
    """

    def __init__(self) -> None:
        self.size = 0
        self.most = 0
        self._ends = array("q")
        self._reasons: dict[int, str] = {}
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._room = free_temporary_bytes() - SPARE_BYTES
        self._access = threading.Lock()
        weakref.finalize(self, self._file.close)

    def add(self, data: Any, reason: str = "") -> None:
        """Add the bytes of a piece, anything that `write` takes; None with the reason.

        Raises:
            OSError: it is too much, or there is no room.
        """
        if data is None:
            self._reasons[len(self._ends)] = reason
        else:
            size = self.size + len(data)
            if size > self.most:
                raise OSError(f"the row group unpacks to more than {self.most:,} bytes")
            if size > self._room:
                raise OSError(str(no_room("what it unpacks to")))
            self._file.write(data)
            self.size = size
        self._ends.append(self.size)

    def __len__(self) -> int:
        return len(self._ends)

    def read(self, piece: int) -> bytes:
        """Return the bytes of a piece.

        Raises:
            OSError: it has none; the message is the reason.
        """
        if piece in self._reasons:
            raise OSError(self._reasons[piece])
        start = self._ends[piece - 1] if piece else 0
        # Not mapped: the system would count what is read as this process' own memory.
        with self._access:
            self._file.seek(start)
            return self._file.read(self._ends[piece] - start)
