"""Tables that lie beside the pictures in a folder, as hubs and annotation tools write them."""

from __future__ import annotations

from pathlib import Path

from kerasport.dataset.dataset import Split
from kerasport.dataset.paths import is_file, list_names
from kerasport.dataset.tables.columns import split_of_word
from kerasport.dataset.tables.headings import flag_named, rank_of
from kerasport.dataset.tables.source import TABLE_SUFFIXES, parse_table
from kerasport.errors import DataError

__all__ = ["hint_of_table", "tables_beside"]

# Hugging Face's folders of pictures and Roboflow's export "multi-label classification".
_NAMES = ("metadata.csv", "metadata.jsonl", "_classes.csv")
_MOST_HINTED = 3


def tables_beside(folder: Path) -> list[tuple[Path, Split | None]]:
    """Return the tables of labels in a folder, or in its split folders with their splits.

    A table that gives no labels, such as captions, does not count: then the folders do.
    """
    own = _table_in(folder)
    if own is not None:
        return [(own, None)]
    found: list[tuple[Path, Split | None]] = []
    for inner in sorted(folder / name for name, is_inner in _names(folder).items() if is_inner):
        split = split_of_word(inner.name.lower())
        table = _table_in(inner) if split else None
        if table is not None:
            found.append((table, split))
    return found


def hint_of_table(folder: Path) -> str:
    """Return a sentence about tables of labels in a folder that has no classes, or nothing."""
    files = sorted(
        folder / name
        for name, is_inner in _names(folder).items()
        if not is_inner and Path(name).suffix.lower() in TABLE_SUFFIXES
    )
    named = [f"'{path}'" for path in files if _has_labels(path)]
    if not named:
        return ""
    shown = " or ".join(named[:_MOST_HINTED])
    return f" If the labels are in {shown}, name that file instead of the folder."


def _names(folder: Path) -> dict[str, bool]:
    try:
        return list_names(folder)
    except OSError:
        # Told when the folder is read.
        return {}


def _table_in(folder: Path) -> Path | None:
    for name in _NAMES:
        path = folder / name
        if is_file(path) and _has_labels(path):
            return path
    return None


def _has_labels(path: Path) -> bool:
    try:
        table = parse_table(path, remarks=[])
    except DataError:
        # Named as the table of labels, it is read again and what is wrong with it is told.
        return path.name == _NAMES[-1]
    if path.name == _NAMES[-1]:
        return True
    columns = [column for column in table.columns if flag_named(column) is None]
    return all(
        any(rank_of(column, role) is not None for column in columns) for role in ("path", "label")
    )
