"""Labelled pictures for testing a model that is there already.

The model says what its labels are and how many a picture has: nothing is guessed from the data,
which may show few of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kerasport.dataset.arrays import read_npz
from kerasport.dataset.dataset import Dataset, Remark
from kerasport.dataset.entries import Source, as_labels, collect
from kerasport.dataset.folders import labeled_folder, tell
from kerasport.dataset.paths import archive_at, exists, is_folder, unwrapped
from kerasport.dataset.read_options import ReadOptions
from kerasport.dataset.requirements import require_readable
from kerasport.dataset.shards import find_shards, labeled_shards
from kerasport.dataset.tables import TABLE_SUFFIXES, tables_beside, tested_table, tested_tables
from kerasport.dataset.tables.tested import choice_of
from kerasport.errors import DataError
from kerasport.literals import OutputKind
from kerasport.progress import SILENT, Progress

__all__ = ["LABELS_OF_FOLDERS", "read_labeled"]

LABELS_OF_FOLDERS = "labels-of-folders"
"""The remark on pictures that have the label of their folder and may have others."""


def read_labeled(
    root: str | Path,
    *,
    class_names: Sequence[str],
    kind: OutputKind = "probabilities",
    max_unreadable: int | None = None,
    progress: Progress = SILENT,
) -> Dataset:
    """Return labelled pictures for testing a model that knows `class_names`: all in `test`.

    `root` holds class folders, some of the model's classes may be missing, or is one itself; or it
    leads to a table, to shards or to an `.npz` file. Where there are splits, those of the test are
    read. Of a model whose `kind` is `labels` a picture has any number of them, however few the data
    shows.

    Raises:
        DataError: a class is not one of the model's, or there is no picture.
    """
    remarks: list[Remark] = []
    source = _open(root, class_names, kind, remarks, progress)
    source = replace(source, remarks=(*remarks, *source.remarks))
    dataset = collect(source, ReadOptions(max_unreadable=max_unreadable), progress=progress)
    tell(dataset.remarks, progress)
    total = len(dataset.examples) + len(dataset.skipped)
    require_readable(dataset.skipped, total=total, limit=max_unreadable, root=dataset.root)
    if not dataset.examples:
        raise DataError(
            f"There are no usable pictures in '{root}'. "
            "Expected one folder per class with pictures in it."
        )
    return dataset


def _open(
    root: str | Path,
    class_names: Sequence[str],
    kind: OutputKind,
    remarks: list[Remark],
    progress: Progress,
) -> Source:
    shards = find_shards(root)
    if shards is not None:
        return labeled_shards(shards, class_names=class_names, kind=kind, progress=progress)
    path = Path(root)
    if not is_folder(path) and exists(path) and archive_at(path) is None:
        if path.suffix.lower() in TABLE_SUFFIXES:
            return tested_table(path, class_names=class_names, kind=kind, remarks=remarks)
        if path.suffix.lower() == ".npz":
            return _arrays(path, class_names, kind, remarks)
    if is_folder(path) and (tables := tables_beside(unwrapped(path))):
        return tested_tables(
            tables, root=unwrapped(path), class_names=class_names, kind=kind, remarks=remarks
        )
    source = labeled_folder(path, class_names=class_names)
    if kind == "labels":
        text = "Each picture has the label of its folder, and no other."
        remedy = "Where it may have others, name a table of all labels."
        remarks.append(Remark(LABELS_OF_FOLDERS, text, remedy))
        return as_labels(source)
    return source


def _arrays(
    path: Path, class_names: Sequence[str], kind: OutputKind, remarks: list[Remark]
) -> Source:
    source = read_npz(
        path, class_names=class_names, remarks=remarks, choice=choice_of(kind), for_test=True
    )
    entries = source.entries
    if any(entry.split is not None for entry in entries):
        entries = tuple(entry for entry in entries if entry.split == "test")
        if not entries:
            raise DataError(
                f"'{path}' has splits but no test among them. Name the arrays x_test and y_test."
            )
    entries = tuple(replace(entry, split="test") for entry in entries)
    return replace(source, entries=entries, given=frozenset({"test"}))
