"""Tables for testing a model: whose labels they are is known, and how many a picture has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasport.dataset.dataset import Remark, Split
from kerasport.dataset.entries import Entry, Source
from kerasport.dataset.tables.source import (
    Row,
    parse_table,
    rows_of_table,
    rows_of_tables,
    truths_of,
    without_repeats,
)
from kerasport.errors import DataError
from kerasport.labels import mention_class_names
from kerasport.literals import LabelsChoice, OutputKind

__all__ = ["choice_of", "tested_source", "tested_table", "tested_tables"]

_STRANGE: dict[OutputKind, str] = {
    "labels": "labels that the model does not know",
    "probabilities": "labels that are not classes of the model",
}


def choice_of(kind: OutputKind) -> LabelsChoice:
    """Return how many labels the pictures of such a model have."""
    return "many" if kind == "labels" else "one"


def tested_table(
    path: Path, *, class_names: Sequence[str], kind: OutputKind, remarks: list[Remark]
) -> Source:
    """Return the pictures that a file lists, all in `test`; where there are splits, those of it.

    Raises:
        DataError: it is no such table, a row is not usable, or a label is none of the model's.
    """
    table = parse_table(path, remarks=remarks)
    rows = rows_of_table(
        table,
        root=path.parent,
        file=path,
        remarks=remarks,
        choice=choice_of(kind),
        known=class_names,
    )
    return _tested(table.name, rows, path.parent, class_names, kind, remarks)


def tested_tables(
    tables: Sequence[tuple[Path, Split | None]],
    *,
    root: Path,
    class_names: Sequence[str],
    kind: OutputKind,
    remarks: list[Remark],
) -> Source:
    """Return the same of tables that lie beside their pictures below `root`.

    Raises:
        DataError: see `tested_table`.
    """
    rows = rows_of_tables(
        tables, root=root, remarks=remarks, choice=choice_of(kind), known=class_names
    )
    return _tested(f"'{root}'", rows, root, class_names, kind, remarks)


def _tested(
    name: str,
    rows: Sequence[Row],
    root: Path,
    class_names: Sequence[str],
    kind: OutputKind,
    remarks: list[Remark],
) -> Source:
    if any(row.split is not None for row in rows):
        rows = [row for row in rows if row.split == "test"]
        if not rows:
            raise DataError(
                f"{name} has splits but no test among them. Mark the pictures that should be "
                "tested with 'test'."
            )
    kept = without_repeats(rows, remarks=remarks, name=name)
    return tested_source(name, kept, root=root, class_names=class_names, kind=kind)


def tested_source(
    name: str, rows: Sequence[Row], *, root: Path, class_names: Sequence[str], kind: OutputKind
) -> Source:
    """Return the pictures of rows, in their order, all in `test`.

    Args:
        name: begins a sentence about all of them.
        rows: each picture once.
        root: the folder that all lie in.
        class_names: those of the model; some may be missing.
        kind: whether a picture has one of them or any number.

    Raises:
        DataError: a label is none of the model's.
    """
    labels = [row.label for row in rows]
    names = {name for label in labels for name in ([label] if isinstance(label, str) else label)}
    unknown = sorted(names - set(class_names))
    if unknown:
        raise DataError(
            f"{name} has {_STRANGE[kind]}: {mention_class_names(unknown)}. Expected some of: "
            f"{mention_class_names(class_names)}."
        )
    entries = tuple(
        Entry(row.path, truth, "test")
        for row, truth in zip(rows, truths_of(labels, class_names), strict=True)
    )
    return Source(root, tuple(class_names), entries, frozenset({"test"}), kind=kind)
