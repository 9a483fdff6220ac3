"""What lies in a folder and below it, links and locked folders told apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kerasport.dataset.contents import why_not_opened
from kerasport.dataset.dataset import Skipped
from kerasport.dataset.paths import list_names

__all__ = ["IGNORED_NAMES", "Listing", "files_below", "is_visible", "list_folder"]

IGNORED_NAMES = (
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "@eadir",
    "@recycle",
    "__macosx",
    "desktop.ini",
    "ehthumbs.db",
    "icon\r",
    "lost+found",
    "system volume information",
    "thumbs.db",
)
"""Names, in small letters, of what systems write beside the user's files without a leading dot."""


@dataclass(frozen=True)
class Listing:
    """Names of the visible folders, links to some among them, and of all else that is visible."""

    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def is_visible(name: str) -> bool:
    """Return whether a file or folder is the user's: not hidden, not written by a system."""
    return not name.startswith(".") and name.lower() not in IGNORED_NAMES


def list_folder(folder: Path) -> Listing:
    """Return what lies in a folder, sorted.

    Raises:
        OSError: the folder cannot be opened.
    """
    found = sorted(each for each in list_names(folder).items() if is_visible(each[0]))
    return Listing(
        tuple(name for name, is_folder in found if is_folder),
        tuple(name for name, is_folder in found if not is_folder),
    )


def files_below(folder: Path, *, lost: list[Skipped] | None = None) -> Iterator[Path]:
    """Yield every file in `folder` and below it, sorted; hidden and system files are left out.

    Links are followed, but for those to a folder that they lie in, which have no end. They, and
    folders that cannot be opened, are added to `lost`.
    """
    lost = [] if lost is None else lost
    # Of a linked folder, both what it lies in by its name and what it really lies in.
    places = {folder.absolute(), folder.resolve()}
    above = frozenset(key for place in places for each in place.parents if (key := _key(each)))
    waiting = [(folder, above)]
    while waiting:
        place, above = waiting.pop()
        key = _key(place)
        if key is not None and key in above:
            lost.append(Skipped(place, "a link to a folder that it lies in"))
            continue
        try:
            listing = list_folder(place)
        except OSError as error:
            lost.append(Skipped(place, f"a folder that {why_not_opened(place, error)}"))
            continue
        yield from (place / name for name in listing.files)
        inside = above if key is None else above | {key}
        waiting += [(place / name, inside) for name in reversed(listing.folders)]


def _key(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
