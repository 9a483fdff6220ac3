"""Which folders of DATA are classes and which are splits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from kerasport.dataset.class_folders import by_class_name, class_names_in, odd_classes
from kerasport.dataset.dataset import SPLITS, Remark, Split
from kerasport.dataset.place import Place, list_names, require_openable
from kerasport.dataset.split_names import Meaning, split_named, splits_among
from kerasport.dataset.unsorted import no_class_folders
from kerasport.dataset.wrapping import unwrapped
from kerasport.errors import DataError
from kerasport.labels import order_class_names

__all__ = ["Layout", "find_layout", "split_named", "splits_of"]

# Nothing needs to be said of folders with these names.
_USUAL_NAMES = {"train", "test", "val", "valid", "validation"}


@dataclass(frozen=True)
class Layout:
    """Class folders of each split; the key None holds those that still have to be cut.

    `loose` are pictures beside the class folders, which belong to no class. `has_splits` tells
    whether there are split folders. `remarks` say what was understood where it was not plain.
    """

    class_names: tuple[str, ...]
    folders: dict[Split | None, dict[str, Path]]
    loose: tuple[Path, ...] = ()
    has_splits: bool = False
    remarks: tuple[Remark, ...] = ()

    @property
    def given(self) -> frozenset[Split]:
        """The splits that the data brings itself."""
        return frozenset(split for split in self.folders if split is not None)


def find_layout(root: Path, *, known: Collection[str] = ()) -> Layout:
    """Return how the pictures below `root` are laid out.

    Either `root/CLASS/...`, or `root/{train,test,val}/CLASS/...`, or `root/CLASS/{train,test}/...`,
    and any of it may lie in further folders that hold nothing else. What a folder's name says of a
    split is for `split_names`. `train` is always cut further when one of the others is missing.

    Args:
        root: the folder.
        known: names that are classes for certain. With them there may be nothing to train on.

    Raises:
        DataError: there is nothing there, or it could be read in two ways.
    """
    require_openable(root)
    place, remarks, strays = unwrapped(Place(root), known=known)
    layout = _by_splits(place, known) or _by_splits_in_classes(place) or _by_classes(place)
    return replace(layout, loose=(*strays, *layout.loose), remarks=(*remarks, *layout.remarks))


def _by_splits(place: Place, known: Collection[str]) -> Layout | None:
    """Return the layout of split folders, or None where the folders are classes."""
    named = splits_among(place.folders)
    if not named or set(named) <= set(known):
        return None
    others = [name for name in place.folders if name not in named]
    aside = [name for name in others if place.inside(name).holds_no_class()]
    if not _hold_folders(place, named, alone=not others):
        if _is_pair(named) and others == aside:
            train = next(name for name, meaning in named.items() if meaning == "train")
            raise no_class_folders(place.inside(train))
        return None
    aside += [name for name, meaning in named.items() if meaning == "unlabeled"]
    splits = splits_of(named, place.path)
    if others := [name for name in others if name not in aside]:
        raise DataError(
            f"'{place.path}' holds the split folders {list_names(sorted(splits))} and other "
            f"folders beside them: {list_names(others)}. Expected either class folders or split "
            f"folders; move the others away{_or_class(splits)}."
        )
    if "train" not in splits.values() and not known:
        raise DataError(
            f"'{place.path}' has {list_names(sorted(splits))} but no 'train' folder. "
            "Add train/ with one folder per class."
        )
    return _read_splits(place, splits, aside)


def _or_class(splits: dict[str, Split]) -> str:
    if "train" in splits.values():
        return ""
    return f", or put the pictures of {list_names(splits)} directly there if that is a class"


def _hold_folders(place: Place, named: dict[str, Meaning], *, alone: bool) -> bool:
    """Return whether what is named like splits holds class folders, as splits do."""
    # A class may be called "train", and have folders inside, but not beside one called "test".
    inner = [place.inside(name) for name in named]
    if _is_pair(named):
        return any(each.folders for each in inner)
    if alone:
        return any(each.is_mostly_folders() for each in inner)
    return any(each.folders and not each.pictures for each in inner)


def _is_pair(named: dict[str, Meaning]) -> bool:
    return "train" in named.values() and len(set(named.values())) > 1


def splits_of(named: dict[str, Meaning], root: Path) -> dict[str, Split]:
    """Return the split of each name; what is held out is the test where there is no other.

    Raises:
        DataError: two names below `root` mean the same split.
    """
    splits: dict[str, Split] = {}
    for name, meaning in sorted(named.items(), key=lambda item: item[1] == "held out"):
        if meaning == "held out":
            splits[name] = "validation" if "test" in splits.values() else "test"
        elif meaning != "unlabeled":
            splits[name] = meaning
    for split in SPLITS:
        same = sorted(name for name in splits if splits[name] == split)
        if len(same) > 1:
            raise DataError(
                f"'{root}' has {list_names(same)}, which mean the same split. Keep one of them."
            )
    return splits


def _read_splits(place: Place, splits: dict[str, Split], aside: list[str]) -> Layout:
    remarks: list[Remark] = []
    if aside or not set(splits) <= _USUAL_NAMES:
        remarks.append(_understood(f"The folders of '{place.path}' are splits", splits, aside))
    places: dict[Split, Place] = {}
    loose = list[Path]()
    for name, split in splits.items():
        places[split], wrapped, strays = unwrapped(place.inside(name), in_split=True)
        remarks += wrapped
        loose += strays
    classes = set(class_names_in(places["train"])) if "train" in places else set[str]()
    for split in [split for split in places if split != "train"]:
        inner = places[split].without_wrapper(classes)
        if inner.pictures and not inner.folders:
            remarks.append(_unlabeled(split, inner))
            del places[split]
    found = {split: by_class_name(each) for split, each in places.items()}
    loose += [path for each in places.values() for path in each.pictures]
    # The other splits may have folders of their own and miss some: what that means for the training
    # is told with everything else that is wrong with the data, see `findings`.
    class_names = tuple(order_class_names(classes.union(*found.values())))
    return Layout(class_names, _to_be_cut(found), tuple(loose), True, tuple(remarks))


def _to_be_cut(found: dict[Split, dict[str, Path]]) -> dict[Split | None, dict[str, Path]]:
    whole = set(SPLITS) <= set(found)
    return {
        None if split == "train" and not whole else split: folders
        for split, folders in found.items()
    }


def _understood(what: str, splits: dict[str, Split], aside: list[str]) -> Remark:
    order = sorted(splits, key=lambda name: SPLITS.index(splits[name]))
    read = ", ".join(f"'{name}' as {splits[name]}" for name in order)
    left = f" Left out, because no class is there: {list_names(aside)}." if aside else ""
    return Remark("split-folders", f"{what}: {read}.{left}")


def _unlabeled(split: Split, place: Place) -> Remark:
    return Remark(
        "unlabeled",
        f"'{place.path}' has no class folders, so its {len(place.pictures):,} picture(s) have no "
        "labels and are left out.",
        f"The {split} pictures are cut from those of train; to have these measured, sort them into "
        "class folders.",
        "warning",
    )


def _by_splits_in_classes(place: Place) -> Layout | None:
    """Return the layout where every class folder holds the same split folders and nothing else."""
    if not place.folders or place.pictures:
        return None
    inner = [place.inside(name) for name in place.folders]
    named = splits_among(inner[0].folders)
    if not _is_pair(named) or len(named) != len(inner[0].folders) or len(inner) < 2:
        return None
    if any(each.pictures or set(each.folders) != set(named) for each in inner):
        return None
    splits = splits_of(named, inner[0].path)
    classes = by_class_name(place)
    found = {
        split: {label: folder / name for label, folder in classes.items()}
        for name, split in splits.items()
    }
    remark = _understood(f"The folders in each class of '{place.path}' are splits", splits, [])
    names = tuple(order_class_names(classes))
    return Layout(names, _to_be_cut(found), (), True, (remark,))


def _by_classes(place: Place) -> Layout:
    names, folders = class_names_in(place), by_class_name(place)
    return Layout(names, {None: folders}, place.pictures, remarks=tuple(odd_classes(place)))
