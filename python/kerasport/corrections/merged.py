"""Several tables of corrections as one: by content, the later ones win."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kerasport.corrections.table import Correction, read_table
from kerasport.dataset.identity import content_of
from kerasport.dataset.paths import (
    archive_at,
    exists,
    is_file,
    is_folder,
    list_names,
    read_bytes,
    size_of,
)
from kerasport.errors import DataError
from kerasport.pictures import MAX_BYTES, too_many_bytes

__all__ = ["Conflict", "Corrections", "read_corrections"]

_TABLE_FILE = "corrections.csv"
"""The table in an archive."""

_PICTURES_FOLDER = "pictures"
"""The pictures beside it."""


@dataclass(frozen=True)
class Conflict:
    """Two corrections of one picture that contradict; the later one is taken."""

    earlier: Correction
    later: Correction

    @property
    def text(self) -> str:
        """What was said of which picture, on one line."""
        return (
            f"'{self.later.file or self.later.content[:12]}' is {self.earlier.words} and then "
            f"{self.later.words}"
        )


@dataclass(frozen=True)
class Corrections:
    """What is known about pictures.

    Attributes:
        by_content: one for each picture, in the order in which they were first named.
        conflicts: pictures with several that contradict.
        pictures: content -> file in an archive, of pictures that came with a table.
    """

    by_content: dict[str, Correction]
    conflicts: tuple[Conflict, ...] = ()
    pictures: dict[str, Path] = field(default_factory=dict)


def read_corrections(paths: Sequence[Path]) -> Corrections:
    """Return the corrections of tables and archives, of which later ones win.

    Args:
        paths: `.csv` tables, and `.zip` archives of `corrections.csv` and `pictures/`.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    rows: list[Correction] = []
    pictures: dict[str, Path] = {}
    for path in paths:
        if not exists(path):
            raise DataError(
                f"There are no corrections at '{path}'. Expected corrections.csv or "
                "corrections.zip, as a page saved it."
            )
        if is_folder(path) or archive_at(path) is not None:
            rows += read_table(_table_in(path))
            pictures.update(_pictures_in(path))
        else:
            rows += read_table(path)
    merged, conflicts = _merge(rows)
    return Corrections(merged, tuple(conflicts), pictures)


def _merge(rows: Iterable[Correction]) -> tuple[dict[str, Correction], list[Conflict]]:
    merged: dict[str, Correction] = {}
    conflicts = []
    for row in rows:
        earlier = merged.get(row.content)
        if earlier is not None and earlier.meaning != row.meaning:
            conflicts.append(Conflict(earlier, row))
        merged[row.content] = row
    return merged, conflicts


def _table_in(folder: Path) -> Path:
    if _TABLE_FILE not in list_names(folder):
        raise DataError(
            f"'{folder}' holds no {_TABLE_FILE}, so it says nothing about pictures. Expected what "
            "a page saved as corrections.zip."
        )
    return folder / _TABLE_FILE


def _pictures_in(folder: Path) -> dict[str, Path]:
    """Return the pictures by their content, whatever they are called."""
    inside = folder / _PICTURES_FOLDER
    if not is_folder(inside):
        return {}
    found = {}
    for name, is_inner in sorted(list_names(inside).items()):
        if not is_inner and not name.startswith("."):
            try:
                found[content_of(_bytes_of(inside / name))] = inside / name
            except OSError as error:
                raise DataError(f"'{inside / name}' cannot be read ({error}).") from None
    return found


def _bytes_of(path: Path) -> bytes:
    """Return the bytes of a picture; a pipe would be waited for, and a device has no end."""
    if not is_file(path):
        raise OSError("not a file")
    if (size := size_of(path)) > MAX_BYTES:
        raise OSError(too_many_bytes(size).reason)
    return read_bytes(path)
