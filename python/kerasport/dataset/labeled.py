"""Labelled pictures for testing a model that is there already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasport.dataset.dataset import Dataset
from kerasport.dataset.entries import collect
from kerasport.dataset.folders import labeled_folder, tell
from kerasport.dataset.read_options import ReadOptions
from kerasport.dataset.requirements import require_readable
from kerasport.dataset.shards import find_shards, labeled_shards
from kerasport.errors import DataError
from kerasport.progress import SILENT, Progress

__all__ = ["read_labeled"]


def read_labeled(
    root: str | Path,
    *,
    class_names: Sequence[str],
    max_unreadable: int | None = None,
    progress: Progress = SILENT,
) -> Dataset:
    """Return labelled pictures for testing a model that knows `class_names`: all in `test`.

    `root` holds class folders, some of the model's classes may be missing, or is one itself; or it
    leads to shards. Where there are splits, those of the test are read.

    Raises:
        DataError: a class is not one of the model's, or there is no picture.
    """
    shards = find_shards(root)
    source = (
        labeled_folder(Path(root), class_names=class_names)
        if shards is None
        else labeled_shards(shards, class_names=class_names, progress=progress)
    )
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
