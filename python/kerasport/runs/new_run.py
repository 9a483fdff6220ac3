"""Where a run may be written, and how it gets there as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kerasport.displayed import is_text
from kerasport.errors import DataError
from kerasport.files import check_place, put_back, replaced_folder
from kerasport.runs.names import DESCRIPTION_FILE, MODEL_FILE

__all__ = ["cannot_be_written", "check_target", "new_run"]


def check_target(out: Path, *, force: bool) -> None:
    """Raise unless a run may be written to `out`.

    Raises:
        DataError: there is a run and `force` is false, or something that is no run at all.
        KerasportError: nothing can be written there.
    """
    if not is_text(out.absolute()):
        raise DataError(
            f"The path '{out.absolute()}' is not UTF-8 text, and a run names its folder in its "
            "files. Name another folder."
        )
    try:
        put_back(out)
        check_place(out)
        _check_what_is_there(out, force=force)
    except OSError as error:
        raise cannot_be_written(out, error) from None


def cannot_be_written(out: Path, error: OSError) -> DataError:
    """Return the error for a run that the system does not let be written."""
    return DataError(
        f"The run cannot be written to '{out}' ({error.strerror or error}). Expected a folder that "
        "takes new files. Name another, or change its permissions."
    )


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
        # Another command may have put a run there while this one waited for its turn.
        check_target(out, force=force)
        yield folder
