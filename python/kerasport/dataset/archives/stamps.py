"""What tells that a file is still the same."""

from __future__ import annotations

import os

__all__ = ["stamp_of"]


def stamp_of(found: os.stat_result) -> tuple[int, ...]:
    """Return what changes when a file does."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
