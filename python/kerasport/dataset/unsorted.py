"""Pictures that lie in no class folder: what may help, by what is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from kerasport.dataset.place import Place, list_names
from kerasport.dataset.split_names import is_collective
from kerasport.errors import DataError

__all__ = ["no_class_folders"]

# What cameras and programs put before their numbers.
_COUNTERS = {"dcim", "dsc", "dscf", "dscn", "frame", "mvi", "p", "pxl", "scan", "screenshot"}


def no_class_folders(place: Place) -> DataError:
    """Return the error for a folder whose pictures are in no class folders."""
    if place.is_about_parts():
        return DataError(
            f"'{place.path}' looks like a set for detection or segmentation: pictures with notes "
            "or masks of what is where in them, and no folder per class. kerasport tells whole "
            "pictures apart; cut the objects out, and put each into a folder of its class."
        )
    return DataError(
        f"The files in '{place.path}' lie directly in it. Expected one folder per class: "
        f"'DATA/cat/1.jpg', 'DATA/dog/1.jpg'.{_hint(place.pictures)}"
    )


def _hint(pictures: Sequence[Path]) -> str:
    names = _classes_in_names(pictures)
    if not names:
        return ""
    return (
        f" The names of the files begin with {list_names(names)}: make a folder of each name and "
        "move its files there, or write a .csv table of path and label."
    )


def _classes_in_names(pictures: Sequence[Path]) -> list[str]:
    """Return the words before the numbers in names like `cat.12.jpg`, where they tell classes."""
    found = (re.match(r"(.*?[^\W\d_])[\W_]*\d[\W\d_]*$", picture.stem) for picture in pictures)
    counts = Counter(match[1] for match in found if match)
    words = [name for name in counts if name.lower() not in _COUNTERS and not is_collective(name)]
    named = sum(counts[word] for word in words)
    if not 2 <= len(words) <= len(pictures) // 3 or named < 0.8 * len(pictures):
        return []
    return sorted(words)
