"""Where programs that are started here put their temporary files."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

__all__ = [
    "TEMPORARY_VARIABLE",
    "TEMPORARY_VARIABLES",
    "fits_a_socket",
    "free_temporary_bytes",
]

TEMPORARY_VARIABLES = ("TMPDIR", "TEMP", "TMP")
"""Environment variables that name the folder: the first on Unix, the others on Windows."""

TEMPORARY_VARIABLE = "TEMP" if sys.platform == "win32" else "TMPDIR"
"""The one to set here."""

_SOCKET_PATH_BYTES = 103
"""Longest path of a socket on macOS, without its final zero; Linux allows 107."""

_CHROMIUM_SOCKET = ".org.chromium.Chromium.XXXXXX/SingletonSocket"


def free_temporary_bytes() -> int:
    """Return how many bytes temporary files may still take."""
    return shutil.disk_usage(tempfile.gettempdir()).free


def fits_a_socket(folder: Path) -> bool:
    """Tell whether the socket that Chromium makes may lie in the folder."""
    return len(os.fsencode(folder / _CHROMIUM_SOCKET)) <= _SOCKET_PATH_BYTES
