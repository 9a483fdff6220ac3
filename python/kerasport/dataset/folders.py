"""Reading class folders: names, labels, splits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from kerasport.dataset.dataset import Remark, Skipped
from kerasport.dataset.entries import Entry, Source
from kerasport.dataset.layout import Layout, find_layout
from kerasport.dataset.place import Place, require_openable
from kerasport.dataset.tree import files_below
from kerasport.errors import DataError
from kerasport.labels import normalize_class_name
from kerasport.progress import Progress

__all__ = ["folder_source", "labeled_folder", "tell"]


def labeled_folder(root: Path, *, class_names: Sequence[str]) -> Source:
    """Return pictures for testing a model that knows `class_names`: all in `test`.

    `root` holds class folders, some of the model's classes may be missing, or is one itself. With
    split folders, those of `test/` are read.

    Raises:
        DataError: a folder is not one of the model's classes.
    """
    layout = _layout_of(root, class_names)
    folders = layout.folders[None if not layout.has_splits else "test"]
    fixed = replace(layout, class_names=tuple(class_names), folders={"test": folders})
    _require_classes_of_the_model(folders, class_names, root=root)
    return folder_source(root, fixed)


def tell(remarks: Iterable[Remark], progress: Progress) -> None:
    """Say how a source was understood.

    Warnings are told with everything else that is wrong with the data, see `findings`.
    """
    for remark in remarks:
        if remark.severity == "note":
            progress.say(remark.text)


def _layout_of(root: Path, class_names: Sequence[str]) -> Layout:
    require_openable(root)
    place = Place(root)
    folders = {normalize_class_name(name): path for name, path in place.folders.items()}
    known = {name: folders[name] for name in class_names if name in folders}
    own_name = normalize_class_name(root.absolute().name)
    if place.pictures and not known and own_name in class_names:
        return Layout(tuple(class_names), {None: {own_name: root}})
    try:
        layout = find_layout(root, known=class_names)
    except DataError:
        # One class folder is too few to train on but enough to test with.
        if not known or set(folders) - set(known):
            raise
        return Layout(tuple(class_names), {None: known}, place.pictures)
    if layout.has_splits and "test" not in layout.folders:
        raise DataError(
            f"'{root}' has train/ but no test/ folder. "
            "Name the folder whose class folders should be tested."
        )
    return layout


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
    skipped = [Skipped(path, "not in a class folder") for path in layout.loose]
    entries = tuple(
        Entry(path, labels[name], split)
        for split, folders in layout.folders.items()
        for name, folder in sorted(folders.items())
        for path in files_below(folder, lost=skipped)
    )
    return Source(
        root, layout.class_names, entries, layout.given, tuple(skipped), remarks=layout.remarks
    )
