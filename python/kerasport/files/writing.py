"""Writing one file so that nobody ever sees half of it, and hashing it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from kerasport.displayed import encodable, json_encodable
from kerasport.files.claims import alone_at, hidden_prefix
from kerasport.files.places import named_in_errors, place_of
from kerasport.platforms import held_back, rename

__all__ = ["new_file", "sha256_of", "to_json", "write_bytes", "write_json", "write_text"]


def to_json(value: Any) -> str:
    """Return `value` as JSON with sorted keys and a final newline: equal values, equal bytes."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return json_encodable(text) + "\n"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, reading it in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to a temporary neighbor of `path` and rename it into place.

    Where `path` is a link, the file that it leads to is replaced. A pipe or a device, such as
    `/dev/stdout`, is written to.

    Raises:
        KerasportError: another command is writing `path`.
        OSError: it cannot be written.
    """
    place = place_of(path)
    with named_in_errors(place):
        if place.exists() and not place.is_file():
            place.write_bytes(data)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        # Short enough to be done as one.
        with held_back(), alone_at(place):
            _write_and_rename(place, data)


def _write_and_rename(place: Path, data: bytes) -> None:
    with new_file(place) as stream:
        stream.write(data)


@contextlib.contextmanager
def new_file(place: Path) -> Iterator[BinaryIO]:
    """Yield a file, open for writing, that takes the place `place` when the block ends.

    For those who are `alone_at` it. After an error what was there before is unchanged.

    Raises:
        OSError: it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(prefix=hidden_prefix(place, "new"), dir=place.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
        # mkstemp makes files that only their owner can read; a bundle is there to be served.
        temporary.chmod(0o644)
        rename(temporary, place)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text through `write_bytes`, with `\\n` line ends on every system."""
    # A report must not be lost for a name in it that is no UTF-8.
    write_bytes(path, encodable(text).encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write `value` as sorted JSON through `write_bytes`."""
    write_text(path, to_json(value))
