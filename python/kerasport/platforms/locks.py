"""Locks on files, which the system itself lets go of when their holder ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

__all__ = ["drop_lock", "take_lock", "try_lock"]

# A link in the place of a lock file is not followed: in a folder for temporary files anybody may
# make one.
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)

_FAR = 1 << 30

if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool:
        """Lock an open file for this process; False if another one has it."""
        # What is locked there can be read by nobody else: it lies behind all that is written.
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file for this process; False if another one has it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def take_lock(path: Path) -> int | None:
    """Make the lock file `path` and return its descriptor; None if another process has it.

    Raises:
        OSError: the file cannot be written, or its file system has no locks.
    """
    while True:
        descriptor = os.open(path, _FLAGS, 0o600)
        try:
            if not try_lock(descriptor):
                os.close(descriptor)
                return None
            if _is_at(path, descriptor):
                return descriptor
        except BaseException:
            with contextlib.suppress(OSError):
                os.close(descriptor)
            raise
        # Its holder removed it between the two steps above: what is locked is no longer there.
        os.close(descriptor)


def drop_lock(path: Path, descriptor: int) -> None:
    """Remove a lock file that this process holds."""
    if sys.platform == "win32":
        # Open files cannot be removed there, and that of another process stays for that reason.
        os.close(descriptor)
        with contextlib.suppress(OSError):
            path.unlink()
        return
    # Removed while it is held: nobody else can have taken it.
    with contextlib.suppress(OSError):
        path.unlink()
    os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
