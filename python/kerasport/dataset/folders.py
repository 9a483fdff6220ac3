"""Reading class folders into one description: names, labels, content hashes, splits."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from kerasport.dataset.checks import check_counts, check_skipped
from kerasport.dataset.decoding import in_parallel
from kerasport.dataset.description import SPLITS, Dataset, Example, ReadOptions, Skipped, Split
from kerasport.dataset.layout import Layout, files_below, find_layout
from kerasport.dataset.split import split_of
from kerasport.errors import DataError
from kerasport.preprocess import READABLE_FORMATS
from kerasport.progress import SILENT, Progress

__all__ = ["read_folders", "read_labelled"]


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
    layout = find_layout(root)
    dataset = _read(root, layout, options=options, progress=progress)
    check_counts(dataset, options)
    return dataset


def read_labelled(
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
    dataset = _read(root, fixed, options=options, progress=progress)
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


def _read(root: Path, layout: Layout, *, options: ReadOptions, progress: Progress) -> Dataset:
    labels = {name: label for label, name in enumerate(layout.class_names)}
    files: list[tuple[Path, int, Split | None]] = [
        (path, labels[name], split)
        for split, folders in layout.folders.items()
        for name, folder in sorted(folders.items())
        for path in files_below(folder)
    ]
    examples = []
    skipped = [Skipped(path, "not in a class folder") for path in layout.loose]
    with progress.task("Reading", total=len(files)) as task:
        remaining = iter(files)
        for part in in_parallel(_identify, (path for path, _, _ in files)):
            task.advance(len(part))
            # In this order, zip takes no file too many when the part is used up.
            for identity, (path, label, split) in zip(part, remaining, strict=False):
                if isinstance(identity, Skipped):
                    skipped.append(identity)
                    continue
                chosen = split or split_of(identity, options, given=layout.given)
                examples.append(Example(path=path, label=label, content=identity, split=chosen))
    total = len(files) + len(layout.loose)
    check_skipped(skipped, total=total, limit=options.max_unreadable, root=root)
    examples.sort(key=lambda example: (SPLITS.index(example.split), example.path.as_posix()))
    return Dataset(root, layout.class_names, tuple(examples), tuple(skipped))


def _identify(path: Path) -> str | Skipped:
    try:
        data = path.read_bytes()
        with Image.open(io.BytesIO(data), formats=READABLE_FORMATS):
            return hashlib.sha256(data).hexdigest()
    except UnidentifiedImageError:
        return Skipped(path, "empty" if not data else "not a picture")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        return Skipped(path, str(error))
