"""From tables to labelled pictures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from kerasport.dataset.dataset import Remark, Split, Truth
from kerasport.dataset.entries import Entry, Source
from kerasport.dataset.tables.cells import parse_separated
from kerasport.dataset.tables.columns import choose_columns, split_of_word
from kerasport.dataset.tables.places import find_files, unlisted
from kerasport.dataset.tables.records import parse_records
from kerasport.dataset.tables.table import Frame, Table, table_of_frame
from kerasport.dataset.tables.text import read_text
from kerasport.errors import DataError
from kerasport.labels import order_class_names
from kerasport.literals import LabelsChoice

__all__ = [
    "TABLE_SUFFIXES",
    "Row",
    "frame_source",
    "parse_table",
    "read_table",
    "read_tables",
    "rows_of_table",
    "rows_of_tables",
    "source_of_rows",
    "truths_of",
    "without_repeats",
]

_RECORDS = frozenset({".json", ".jsonl", ".ndjson"})

TABLE_SUFFIXES = _RECORDS | {
    *(".csv", ".psv", ".tab", ".tsv", ".txt"),
    # Opened to say what they are and what to do.
    *(".arrow", ".feather", ".numbers", ".ods", ".parquet", ".pkl", ".xls", ".xlsm", ".xlsx"),
}
"""Suffixes of files that are read as tables."""


class Row(NamedTuple):
    """A labelled picture of a table; `line` begins a sentence about it.

    `label` is the name of its class or, where it may have several, those of its labels.
    """

    path: Path
    label: str | tuple[str, ...]
    split: Split | None
    line: str


def read_table(
    path: Path, *, root: Path, remarks: list[Remark], choice: LabelsChoice | None = None
) -> Source:
    """Return the pictures that a file lists, with the columns that `frame_source` names.

    Cells are separated by commas, semicolons, tabs or bars; `.json` and `.jsonl` hold records. How
    the table was understood is added to `remarks`. `choice` says how many labels a picture has.

    Raises:
        DataError: it is no such table, or a row is not usable; the message names the line.
    """
    table = parse_table(path, remarks=remarks)
    rows = rows_of_table(table, root=root, file=path, remarks=remarks, choice=choice)
    return source_of_rows(table.name, rows, root=root, remarks=remarks)


def frame_source(
    frame: Frame, *, root: Path, remarks: list[Remark], choice: LabelsChoice | None = None
) -> Source:
    """Return the pictures that a DataFrame lists: its columns path and label, and maybe split.

    Other names are understood too, in any case: `file`, `filename`, `image`; `class`,
    `category`; `set`, `subset`. Relative paths start from `root`; none may lead out of it,
    because sample pictures are published with the model.

    Raises:
        DataError: a column is missing, or a row is not usable; the message names the row.
    """
    table = table_of_frame(frame)
    rows = rows_of_table(table, root=root, file=None, remarks=remarks, choice=choice)
    return source_of_rows(table.name, rows, root=root, remarks=remarks)


def read_tables(
    tables: Sequence[tuple[Path, Split | None]],
    *,
    root: Path,
    remarks: list[Remark],
    choice: LabelsChoice | None = None,
) -> Source:
    """Return the pictures of tables that lie beside them below `root`, as `tables_beside` found.

    Splits are those of the tables' folders, or of the pictures' where all lie in such.

    Raises:
        DataError: see `read_table`.
    """
    rows = rows_of_tables(tables, root=root, remarks=remarks, choice=choice)
    return source_of_rows(f"'{root}'", rows, root=root, remarks=remarks)


def rows_of_tables(
    tables: Sequence[tuple[Path, Split | None]],
    *,
    root: Path,
    remarks: list[Remark],
    choice: LabelsChoice | None = None,
    known: Collection[str] | None = None,
) -> list[Row]:
    """Return the rows of tables that lie beside their pictures, see `read_tables`.

    Raises:
        DataError: see `read_table`.
    """

    def rows_of(choice: LabelsChoice | None, told: list[Remark]) -> list[Row]:
        return [
            row
            for path, split in tables
            for row in rows_of_table(
                parse_table(path, remarks=told),
                root=path.parent,
                file=path,
                split=split,
                remarks=told,
                choice=choice,
                known=known,
            )
        ]

    own: list[Remark] = []
    rows = rows_of(choice, own)
    if len({isinstance(row.label, tuple) for row in rows}) > 1:
        # One of them has pictures with several labels, so that all of them may.
        own.clear()
        rows = rows_of("many", own)
    remarks += own
    names = ", ".join(f"'{path}'" for path, _ in tables)
    remarks.append(Remark("table-beside", f"The labels are those of {names}, not of folders."))
    if left_out := unlisted(root, {row.path for row in rows}):
        remarks.append(
            Remark(
                "unlisted",
                f"{len(left_out):,} picture(s) in '{root}' are left out because no row has them, "
                f"the first is '{left_out[0]}'.",
                "Add rows, or name another table.",
                "warning",
                len(left_out),
            )
        )
    if all(row.split is None for row in rows):
        splits = [_split_of_folder(row.path, root) for row in rows]
        if all(splits):
            rows = [row._replace(split=split) for row, split in zip(rows, splits, strict=True)]
    return rows


def parse_table(path: Path, *, remarks: list[Remark]) -> Table:
    """Return the table in a file, by its suffix and content; add to `remarks` what was guessed.

    Raises:
        DataError: it is none.
    """
    text = read_text(path, remarks=remarks)
    parse = parse_records if path.suffix.lower() in _RECORDS else parse_separated
    return parse(text, name=f"'{path}'")


def _split_of_folder(path: Path, root: Path) -> Split | None:
    parts = path.relative_to(root).parts
    return split_of_word(parts[0].lower()) if len(parts) > 1 else None


def rows_of_table(
    table: Table,
    *,
    root: Path,
    file: Path | None,
    split: Split | None = None,
    remarks: list[Remark],
    choice: LabelsChoice | None,
    known: Collection[str] | None = None,
) -> list[Row]:
    """Return the rows of a table with their labels: one each, or several as `choice` says.

    Labels that are `known`, those of a model, are told from what stands between them.

    Raises:
        DataError: it is no table of pictures, or a row is not usable.
    """
    columns = choose_columns(table, remarks=remarks, choice=choice, known=known)
    if not table.lines:
        raise DataError(f"{table.name} has a heading but no rows. Expected one row per picture.")
    paths = find_files(
        columns.paths, table.lines, root=root, table=file, name=table.name, remarks=remarks
    )
    splits = {_split_of_folder(path, root) for path in paths}
    if split is None and not any(columns.splits) and len(splits) > 1 and None not in splits:
        names = sorted({path.relative_to(root).parts[0] for path in paths})
        remarks.append(
            Remark(
                "splits-unread",
                f"{table.name}: its pictures lie in {', '.join(names)}, but no column says which "
                "split each belongs to.",
                "Add a column 'split' to keep them apart.",
                "warning",
            )
        )
    return [
        Row(path, label, split or own, line)
        for path, label, own, line in zip(
            paths, columns.labels, columns.splits, table.lines, strict=True
        )
    ]


def source_of_rows(name: str, rows: Sequence[Row], *, root: Path, remarks: list[Remark]) -> Source:
    """Return the pictures that rows list; `name` begins a sentence about all of them.

    Raises:
        DataError: there is one class only, a picture has two, or there is none to train on.
    """
    several = any(isinstance(row.label, tuple) for row in rows)
    class_names = tuple(order_class_names({each for row in rows for each in _names_of(row)}))
    if len(class_names) < 2:
        only = f"one class only ({class_names[0]!r})" if class_names else "no labels"
        raise DataError(
            f"{name} has {only}. Expected at least two: a classifier chooses between classes."
        )
    kept = without_repeats(rows, remarks=remarks, name=name)
    given: frozenset[Split] = frozenset(row.split for row in kept if row.split is not None)
    if "train" not in given and given:
        raise DataError(
            f"{name} has pictures for {' and '.join(sorted(given))} but none for train. "
            "Mark those to learn from with 'train'."
        )
    # As with folders: what is missing beside train is cut from it.
    cut = not {"validation", "test"} <= given
    truths = truths_of([row.label for row in kept], class_names)
    entries = tuple(
        Entry(row.path, truth, None if cut and row.split == "train" else row.split)
        for row, truth in zip(kept, truths, strict=True)
    )
    return Source(
        root,
        class_names,
        entries,
        given - {"train"} if cut else given,
        kind="labels" if several else "probabilities",
    )


def truths_of(labels: Sequence[str | tuple[str, ...]], class_names: Sequence[str]) -> list[Truth]:
    """Return the class of each picture as its place among the names, or so its labels."""
    places = {name: place for place, name in enumerate(class_names)}
    return [
        places[label] if isinstance(label, str) else tuple(sorted(places[each] for each in label))
        for label in labels
    ]


def _names_of(row: Row) -> tuple[str, ...]:
    return (row.label,) if isinstance(row.label, str) else row.label


def without_repeats(rows: Iterable[Row], *, remarks: list[Remark], name: str) -> list[Row]:
    """Return one row for each picture, which has the labels of all of its rows.

    Raises:
        DataError: a picture that has one class has two.
    """
    first: dict[tuple[Path, Split | None], Row] = {}
    repeats = joined = 0
    for row in rows:
        before = first.setdefault((row.path, row.split), row)
        repeats += before is not row
        if before.label == row.label:
            continue
        if isinstance(before.label, tuple) and isinstance(row.label, tuple):
            both = tuple(dict.fromkeys((*before.label, *row.label)))
            first[row.path, row.split] = before._replace(label=both)
            joined += 1
        else:
            raise DataError(
                f"{row.line}: '{row.path}' is {row.label!r}, but {before.label!r} in "
                f"{before.line[0].lower()}{before.line[1:]}. A picture has one class; remove one "
                "of the rows, or pass --labels many."
            )
    if joined:
        # As tables of detections are, with a row for each label.
        message = f"{name} lists {joined} picture(s) again with other labels; each has all of them."
        remarks.append(Remark("rows-joined", message, count=joined))
    elif repeats:
        message = f"{name} lists {repeats} picture(s) again; each is used once."
        remarks.append(Remark("repeated-rows", message, severity="warning", count=repeats))
    return list(first.values())
