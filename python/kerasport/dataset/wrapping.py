"""Folders around the one that matters, as archives and their unpacking leave them behind."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from kerasport.dataset.dataset import Remark
from kerasport.dataset.place import Place, list_names
from kerasport.dataset.split_names import split_in
from kerasport.labels import normalize_class_name

__all__ = ["unwrapped"]


def unwrapped(
    top: Place, *, known: Collection[str] = (), in_split: bool = False
) -> tuple[Place, list[Remark], list[Path]]:
    """Return the folder whose folders are classes or splits, however deep it lies in `top`.

    Besides, a remark if it is another, and the pictures that lie beside it.
    """
    place, aside, strays = top, list[str](), list[Path]()
    while (inner := place.only_folder_of_folders()) is not None:
        name = inner.path.name
        # A lone train/ is no wrapper, but for that inside another train/.
        if normalize_class_name(name) in known or (split_in(name) and not in_split):
            break
        aside += [each for each in place.folders if each != name]
        strays += place.pictures
        place = inner
    doubled = [_doubled(place.copy)] if place.copy else []
    if place is top:
        return place, doubled, []
    inside = place.path.relative_to(top.path).as_posix()
    left = f" Left out, because no class is there: {list_names(aside)}." if aside else ""
    message = f"The class folders of '{top.path}' lie in '{inside}'.{left}"
    return place, [Remark("wrapped", message), *doubled], strays


def _doubled(copy: Path) -> Remark:
    return Remark(
        "doubled",
        f"'{copy}' has the name and the folders of the one that it lies in. It is taken for a "
        "copy, and left out.",
        "Where it is none, give it another name.",
        "warning",
    )
