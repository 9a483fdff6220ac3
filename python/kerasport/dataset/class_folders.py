"""Folders as classes: their names, and what speaks against their being classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from kerasport.dataset.dataset import Remark
from kerasport.dataset.folder_words import is_companion
from kerasport.dataset.place import Place, list_names
from kerasport.dataset.split_names import is_collective, split_in, splits_among
from kerasport.dataset.unsorted import no_class_folders
from kerasport.displayed import is_text
from kerasport.errors import DataError
from kerasport.labels import normalize_class_name, order_class_names

__all__ = ["by_class_name", "class_names_in", "odd_classes", "require_text"]


def class_names_in(place: Place) -> tuple[str, ...]:
    """Return the names of the classes whose folders lie in a place, in order.

    Raises:
        DataError: there are fewer than two, or they cannot be classes.
    """
    root, folders = place.path, place.folders
    if not folders:
        if place.holds_files():
            raise no_class_folders(place)
        raise DataError(f"'{root}' is empty. Expected one folder per class with pictures in it.")
    class_names = tuple(order_class_names(by_class_name(place)))
    flat = [name for name in folders if not place.inside(name).folders]
    pictured = [name for name in flat if is_collective(name)]
    if len(pictured) == 1 and all(is_companion(name) for name in folders if name not in pictured):
        raise no_class_folders(place.inside(pictured[0]))
    if len(class_names) == 1:
        if flat and split_in(flat[0]):
            raise no_class_folders(place.inside(flat[0]))
        raise DataError(
            f"'{root}' has one class only ({class_names[0]!r}). Expected at least two class "
            "folders: a classifier chooses between classes."
        )
    return class_names


def by_class_name(place: Place) -> dict[str, Path]:
    """Return the class folders by the names of their classes.

    Raises:
        DataError: a name is no text, or two folders have one name.
    """
    require_text(place.folders, root=place.path)
    order_class_names(place.folders)
    return {normalize_class_name(name): path for name, path in place.folders.items()}


def require_text(names: Iterable[str], *, root: Path) -> None:
    """Raise where the name of a class folder is no text, which no bundle could hold.

    Raises:
        DataError: with what to do.
    """
    for name in names:
        if not is_text(name):
            raise DataError(
                f"The class folder '{name}' in '{root}' has a name that is not UTF-8 text, as "
                "archives from other systems leave behind. Rename the folder, or unpack the "
                "archive again with its encoding: unzip -O cp1252 ARCHIVE."
            )


def odd_classes(place: Place) -> Iterator[Remark]:
    """Yield what speaks against the folders of a place being its classes."""
    yield from _named_otherwise(place)
    inside = {name: set(place.inside(name).folders) for name in place.folders}
    yield from _named_like_classes(inside)
    groups = {
        name: inner
        for name, inner in inside.items()
        if len(inner) > 1 and not place.inside(name).pictures
    }
    if not groups:
        return
    name, inner = next(iter(groups.items()))
    if len(groups) > 1 and all(inner == other for other in groups.values()):
        yield Remark(
            "folders-in-classes",
            f"The folders {list_names(groups)} in '{place.path}' are read as classes, and all of "
            f"them have the same folders inside: {list_names(sorted(inner))}.",
            "Where those are the classes, name the outer ones train, val and test, or name one of "
            "them as the data.",
            "warning",
        )
    else:
        yield Remark(
            "folders-in-classes",
            f"Each read as one class, with all that its folders hold: {list_names(groups)} in "
            f"'{place.path}'; '{name}' has {list_names(sorted(inner))}.",
            "Where the inner folders are the classes, put all of them side by side.",
        )


def _named_otherwise(place: Place) -> Iterator[Remark]:
    splits = sorted(splits_among(place.folders))
    companions = [name for name in place.folders if is_companion(name)]
    for names, what in ((splits, "a split"), (companions, "what goes with pictures")):
        if names:
            rest = [name for name in place.folders if name not in names]
            choice = f" or pass --classes {','.join(rest)}" if 1 < len(rest) <= 10 else ""
            yield Remark(
                "odd-class-names",
                f"Read as a class, though named like {what}: {list_names(names)} in "
                f"'{place.path}'.",
                f"Where it is none, move it away{choice}.",
                "warning",
            )


def _named_like_classes(inside: dict[str, set[str]]) -> Iterator[Remark]:
    nested = {name: sorted(inner & (set(inside) - {name})) for name, inner in inside.items()}
    for name, inner in nested.items():
        if inner:
            yield Remark(
                "classes-in-classes",
                f"The class folder '{name}' has folders named like other classes: "
                f"{list_names(inner)}. What they hold counts as '{name}'.",
                "Where that is not meant, move it to where it belongs.",
                "warning",
            )
            return
