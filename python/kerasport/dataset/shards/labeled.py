"""From shards to labelled pictures: their names, their labels and the splits of the files."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerasport.dataset.dataset import Remark, Split
from kerasport.dataset.entries import Entry, Source
from kerasport.dataset.layout import splits_of
from kerasport.dataset.shards.cells import Cells, cells_of
from kerasport.dataset.shards.places import Shards, open_shard
from kerasport.dataset.shards.streams import seen_in
from kerasport.dataset.split_names import Meaning, splits_among
from kerasport.dataset.tables.columns import choose_columns
from kerasport.dataset.tables.source import Row, source_of_rows
from kerasport.dataset.tables.table import Table
from kerasport.dataset.tables.tested import choice_of, tested_source
from kerasport.errors import DataError
from kerasport.literals import LabelsChoice, OutputKind
from kerasport.progress import SILENT, Progress

__all__ = ["labeled_shards", "shard_source"]

# As hubs and WebDataset number the files of a split: train-00000-of-00003, train-000.
_NUMBERS = re.compile(r"(?:[-_.]?[0-9]+)?(?:[-_.]of[-_.][0-9]+)?(?:-[0-9a-f]{16})?\Z")
_PATH = "image"


def shard_source(
    shards: Shards,
    *,
    class_names: Sequence[str] | None = None,
    remarks: list[Remark],
    choice: LabelsChoice | None = None,
    progress: Progress = SILENT,
) -> Source:
    """Return the labelled pictures of shards.

    Args:
        shards: the files.
        class_names: the names of labels 0, 1, 2 ..., where the files have none.
        remarks: how they were understood is added.
        choice: how many labels a picture has.
        progress: told what is read.

    Raises:
        DataError: a shard cannot be opened, there are no labels, or not of one kind.
    """
    rows, seen = _shard_rows(
        shards, class_names=class_names, remarks=remarks, choice=choice, progress=progress
    )
    source = source_of_rows(f"'{shards.called}'", rows, root=shards.root, remarks=remarks)
    return replace(source, entries=tuple(_with(seen, entry) for entry in source.entries))


def labeled_shards(
    shards: Shards,
    *,
    class_names: Sequence[str],
    kind: OutputKind = "probabilities",
    progress: Progress = SILENT,
) -> Source:
    """Return pictures for testing a model that knows `class_names`: all in `test`.

    Where files are of several splits, those of the test are read.

    Raises:
        DataError: a label is none of the model's classes, or there is no test.
    """
    remarks: list[Remark] = []
    rows, seen = _shard_rows(
        shards,
        remarks=remarks,
        choice=choice_of(kind),
        known=class_names,
        progress=progress,
    )
    if len({row.split for row in rows}) > 1:
        rows = [row for row in rows if row.split == "test"]
        if not rows:
            raise DataError(
                f"'{shards.called}' has splits but no test among them. Name the files whose "
                "pictures should be tested."
            )
    source = tested_source(
        f"'{shards.called}'", rows, root=shards.root, class_names=class_names, kind=kind
    )
    entries = tuple(_with(seen, entry) for entry in source.entries)
    return replace(source, entries=entries, remarks=tuple(remarks))


def _shard_rows(
    shards: Shards,
    *,
    class_names: Sequence[str] | None = None,
    remarks: list[Remark],
    choice: LabelsChoice | None = None,
    known: Collection[str] | None = None,
    progress: Progress = SILENT,
) -> tuple[list[Row], dict[Path, Entry]]:
    """Return a row for each picture of the shards, in their order, and what was seen of it.

    What there is to see of a shard is looked at while it is open: it may have come from far.
    """
    # A list of one label is no reason against a model of one class.
    sought = None if known is not None and choice == "one" else choice
    splits = _splits(shards)
    seen: dict[Path, Entry] = {}
    parts: list[tuple[Path, Cells]] = []
    kind = ""
    with progress.task("Opening shards", total=len(shards.paths)) as task:
        for path in shards.paths:
            task.advance()
            if splits.get(path) == "unlabeled":
                remarks.append(_unlabeled(path))
                continue
            cells = cells_of(open_shard(path), class_names=class_names, kind=kind, choice=sought)
            kind = cells.kind
            if splits.get(path) == "test" and cells.names and cells.is_unlabeled:
                remarks.append(_unlabeled(path))
            elif cells.names:
                parts.append((path, cells))
                seen |= {entry.path: entry for entry in seen_in(path)}
    if not parts:
        raise DataError(
            f"There are no pictures with labels in the shards of '{shards.called}'. Expected files "
            "like 000123.jpg with 000123.cls, .json or .txt beside them in a TAR, and a column of "
            "labels in a Parquet file."
        )
    if lost := sum(cells.lost for _, cells in parts):
        message = f"{lost:,} key(s) in the shards of '{shards.called}' have no picture."
        remarks.append(Remark("keys-without-picture", message, severity="warning", count=lost))
    return _rows(shards, parts, splits, remarks=remarks, choice=choice, known=known), seen


def _with(seen: dict[Path, Entry], entry: Entry) -> Entry:
    return replace(entry, seen=seen[entry.path].seen)


def _rows(
    shards: Shards,
    parts: Sequence[tuple[Path, Cells]],
    splits: dict[Path, Split | None],
    *,
    remarks: list[Remark],
    choice: LabelsChoice | None,
    known: Collection[str] | None,
) -> list[Row]:
    paths = [path / name for path, cells in parts for name in cells.names]
    columns = _columns(parts)
    lines = _Lines(paths)
    table = Table(f"'{shards.called}'", (_PATH, *columns), (paths, *columns.values()), lines)
    chosen = choose_columns(table, remarks=remarks, choice=choice, known=known)
    of_files = [splits.get(path) for path, cells in parts for _ in cells.names]
    return [
        Row(path, label, of_file or own, line)
        for path, label, of_file, own, line in zip(
            paths, chosen.labels, of_files, chosen.splits, lines, strict=True
        )
    ]


def _columns(parts: Sequence[tuple[Path, Cells]]) -> dict[str, list[Any]]:
    """Return the columns of all shards, one below the other.

    Raises:
        DataError: they differ in what they hold.
    """
    names = dict.fromkeys(name for _, cells in parts for name in cells.columns)
    found: dict[str, list[Any]] = {}
    for name in names:
        kinds: dict[str, Path] = {}
        found[name] = []
        for path, cells in parts:
            column = cells.columns.get(name, [None] * len(cells.names))
            for kind in set(map(_kind, column)) - {""}:
                kinds.setdefault(kind, path)
            found[name] += column
        if len(kinds) > 1:
            told = " and ".join(f"{kind} in '{path}'" for kind, path in sorted(kinds.items()))
            raise DataError(
                f"The column {name!r} holds {told}. Expected labels of one kind: write the names "
                "of the classes everywhere."
            )
    return found


def _kind(cell: Any) -> str:
    if isinstance(cell, str):
        return "texts"
    # A list is told where the label is read.
    return "numbers" if isinstance(cell, int | float) else ""


class _Lines(Sequence[str]):
    """The beginnings of sentences about pictures, made when they are asked for."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, at: Any) -> Any:
        return f"'{self._paths[at]}'"


def _splits(shards: Shards) -> dict[Path, Any]:
    """Return the split that each file is named after, or its folder; none where they name none.

    Raises:
        DataError: some do and others do not.
    """
    places = [path.relative_to(shards.root) for path in shards.paths]
    names = [_NUMBERS.sub("", place.name.partition(".")[0]) for place in places]
    meanings = splits_among(set(names))
    if not meanings:
        names = [place.parent.name for place in places]
        meanings = splits_among(set(names))
    if not meanings:
        return {}
    others = [str(place) for place, name in zip(places, names, strict=True) if name not in meanings]
    if others:
        raise DataError(
            f"'{shards.called}' has shards of {', '.join(sorted(set(meanings)))} and others beside "
            f"them, like '{others[0]}'. Name those to read, like 'train-*.tar'."
        )
    splits: dict[str, Meaning] = dict(splits_of(meanings, shards.root))
    return {
        path: splits.get(name, "unlabeled") for path, name in zip(shards.paths, names, strict=True)
    }


def _unlabeled(path: Path) -> Remark:
    return Remark(
        "unlabeled",
        f"The pictures of '{path}' have no labels and are left out.",
        severity="warning",
    )
