"""What one shard says of its pictures: their names, and columns of what may be labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kerasport.dataset.archives import Container, ParquetPictures
from kerasport.dataset.shards.samples import LABEL_KINDS, label_cells, samples_in
from kerasport.dataset.tables.headings import flag_named, rank_of
from kerasport.errors import DataError
from kerasport.literals import LabelsChoice

__all__ = ["Cells", "cells_of"]

# Of columns that are not named like labels; more are no table of labels.
_MOST_COLUMNS = 50


@dataclass(frozen=True)
class Cells:
    """The pictures of a shard by their names in it, and a value for each in every column.

    `kind` is where the labels are, in a TAR; `lost` counts keys that have no picture.
    """

    names: Sequence[str]
    columns: dict[str, list[Any]]
    kind: str = ""
    lost: int = 0

    @property
    def is_unlabeled(self) -> bool:
        """Return whether no picture has a label."""
        return all(cell is None for cells in self.columns.values() for cell in cells)


def cells_of(
    container: Container,
    *,
    class_names: Sequence[str] | None,
    kind: str = "",
    choice: LabelsChoice | None = None,
) -> Cells:
    """Return what a shard says.

    Args:
        container: a TAR or a Parquet file.
        class_names: the names of numbers that the file itself does not name.
        kind: where the labels of a TAR are, if that is known.
        choice: how many labels a picture has; lists are looked for first where it has many.

    Raises:
        DataError: it is not clear what it says, or it cannot be read.
    """
    if isinstance(container, ParquetPictures):
        return _of_parquet(container, class_names, choice)
    return _of_tar(container, class_names, kind)


def _of_tar(container: Container, class_names: Sequence[str] | None, kind: str) -> Cells:
    found = samples_in(container.names)
    samples = {key: sample for key, sample in found.items() if sample.pictures}
    for key, sample in samples.items():
        if len(sample.pictures) > 1:
            raise DataError(
                f"'{container.path}' has several pictures for the key {key!r:.100}: "
                f"{', '.join(sample.pictures)[:200]}. Expected one, with its label beside it."
            )
    kind = kind or _kind_of(samples.values())
    records = [label_cells(container, kind, sample) for sample in samples.values()]
    columns = dict.fromkeys(name for record in records for name in record)
    return Cells(
        [sample.pictures[0] for sample in samples.values()],
        {
            name: _named([record.get(name) for record in records], class_names, container)
            for name in columns
        },
        kind,
        len(found) - len(samples),
    )


def _kind_of(samples: Any) -> str:
    there = {kind for sample in samples for kind in sample.labels}
    return next((kind for kind in LABEL_KINDS if kind in there), "")


def _of_parquet(
    container: ParquetPictures, class_names: Sequence[str] | None, choice: LabelsChoice | None
) -> Cells:
    known = container.class_names
    try:
        columns = {
            name: _named(container.cells(name), known.get(name) or class_names, container)
            for name in _columns_of(container, known, choice)
        }
    except OSError as error:
        raise DataError(
            f"The labels of '{container.path}' cannot be read: {str(error).rstrip('.')}. Copy or "
            "save it again."
        ) from None
    return Cells(list(container.names), columns)


def _columns_of(
    container: ParquetPictures, known: dict[str, Sequence[str]], choice: LabelsChoice | None
) -> list[str]:
    """Return the columns that may say the label or the split."""
    others = [name for name in container.columns if rank_of(name, "path") is None]
    splits = [name for name in others if rank_of(name, "split") == 0 or flag_named(name)]
    labels = [name for name in others if rank_of(name, "label") is not None]
    lists = [] if choice == "one" else container.list_columns
    listed = [name for name in lists if rank_of(name, "label") is not None]
    listed = listed or [name for name in lists if name in known]
    if listed and (choice == "many" or not labels):
        return [*listed, *splits]
    if labels:
        return [*labels, *splits]
    labels = [name for name in others if name in known]
    if len(labels) > 1:
        raise DataError(
            f"'{container.path}' has several columns of classes: {', '.join(map(repr, labels))}. "
            "A classifier gives each picture one class; name one of them 'label'."
        )
    if not labels and set(others) <= set(splits):
        _refuse_types(container)
    return [*labels, *splits] if labels else others[:_MOST_COLUMNS]


def _refuse_types(container: ParquetPictures) -> None:
    """Refuse columns that are named like labels and cannot be any, where there are no others."""
    named = [(n, kind) for n, kind in container.types.items() if rank_of(n, "label") is not None]
    if named:
        name, kind = named[0]
        raise DataError(
            f"'{container.path}' has labels in {name!r:.60}, which is {kind}. Expected a column of "
            "texts or numbers; or lists of these, where a picture may have several labels."
        )


def _named(cells: list[Any], names: Sequence[str] | None, container: Container) -> list[Any]:
    """Return the cells with the names of their numbers, where these have any."""
    inside = [each for cell in cells for each in (cell if isinstance(cell, tuple) else (cell,))]
    numbers = {cell for cell in inside if isinstance(cell, int) and not isinstance(cell, bool)}
    if names is None or not numbers:
        return cells
    # As hubs write that a picture has no label.
    beyond = [number for number in numbers if not -1 <= number < len(names)]
    if beyond:
        raise DataError(
            f"'{container.path}' has the label {min(beyond)}, and names for {len(names):,} classes "
            f"only. Expected 0 to {len(names) - 1}."
        )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DataError(
            f"'{container.path}' calls several of its classes {repeated[0]!r:.60}. Expected a name "
            "of its own for each number."
        )
    named = {number: names[number] if number >= 0 else None for number in numbers}
    return [
        tuple(named.get(each, each) for each in cell)
        if isinstance(cell, tuple)
        else named.get(cell, cell)
        for cell in cells
    ]
