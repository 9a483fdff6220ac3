"""Class names: the one place that decides their spelling and their order."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from kerasport.errors import DataError

__all__ = ["check_class_names", "normalise_class_name", "order_class_names", "read_label_file"]


def normalise_class_name(name: str) -> str:
    """Return `name` in Unicode NFC.

    macOS hands out folder names in NFD, Linux and Windows as they were typed; without this the
    same folder would give two spellings, and two orders, on two machines.
    """
    return unicodedata.normalize("NFC", name)


def order_class_names(names: Iterable[str]) -> list[str]:
    """Return the class names of a set of folders: NFC-normalised, sorted by code point.

    Raises:
        DataError: two folders have the same name once normalised, or a name is empty.

    >>> order_class_names(["tulips", "Rose", "daisy"])
    ['Rose', 'daisy', 'tulips']
    """
    return check_class_names(sorted(normalise_class_name(name) for name in names))


def check_class_names(names: Sequence[str]) -> list[str]:
    """Return `names` as a list after checking that each is non-empty and unique."""
    seen: set[str] = set()
    for position, name in enumerate(names):
        if not name.strip():
            raise DataError(
                f"Class name number {position + 1} is empty. Expected one visible name per class; "
                "give it a name."
            )
        if name in seen:
            raise DataError(
                f"The class name {name!r} occurs twice. Expected each class once; "
                "rename or remove one of the two."
            )
        seen.add(name)
    return list(names)


def read_label_file(path: Path) -> list[str]:
    """Return the class names in a text file, one per line, in the order of the model's outputs.

    Empty lines at the end are ignored. Lines like Teachable Machine's `0 cat` keep their
    text as it stands unless every line starts with its own index, which is then removed.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"There is no label file at '{path}'.") from None
    except UnicodeDecodeError as error:
        raise DataError(f"The label file '{path}' is not UTF-8 text ({error}).") from None
    names = [normalise_class_name(line.strip()) for line in text.rstrip().splitlines()]
    if not names:
        raise DataError(f"The label file '{path}' is empty. Expected one class name per line.")
    if all(line.startswith(f"{index} ") for index, line in enumerate(names)):
        names = [line.split(" ", 1)[1].strip() for line in names]
    return check_class_names(names)
