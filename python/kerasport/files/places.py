"""Where a folder or a file may be written: links followed, and what cannot work told beforehand."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from kerasport.errors import KerasportError
from kerasport.platforms import is_mount_point

__all__ = ["NO_SPACE", "check_place", "named_in_errors", "place_of"]

NO_SPACE = frozenset(getattr(errno, name) for name in ("ENOSPC", "EDQUOT") if hasattr(errno, name))
"""Numbers of the errors that say that a disk, or somebody's share of it, is full."""


def place_of(path: Path) -> Path:
    """Return the absolute path that is written to: a link stays, and what it leads to is replaced.

    Raises:
        OSError: links lead round in a circle.
    """
    place = Path(os.path.realpath(path))
    if place.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return place


def check_place(path: Path, *, folder: bool = True) -> None:
    """Tell before the work what would make writing fail after it.

    Args:
        path: what is to be written.
        folder: whether that is a folder, which is replaced as a whole.

    Raises:
        KerasportError: it cannot be written, or not as a whole.
    """
    place = place_of(path)
    here = Path(os.path.realpath(Path.cwd()))
    if folder and place in (here, *here.parents):
        raise KerasportError(
            f"'{path}' is the folder that this command runs in, or one around it, and it would be "
            "replaced as a whole. Name a folder inside of it."
        )
    if folder and is_mount_point(place):
        raise KerasportError(
            f"'{path}' is where a file system is mounted, so it cannot be replaced as a whole. "
            f"Name a folder inside of it, such as '{path / 'model'}'."
        )
    above = next(each for each in place.parents if os.path.lexists(each))
    if not above.is_dir():
        raise KerasportError(f"'{above}' is a file, so '{path}' cannot be inside of it.")
    if not os.access(above, os.W_OK | os.X_OK):
        raise KerasportError(
            f"'{path}' cannot be written: nothing can be added to the folder '{above}', because it "
            "belongs to somebody else or can only be read. Name another place."
        )


@contextlib.contextmanager
def named_in_errors(path: Path) -> Iterator[None]:
    """Have the error of a full disk say which: the system names a file only when it opens it."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE and error.filename is None:
            error.filename = str(path)
        raise
