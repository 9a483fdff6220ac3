"""Which folders of DATA are classes and which are splits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kerasport.dataset.dataset import Split
from kerasport.dataset.paths import exists, is_folder, list_names
from kerasport.errors import DataError
from kerasport.labels import normalize_class_name, order_class_names

__all__ = ["Layout", "files_below", "find_layout", "split_named"]

_SPLIT_FOLDERS: dict[str, Split] = {
    "train": "train",
    "test": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
}
# Written by the systems beside the user's files, without a leading dot.
_SYSTEM_NAMES = {"__MACOSX", "Thumbs.db", "desktop.ini"}
# Enough to tell pictures from notes and tables beside the folders; inside them files are opened.
_PICTURE_SUFFIXES = {".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"}


@dataclass(frozen=True)
class Layout:
    """Class folders of each split; the key None holds those that still have to be cut.

    `loose` are pictures beside the class folders, which belong to no class.
    """

    class_names: tuple[str, ...]
    folders: dict[Split | None, dict[str, Path]]
    loose: tuple[Path, ...] = ()

    @property
    def given(self) -> frozenset[Split]:
        """The splits that the data brings itself."""
        return frozenset(split for split in self.folders if split is not None)


def split_named(name: str) -> Split | None:
    """Return the split that `train`, `val`, `valid`, `validation` or `test` stands for."""
    return _SPLIT_FOLDERS.get(name)


def find_layout(root: Path) -> Layout:
    """Return how the pictures below `root` are laid out.

    Either `root/CLASS/...`, or `root/{train,test,val}/CLASS/...` with `valid` and `validation`
    as other names of `val`. `train` is always cut further when one of the others is missing.

    Raises:
        DataError: there is nothing there, or it could be read in two ways.
    """
    if not exists(root):
        raise DataError(
            f"There is no folder '{root}'. Expected one folder per class with pictures in it."
        )
    if not is_folder(root):
        raise DataError(f"'{root}' is a file. Expected a folder with one folder per class.")
    folders = _folders_in(root)
    splits = {name: path for name, path in folders.items() if name in _SPLIT_FOLDERS}
    if _is_split_layout(root, folders, splits):
        return _split_layout(root, splits)
    class_names = _class_names(root, folders)
    return Layout(class_names, {None: _by_class_name(folders)}, _loose_pictures(root))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield every file in `folder` and below it, sorted; hidden and system files are left out."""
    try:
        found = sorted(list_names(folder).items())
    except OSError:
        return
    yield from (folder / name for name, is_inner in found if not is_inner and _visible(name))
    for name, is_inner in found:
        if is_inner and _visible(name) and not (folder / name).is_symlink():
            yield from files_below(folder / name)


def _is_split_layout(root: Path, folders: dict[str, Path], splits: dict[str, Path]) -> bool:
    # A class may be called "train": only a folder of folders, without pictures of its own, counts.
    if not any(_is_folder_of_folders(path) for path in splits.values()):
        return False
    others = sorted(set(folders) - set(splits))
    if others:
        raise DataError(
            f"'{root}' holds the split folders {_quoted(sorted(splits))} and other folders beside "
            f"them: {_quoted(others)}. Expected either class folders or split folders; "
            "move the others away."
        )
    if "train" not in splits:
        raise DataError(
            f"'{root}' has {_quoted(sorted(splits))} but no 'train' folder. "
            "Add train/ with one folder per class."
        )
    return True


def _split_layout(root: Path, splits: dict[str, Path]) -> Layout:
    validation = sorted(name for name in splits if _SPLIT_FOLDERS[name] == "validation")
    if len(validation) > 1:
        raise DataError(
            f"'{root}' has {_quoted(validation)}, which mean the same split. Keep one of them."
        )
    found: dict[Split | None, dict[str, Path]] = {
        None if name == "train" else _SPLIT_FOLDERS[name]: _by_class_name(_folders_in(path))
        for name, path in splits.items()
    }
    # The other splits may have folders of their own and miss some: what that means for the training
    # is told with everything else that is wrong with the data, see `findings`.
    classes = set(_class_names(splits["train"], _folders_in(splits["train"])))
    class_names = tuple(order_class_names(classes.union(*found.values())))
    if {"test", "validation"} <= set(found):
        found["train"] = found.pop(None)
    loose = [path for folder in splits.values() for path in _loose_pictures(folder)]
    return Layout(class_names, found, tuple(loose))


def _class_names(root: Path, folders: dict[str, Path]) -> tuple[str, ...]:
    if not folders:
        if any(files_below(root)):
            raise DataError(
                f"The files in '{root}' lie directly in it. Expected one folder per class: "
                "'DATA/cat/1.jpg', 'DATA/dog/1.jpg'."
            )
        raise DataError(f"'{root}' is empty. Expected one folder per class with pictures in it.")
    class_names = tuple(order_class_names(folders))
    if len(class_names) == 1:
        raise DataError(
            f"'{root}' has one class only ({class_names[0]!r}). Expected at least two class "
            "folders: a classifier chooses between classes."
        )
    return class_names


def _is_folder_of_folders(folder: Path) -> bool:
    return not _loose_pictures(folder) and bool(_folders_in(folder))


def _loose_pictures(folder: Path) -> tuple[Path, ...]:
    return tuple(
        folder / name
        for name, is_inner in sorted(list_names(folder).items())
        if _visible(name) and not is_inner and Path(name).suffix.lower() in _PICTURE_SUFFIXES
    )


def _by_class_name(folders: dict[str, Path]) -> dict[str, Path]:
    return {normalize_class_name(name): path for name, path in folders.items()}


def _folders_in(root: Path) -> dict[str, Path]:
    entries = sorted(list_names(root).items())
    return {name: root / name for name, is_inner in entries if is_inner and _visible(name)}


def _visible(name: str) -> bool:
    return not name.startswith(".") and name not in _SYSTEM_NAMES


def _quoted(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names)
