"""Where a run may be written, and how it gets there as a whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kerasport.displayed import is_text
from kerasport.errors import DataError
from kerasport.files import replaced_folder
from kerasport.runs.names import DESCRIPTION_FILE, MODEL_FILE

__all__ = ["cannot_be_written", "check_target", "new_run"]


def check_target(out: Path, *, force: bool) -> None:
    """Raise unless a run may be written to `out`.

    Raises:
        DataError: there is a run and `force` is false, or something that is no run at all; or
            the folder that it would be in takes no new one.
    """
    if not is_text(out.absolute()):
        raise DataError(
            f"The path '{out.absolute()}' is not UTF-8 text, and a run names its folder in its "
            "files. Name another folder."
        )
    try:
        _check_what_is_there(out, force=force)
        _check_parent(out)
    except OSError as error:
        raise cannot_be_written(out, error) from None


def cannot_be_written(out: Path, error: OSError) -> DataError:
    """Return the error for a run that the system does not let be written."""
    return DataError(
        f"The run cannot be written to '{out}' ({error.strerror or error}). Expected a folder that "
        "takes new files. Name another, or change its permissions."
    )


def _check_parent(out: Path) -> None:
    """Raise unless there may be a new folder, which is what comes of hours of training."""
    parent = next(each for each in out.absolute().parents if each.exists())
    if not parent.is_dir():
        raise DataError(f"'{parent}' is a file, so nothing can be in it. Name another folder.")
    if not os.access(parent, os.W_OK | os.X_OK):
        code = errno.EROFS if _is_read_only(parent) else errno.EACCES
        raise OSError(code, os.strerror(code), str(parent))


def _is_read_only(folder: Path) -> bool:
    # Windows has no such call; there the permission is all that is asked for.
    found = os.statvfs(folder) if hasattr(os, "statvfs") else None
    return found is not None and bool(found.f_flag & os.ST_RDONLY)


def _check_what_is_there(out: Path, *, force: bool) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise DataError(f"'{out}' is a file. Expected a folder for the run; name another.")
    if not any(out.iterdir()):
        return
    if not (out / DESCRIPTION_FILE).is_file() or not (out / MODEL_FILE).is_file():
        raise DataError(
            f"'{out}' is not empty and is not a run of kerasport, so it is not replaced. "
            "Name another folder."
        )
    if not force:
        raise DataError(
            f"There is a run at '{out}' already. "
            "Name another folder, or pass --force to replace it."
        )


@contextmanager
def new_run(out: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield an empty folder that becomes the run `out` when the block succeeds.

    Raises:
        DataError: see `check_target`.
    """
    check_target(out, force=force)
    with replaced_folder(out) as folder:
        yield folder
