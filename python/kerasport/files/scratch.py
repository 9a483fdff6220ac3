"""Folders for a while, in the system's place for temporary files."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from kerasport.files.places import named_in_errors
from kerasport.platforms import drop_lock, held_back, take_lock

__all__ = ["is_scratch", "scratch_folder"]

_PREFIX = "kerasport-"
_NAME = re.compile(r"kerasport-[0-9a-f]{8}")
_LOCK = re.compile(rf"\.({_NAME.pattern})\.lock")

# A browser that is told to end may still be writing its profile.
_REMOVAL_SECONDS, _PAUSE_SECONDS = 3.0, 0.05


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder that is gone after the block.

    All that are in use at once lie in one folder of this process. After a kill that stays, and the
    next command removes it: a lock file beside it, `.NAME.lock`, tells whether its owner is alive.
    It is made before the folder and removed after it.

    Raises:
        OSError: it cannot be made; or what was written in it did not fit on the disk.
    """
    folder = None
    try:
        with held_back():
            folder = _SHARED.add()
        with named_in_errors(folder):
            yield folder
    finally:
        if folder is not None:
            with held_back():
                _SHARED.remove(folder)


def is_scratch(path: Path) -> bool:
    """Tell whether a path lies in a folder that `scratch_folder` made."""
    try:
        inside = path.relative_to(tempfile.gettempdir())
    except ValueError:
        return False
    return bool(inside.parts) and _NAME.fullmatch(inside.parts[0]) is not None


class _Shared:
    """The folder of this process that holds the others, there while one of them is."""

    def __init__(self) -> None:
        self._access = threading.Lock()
        self._inside: set[Path] = set()
        self._numbers = itertools.count(1)
        self._claimed: tuple[Path, Path, int | None] | None = None

    def add(self) -> Path:
        """Return a new folder."""
        with self._access:
            if self._claimed is None:
                top = Path(tempfile.gettempdir())
                _clear_once(top)
                self._claimed = _claimed(top)
            # Short: a browser puts a socket inside of it, whose path is limited.
            folder = self._claimed[0] / str(next(self._numbers))
            try:
                folder.parent.mkdir(mode=0o700, exist_ok=True)
                folder.mkdir()
            except OSError:
                self._let_go()
                raise
            self._inside.add(folder)
            return folder

    def remove(self, folder: Path) -> None:
        """Remove a folder, and what held it if it was the last one."""
        _remove(folder)
        with self._access:
            self._inside.discard(folder)
            self._let_go()

    def _let_go(self) -> None:
        if self._inside or self._claimed is None:
            return
        top, lock, descriptor = self._claimed
        self._claimed = None
        _remove(top)
        if descriptor is not None:
            drop_lock(lock, descriptor)


_SHARED = _Shared()


def _claimed(top: Path) -> tuple[Path, Path, int | None]:
    """Return the path of a folder that is not there yet, its lock file and the lock on that."""
    while True:
        name = f"{_PREFIX}{secrets.token_hex(4)}"
        folder, lock = top / name, top / f".{name}.lock"
        if os.path.lexists(folder) or os.path.lexists(lock):
            continue
        try:
            descriptor = take_lock(lock)
        except OSError:
            # No locks there; or nothing can be written, which making the folder will tell.
            with contextlib.suppress(OSError):
                lock.unlink()
            return folder, lock, None
        if descriptor is not None:
            return folder, lock, descriptor


@functools.cache
def _clear_once(top: Path) -> None:
    """Remove the folders that killed commands of this user have left."""
    with contextlib.suppress(OSError), os.scandir(top) as entries:
        for entry in entries:
            name = _LOCK.fullmatch(entry.name)
            if name is not None:
                with contextlib.suppress(OSError):
                    _clear(top / name[1], Path(entry.path))


def _clear(folder: Path, lock: Path) -> None:
    if not (_is_own(lock) and (_is_own(folder) or not os.path.lexists(folder))):
        return
    descriptor = take_lock(lock)
    if descriptor is not None:
        shutil.rmtree(folder, ignore_errors=True)
        if os.path.lexists(folder):
            os.close(descriptor)
        else:
            drop_lock(lock, descriptor)


def _is_own(path: Path) -> bool:
    """Tell whether a file is this user's: the folder for temporary files is everybody's."""
    try:
        owner = path.lstat().st_uid
    except OSError:
        return False
    return owner == (os.getuid() if hasattr(os, "getuid") else 0)


def _remove(folder: Path) -> None:
    end = time.monotonic() + _REMOVAL_SECONDS
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists() or time.monotonic() > end:
            return
        time.sleep(_PAUSE_SECONDS)
