"""Files and folders: what opening, renaming and mounting them is on each system."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["BINARY", "exchange", "is_mount_point", "rename"]

BINARY = getattr(os, "O_BINARY", 0)
"""Flag of `os.open`: what is written is not changed, where Windows would write other line ends."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # <linux/fs.h>
_RENAME_SWAP = 2  # <sys/stdio.h> of macOS

# The system or the file system does not know the call, or not with these flags.
_UNABLE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}

# A virus scanner or an indexer that looks at new files holds them open for a moment.
_RETRY_SECONDS, _RETRY_PAUSE_SECONDS = 2.0, 0.05

_MOUNTS = Path("/proc/self/mountinfo")


def exchange(first: Path, second: Path) -> bool:
    """Let two folders, or files, change places in one step; False where that cannot be done.

    Windows has no such call, and some file systems do not know it.

    Raises:
        OSError: one of them is missing, or may not be renamed.
    """
    call = _exchange_call()
    if call is None or call(os.fsencode(first), os.fsencode(second)) == 0:
        return call is not None
    number = ctypes.get_errno()
    if number in _UNABLE:
        return False
    raise OSError(number, os.strerror(number), str(first), None, str(second))


def _exchange_call() -> Callable[[bytes, bytes], int] | None:
    if sys.platform == "win32":
        return None
    library: Any = ctypes.CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            swap = library.renamex_np
            return lambda first, second: int(swap(first, second, ctypes.c_uint(_RENAME_SWAP)))
        call = library.renameat2
    except AttributeError:
        # An older C library, or a system that has another call or none.
        return None
    here, flags = ctypes.c_int(_AT_FDCWD), ctypes.c_uint(_RENAME_EXCHANGE)
    return lambda first, second: int(call(here, first, here, second, flags))


def rename(source: Path, target: Path) -> None:
    """Rename a folder to a name that is free, or a file to any; on Windows again for a moment.

    Raises:
        OSError: it cannot be renamed.
    """
    end = time.monotonic() + _RETRY_SECONDS
    while True:
        try:
            source.replace(target)
            return
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > end:
                raise
        time.sleep(_RETRY_PAUSE_SECONDS)


def is_mount_point(path: Path) -> bool:
    """Tell whether another file system, or another folder, is mounted on the folder `path`."""
    if path.is_mount():
        return True
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return False
    # A folder mounted from its own file system shows only here; see proc(5) for the escapes.
    wanted = os.fsencode(path.resolve())
    return any(_unescaped(line.split(b" ")[4]) == wanted for line in lines if line.count(b" ") > 4)


def _unescaped(name: bytes) -> bytes:
    for escape, byte in ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n")):
        name = name.replace(escape, byte)
    return name.replace(b"\\134", b"\\")
