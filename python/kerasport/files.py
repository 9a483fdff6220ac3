"""Writing files so that nobody ever sees half of one, and hashing them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["replaced_folder", "sha256_of", "to_json", "write_bytes", "write_json", "write_text"]


def to_json(value: Any) -> str:
    """Return `value` as JSON with sorted keys and a final newline: equal values, equal bytes."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, reading it in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to a temporary neighbour of `path` and rename it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        # mkstemp makes files that only their owner can read; a bundle is there to be served.
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    r"""Write UTF-8 text through `write_bytes`, with `\n` line ends on every system.

    A file name that is no UTF-8 has lone surrogates in Python. They are written as `\udcff`, which
    JSON reads as the same name again.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Any) -> None:
    """Write `value` as sorted JSON through `write_bytes`."""
    write_text(path, to_json(value))


@contextlib.contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside `target` that takes its place when the block succeeds.

    When the block raises, the new folder is removed and `target` stays as it was. The old
    folder is renamed away first and deleted last, so a kill between the two renames leaves
    both on disk and loses neither.
    """
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.new-", dir=target.parent))
    fresh.chmod(0o755)
    try:
        yield fresh
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old-", dir=target.parent))
            target.replace(old / target.name)
            try:
                fresh.replace(target)
            except BaseException:
                (old / target.name).replace(target)
                raise
            shutil.rmtree(old)
        else:
            fresh.replace(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
