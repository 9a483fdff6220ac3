"""Tables of path and label: CSV files and pandas DataFrames."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasport.dataset.dataset import Split
from kerasport.dataset.entries import Entry, Source
from kerasport.dataset.layout import split_named
from kerasport.errors import DataError
from kerasport.labels import normalize_class_name, order_class_names
from kerasport.progress import Progress

__all__ = ["frame_source", "is_frame", "read_table"]

_COLUMNS = {
    "path": ("path", "file", "filename", "filepath", "image", "image_path"),
    "label": ("label", "class", "category", "class_name"),
    "split": ("split", "set", "subset"),
}
_DELIMITERS = ",;\t"


def read_table(path: Path, *, root: Path, progress: Progress) -> Source:
    """Return the pictures that a CSV file lists, with the columns that `frame_source` names.

    The text is UTF-8, cells are separated by commas, semicolons or tabs.

    Raises:
        DataError: it is no such table, or a row is not usable; the message names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"'{path}' is not UTF-8 text ({error}). Save it as CSV in UTF-8.") from None
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise DataError(f"'{path}' is not a CSV table: {error}.") from None
    if not rows:
        raise DataError(f"'{path}' is empty. Expected a heading like 'path,label' and rows.")
    _, names = rows[0]
    for line, row in rows[1:]:
        if len(row) != len(names):
            raise DataError(
                f"'{path}', line {line}: {len(row)} cells. Expected {len(names)}, as in the "
                "heading; quote cells that contain the separator."
            )
    cells = {name: [row[at] for _, row in rows[1:]] for at, name in enumerate(names)}
    lines = [f"'{path}', line {line}" for line, _ in rows[1:]]
    return _source(f"'{path}'", cells, lines, root=root, progress=progress)


def is_frame(value: Any) -> bool:
    """Return whether `value` is a pandas DataFrame, without importing pandas."""
    return hasattr(value, "columns") and hasattr(value, "isna")


def frame_source(frame: Any, *, root: Path, progress: Progress) -> Source:
    """Return the pictures that a DataFrame lists: its columns path and label, and maybe split.

    Other names are understood too, in any case: `file`, `filename`, `image`; `class`,
    `category`; `set`, `subset`. Relative paths start from `root`; none may lead out of it,
    because sample pictures are published with the model.

    Raises:
        DataError: a column is missing, or a row is not usable; the message names the row.
    """
    missing = frame.isna()
    cells = {
        str(name): [
            None if gap else value for value, gap in zip(frame[name], missing[name], strict=True)
        ]
        for name in frame.columns
    }
    lines = [f"Row {row} of the table" for row in range(int(frame.shape[0]))]
    return _source("The table", cells, lines, root=root, progress=progress)


def _source(
    name: str,
    cells: Mapping[str, Sequence[Any]],
    lines: Sequence[str],
    *,
    root: Path,
    progress: Progress,
) -> Source:
    paths = _column(name, cells, "path", needed=True)
    labels = _column(name, cells, "label", needed=True)
    splits = _column(name, cells, "split", needed=False)
    if not lines:
        raise DataError(f"{name} has a heading but no rows. Expected one row per picture.")
    rows = [
        (
            _path(value, root=root, line=line),
            _label(label, line=line),
            _split(split, line=line) if splits else None,
        )
        for value, label, split, line in zip(paths, labels, splits or labels, lines, strict=True)
    ]
    class_names = tuple(order_class_names({label for _, label, _ in rows}))
    if len(class_names) == 1:
        raise DataError(
            f"{name} has one class only ({class_names[0]!r}). Expected at least two: a classifier "
            "chooses between classes."
        )
    kept = _without_repeats(rows, lines, progress=progress, name=name)
    given: frozenset[Split] = frozenset(split for _, _, split in kept if split is not None)
    if "train" not in given and given:
        raise DataError(
            f"{name} has pictures for {' and '.join(sorted(given))} but none for train. "
            "Mark those to learn from with 'train'."
        )
    # As with folders: what is missing beside train is cut from it.
    cut = not {"validation", "test"} <= given
    entries = tuple(
        Entry(path, class_names.index(label), None if cut and split == "train" else split)
        for path, label, split in kept
    )
    return Source(root, class_names, entries, given - {"train"} if cut else given)


def _column(
    name: str, cells: Mapping[str, Sequence[Any]], role: str, *, needed: bool
) -> Sequence[Any]:
    found = [column for column in cells if column.strip().lower() in _COLUMNS[role]]
    if len(found) > 1:
        raise DataError(
            f"{name} has several columns for the {role}: {', '.join(map(repr, found))}. "
            "Keep one, or rename the others."
        )
    if not found and needed:
        raise DataError(
            f"{name} has no column for the {role}, only {', '.join(map(repr, cells)) or 'none'}. "
            f"Expected a heading with one of: {', '.join(_COLUMNS[role])}."
        )
    return cells[found[0]] if found else []


def _text(value: Any) -> str:
    if value is None:
        return ""
    # pandas reads a column of whole numbers with a gap as fractions.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _path(value: Any, *, root: Path, line: str) -> Path:
    text = _text(value)
    if not text or "\0" in text:
        raise DataError(f"{line}: no path. Expected a file below '{root}'.")
    # By its spelling: a link inside the folder may lead anywhere, as with class folders.
    top = Path(os.path.normpath(root.absolute()))
    found = Path(os.path.normpath(top / text.replace("\\", "/")))
    if not found.is_relative_to(top):
        raise DataError(
            f"{line}: '{text}' leads out of '{root}'. Sample pictures are published with the "
            "model, so only one folder is read; name the one that holds all pictures with --root."
        )
    return root / found.relative_to(top)


def _label(value: Any, *, line: str) -> str:
    text = normalize_class_name(_text(value))
    if not text:
        raise DataError(f"{line}: no label. Give the picture a class, or remove the row.")
    return text


def _split(value: Any, *, line: str) -> Split:
    text = _text(value)
    split = split_named(text.lower())
    if split is None:
        raise DataError(
            f"{line}: {text!r} is not a split. Expected train, val (or validation) or test."
        )
    return split


def _without_repeats(
    rows: Iterable[tuple[Path, str, Split | None]],
    lines: Sequence[str],
    *,
    progress: Progress,
    name: str,
) -> list[tuple[Path, str, Split | None]]:
    first: dict[tuple[Path, Split | None], tuple[str, str]] = {}
    kept, repeats = [], 0
    for row, line in zip(rows, lines, strict=True):
        path, label, split = row
        label_before, line_before = first.setdefault((path, split), (label, line))
        if label_before != label:
            raise DataError(
                f"{line}: '{path}' is {label!r}, but {label_before!r} in "
                f"{line_before[0].lower()}{line_before[1:]}. A picture has one class; remove one "
                "of the rows."
            )
        if line_before == line:
            kept.append(row)
        else:
            repeats += 1
    if repeats:
        progress.warn(f"{name} lists {repeats} picture(s) again; each is used once.")
    return kept
