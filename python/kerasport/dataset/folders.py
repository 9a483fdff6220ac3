"""Reading class folders: names, labels, splits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from kerasport.dataset.checks.limits import check_skipped, check_usable
from kerasport.dataset.dataset import Dataset, ReadOptions, Skipped
from kerasport.dataset.duplicates import drop_copies
from kerasport.dataset.entries import Entry, Source, collect
from kerasport.dataset.layout import Layout, files_below, find_layout
from kerasport.errors import DataError
from kerasport.progress import SILENT, Progress

__all__ = ["folder_source", "read_folders", "read_labeled"]


def read_folders(
    root: Path, *, options: ReadOptions | None = None, progress: Progress = SILENT
) -> Dataset:
    """Return the data set below `root`: class folders, or split folders with class folders.

    Each file is read once, hashed, and recognised by its first bytes; whether the rest of it
    can be decoded shows when it is (`decode_dataset`). Pictures beside the class folders are
    counted as skipped.

    Raises:
        DataError: fewer than two classes, too few pictures, too many unusable files.
    """
    options = options or ReadOptions()
    source = folder_source(root, find_layout(root)).only(options.classes)
    dataset = collect(source, options, progress=progress)
    if options.drop_test_duplicates:
        dataset = drop_copies(dataset, progress=progress)
    check_usable(dataset, options)
    return dataset


def read_labeled(
    root: Path,
    *,
    class_names: Sequence[str],
    max_unreadable: int | None = None,
    progress: Progress = SILENT,
) -> Dataset:
    """Return labelled pictures for testing a model that knows `class_names`: all in `test`.

    `root` holds class folders, some of the model's classes may be missing. With split folders,
    those of `test/` are read.

    Raises:
        DataError: a folder is not one of the model's classes, or there is no picture.
    """
    layout = find_layout(root) if (root / "train").is_dir() else None
    if layout is not None and layout.given:
        if "test" not in layout.given:
            raise DataError(
                f"'{root}' has train/ but no test/ folder. "
                "Name the folder whose class folders should be tested."
            )
        folders = layout.folders["test"]
    else:
        folders = _known_folders(root, class_names)
    fixed = Layout(tuple(class_names), {"test": folders})
    _check_known(folders, class_names, root=root)
    options = ReadOptions(max_unreadable=max_unreadable)
    dataset = collect(folder_source(root, fixed), options, progress=progress)
    total = len(dataset.examples) + len(dataset.skipped)
    check_skipped(dataset.skipped, total=total, limit=max_unreadable, root=root)
    if not dataset.examples:
        raise DataError(
            f"There are no usable pictures in '{root}'. "
            "Expected one folder per class with pictures in it."
        )
    return dataset


def _known_folders(root: Path, class_names: Sequence[str]) -> dict[str, Path]:
    try:
        return find_layout(root).folders[None]
    except DataError:
        # One class folder is too few to train on but enough to test with.
        known = {name: root / name for name in class_names if (root / name).is_dir()}
        if not known:
            raise
        return known


def _check_known(folders: Iterable[str], class_names: Sequence[str], *, root: Path) -> None:
    unknown = sorted(set(folders) - set(class_names))
    if unknown:
        raise DataError(
            f"'{root}' has folders that are not classes of the model: "
            f"{', '.join(map(repr, unknown))}. Expected some of: {', '.join(class_names)}."
        )


def folder_source(root: Path, layout: Layout) -> Source:
    """Return every file of a layout as an entry of its class."""
    labels = {name: label for label, name in enumerate(layout.class_names)}
    entries = tuple(
        Entry(path, labels[name], split)
        for split, folders in layout.folders.items()
        for name, folder in sorted(folders.items())
        for path in files_below(folder)
    )
    loose = tuple(Skipped(path, "not in a class folder") for path in layout.loose)
    return Source(root, layout.class_names, entries, layout.given, loose)
