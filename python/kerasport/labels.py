"""Class names: the one place that decides their spelling and their order."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kerasport.errors import DataError

__all__ = [
    "check_class_names",
    "find_label_file",
    "normalize_class_name",
    "order_class_names",
    "read_label_file",
]


def normalize_class_name(name: str) -> str:
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
    return check_class_names(sorted(normalize_class_name(name) for name in names))


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
    """Return the class names in a file, in the order of the model's outputs.

    Text holds one name per line; lines like Teachable Machine's `0 cat` keep their text as it
    stands unless every line starts with its own index, which is then removed. JSON holds a list,
    a dictionary of name and index in either direction, as Keras' `class_indices`, or a document
    with `classNames` (a bundle's metadata) or `labels` (Teachable Machine's).

    Raises:
        DataError: the file is missing, or holds no class names.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise DataError(f"There is no label file at '{path}'.") from None
    except UnicodeDecodeError as error:
        raise DataError(f"The label file '{path}' is not UTF-8 text ({error}).") from None
    if path.suffix.lower() == ".json":
        names = _names_in_json(path, text)
    else:
        names = [line.strip() for line in text.rstrip().splitlines()]
        if all(line.startswith(f"{index} ") for index, line in enumerate(names)):
            names = [line.split(" ", 1)[1].strip() for line in names]
    if not names:
        raise DataError(f"The label file '{path}' is empty. Expected one class name per line.")
    return check_class_names([normalize_class_name(name) for name in names])


def find_label_file(model: Path) -> Path | None:
    """Return the file beside a model that names its classes, or None.

    Args:
        model: the model's file, or its folder, which is looked into before its surroundings.
    """
    for folder in [model, model.parent] if model.is_dir() else [model.parent]:
        for name in _LABEL_FILES:
            file = folder / name
            if file.is_file() and (name != "metadata.json" or _names_classes(file)):
                return file
    return None


def _names_classes(file: Path) -> bool:
    """Tell whether a metadata.json, which many tools write, is about classes."""
    try:
        value = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return False
    return isinstance(value, dict) and any(isinstance(value.get(key), list) for key in _KEYS)


def _names_in_json(path: Path, text: str) -> list[str]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"The label file '{path}' is not JSON ({error}).") from None
    if isinstance(value, dict):
        value = next((value[key] for key in _KEYS if key in value), value)
    if isinstance(value, dict):
        value = _by_index(value)
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise DataError(
            f"The label file '{path}' has no list of class names. Expected a list of strings, a "
            "dictionary of name and index counted from 0, or one of the keys "
            f"{', '.join(map(repr, _KEYS))} with such a list."
        )
    return value


def _by_index(value: dict[str, Any]) -> list[Any] | None:
    """Return the names of `{"cat": 0, "dog": 1}` or `{"0": "cat", "1": "dog"}` in order."""
    if all(isinstance(name, str) and index.isdecimal() for index, name in value.items()):
        pairs = {int(index): name for index, name in value.items()}
    elif all(type(index) is int for index in value.values()):
        pairs = {index: name for name, index in value.items()}
    else:
        return None
    if sorted(pairs) != list(range(len(value))):
        return None
    return [pairs[index] for index in range(len(pairs))]


_KEYS = ("classNames", "labels", "class_names", "class_indices")

_LABEL_FILES = (
    "labels.txt",
    "metadata.json",
    "class_names.txt",
    "class_names.json",
    "class_indices.json",
)
"""Names of files beside a model that may name its classes, the first that exists counts."""
