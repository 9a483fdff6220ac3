"""A folder as it is looked at while it is not yet clear what its folders mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path

from kerasport.dataset.contents import why_not_opened
from kerasport.dataset.folder_words import NOTE_SUFFIXES, PICTURE_SUFFIXES, is_companion
from kerasport.dataset.paths import exists, is_folder
from kerasport.dataset.split_names import is_collective, split_in
from kerasport.dataset.tree import Listing, files_below, list_folder
from kerasport.errors import DataError

__all__ = ["Place", "list_names", "require_openable"]

# More pictures than this beside the folders, compared to those in them, are no strays.
_STRAYS = 0.1


class Place:
    """A folder with what lies in it, listed once; `around` is the place that it was found in."""

    def __init__(self, path: Path, around: Place | None = None) -> None:
        self.path = path
        self.around = around
        self._inside: dict[str, Place] = {}

    @cached_property
    def _listing(self) -> Listing:
        try:
            return list_folder(self.path)
        except OSError:
            # Told as a skipped folder when its files are read.
            return Listing()

    @cached_property
    def folders(self) -> dict[str, Path]:
        """The folders in it by name, sorted, but for a `copy`."""
        names = self._listing.folders
        return {name: self.path / name for name in names if self.path / name != self.copy}

    @cached_property
    def copy(self) -> Path | None:
        """The folder in it that has its own name and the same folders, as archives double them."""
        own = self.path.name
        others = set(self._listing.folders) - {own}
        if not others or own not in self._listing.folders:
            return None
        return self.path / own if set(Place(self.path / own).folders) == others else None

    @cached_property
    def pictures(self) -> tuple[Path, ...]:
        """What by its name is a picture and lies in the folder itself."""
        return tuple(
            self.path / name for name in self._listing.files if _is(PICTURE_SUFFIXES, name)
        )

    @cached_property
    def notes(self) -> tuple[Path, ...]:
        """What by its name is text or a table and lies in the folder itself."""
        return tuple(self.path / name for name in self._listing.files if _is(NOTE_SUFFIXES, name))

    def inside(self, name: str) -> Place:
        """Return one of the folders in it."""
        return self._inside.setdefault(name, Place(self.folders[name], self))

    def holds_files(self) -> bool:
        """Return whether there is any file in it or below."""
        return any(True for _ in self._names_below())

    def is_mostly_folders(self) -> bool:
        """Return whether pictures lie in its folders, and a few strays at most beside them."""
        if not self.pictures or not self.folders:
            return bool(self.folders)
        enough = int(len(self.pictures) / _STRAYS)
        below = (each for name in self.folders for each in files_below(self.folders[name]))
        return len(list(islice(below, enough))) == enough

    def holds_no_class(self) -> bool:
        """Return whether it is empty, holds notes alone, or is named as what goes with pictures."""
        return not self.holds_files() or self._is_notes() or is_companion(self.path.name)

    def only_folder_of_folders(self) -> Place | None:
        """Return the one folder in it that holds folders, if the others hold no classes."""
        candidates = [name for name in self.folders if not self.inside(name)._is_notes()]
        kept = [name for name in candidates if not is_companion(name)]
        if len(kept) == 1 and is_collective(kept[0]):
            candidates = kept
        if len(candidates) != 1 or not self.is_mostly_folders():
            return None
        inner = self.inside(candidates[0])
        return inner if inner.is_mostly_folders() else None

    def is_about_parts(self) -> bool:
        """Return whether its pictures have notes or masks of their parts, as for detection."""
        stems = {each.stem for each in self.notes}
        noted = sum(each.stem in stems for each in self.pictures)
        lists = any("annotation" in each.name.lower() for each in self.notes)
        if self.pictures and (lists or noted * 2 > len(self.pictures)):
            return True
        return self._has_companions() or (self.around is not None and self.around.is_about_parts())

    def _has_companions(self) -> bool:
        named = [name for name in self.folders if is_companion(name)]
        return any(self.inside(name).holds_files() for name in named)

    def without_wrapper(self, classes: Iterable[str]) -> Place:
        """Return the folder of pictures in it, where there is one that is no class by its name."""
        if self.pictures or len(self.folders) != 1:
            return self
        (name,) = self.folders
        inner = self.inside(name)
        is_class = name in set(classes) or not (
            is_collective(name) or split_in(name) or name.lower() == "unknown"
        )
        return self if is_class or inner.folders else inner

    def _is_notes(self) -> bool:
        return self.holds_files() and all(_is(NOTE_SUFFIXES, each) for each in self._names_below())

    def _names_below(self) -> Iterator[str]:
        # Its own first: of a class folder nothing else is looked at.
        yield from self._listing.files
        for folder in self.folders.values():
            yield from (path.name for path in files_below(folder))


def _is(suffixes: Collection[str], name: str) -> bool:
    # Of a name alone, and of many: a path for each would take as long as listing them.
    stem, dot, suffix = name.rpartition(".")
    return bool(stem) and (dot + suffix).lower() in suffixes


def require_openable(root: Path) -> None:
    """Raise unless `root` is a folder that can be opened.

    Raises:
        DataError: it is none, or the system does not let it be opened.
    """
    try:
        if not exists(root):
            raise DataError(
                f"There is no folder '{root}'. Expected one folder per class with pictures in it."
            )
        if not is_folder(root):
            raise DataError(f"'{root}' is a file. Expected a folder with one folder per class.")
        list_folder(root)
    except OSError as error:
        raise DataError(
            f"'{root}' {why_not_opened(root, error)}. Expected a folder that you may read; change "
            "its permissions, or copy it."
        ) from None


def list_names(names: Iterable[str]) -> str:
    """Return names in quotes, the first ten of them."""
    names = list(names)
    shown = ", ".join(repr(name) for name in names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown
