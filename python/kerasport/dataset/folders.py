"""Reading class folders: names, labels, splits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from kerasport.dataset.dataset import Dataset, Skipped
from kerasport.dataset.entries import Entry, Source, collect
from kerasport.dataset.layout import Layout, files_below, find_layout
from kerasport.dataset.paths import is_folder, unwrapped
from kerasport.dataset.read_options import ReadOptions
from kerasport.dataset.requirements import require_readable
from kerasport.errors import DataError
from kerasport.progress import SILENT, Progress

__all__ = ["folder_source", "read_labeled"]


def read_labeled(
    root: Path,
    *,
    class_names: Sequence[str],
    max_unreadable: int | None = None,
    progress: Progress = SILENT,
) -> Dataset:
    """Return labelled pictures for testing a model that knows `class_names`: all in `test`.

    `root` holds class folders, or is an archive of such; some of the model's classes may be
    missing. With split folders, those of `test/` are read.

    Raises:
        DataError: a folder is not one of the model's classes, or there is no picture.
    """
    root = unwrapped(root)
    layout = find_layout(root) if is_folder(root / "train") else None
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
    _require_classes_of_the_model(folders, class_names, root=root)
    options = ReadOptions(max_unreadable=max_unreadable)
    dataset = collect(folder_source(root, fixed), options, progress=progress)
    total = len(dataset.examples) + len(dataset.skipped)
    require_readable(dataset.skipped, total=total, limit=max_unreadable, root=root)
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
        known = {name: root / name for name in class_names if is_folder(root / name)}
        if not known:
            raise
        return known


def _require_classes_of_the_model(
    folders: Iterable[str], class_names: Sequence[str], *, root: Path
) -> None:
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
