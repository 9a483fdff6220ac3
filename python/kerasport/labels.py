"""Class names: the one place that decides their spelling and their order."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from kerasport.displayed import is_text
from kerasport.errors import DataError
from kerasport.json_text import JsonProblem, load_json, load_json_file

__all__ = [
    "check_class_names",
    "find_label_file",
    "is_blank",
    "list_class_names",
    "mention_class_names",
    "normalize_class_name",
    "order_class_names",
    "read_label_file",
    "similar_class_names",
]

_KEYS = (
    *("classNames", "labels", "class_names", "class_indices"),
    *("id2label", "label2id", "classes", "names"),
)
"""Keys of JSON documents that hold class names, the first that is there counts."""

_LABEL_FILES = (
    "labels.txt",
    "metadata.json",
    "class_names.txt",
    "class_names.json",
    "class_indices.json",
    "classes.txt",
    "classes.json",
    "labels.json",
    "id2label.json",
)
"""Names of files beside a model that may name its classes, the first that exists counts."""


def normalize_class_name(name: str) -> str:
    """Return `name` in Unicode NFC.

    macOS hands out folder names in NFD, Linux and Windows as they were typed; without this the
    same folder would give two spellings, and two orders, on two machines.
    """
    return unicodedata.normalize("NFC", name)


def mention_class_names(names: Sequence[str], most: int = 100) -> str:
    """Return class names for a sentence: the first ones, and how many more there are."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left:,} more" if left > 0 else "")


def order_class_names(names: Iterable[str]) -> list[str]:
    """Return the class names of a set of folders: NFC-normalised, sorted by code point.

    Raises:
        DataError: two folders have the same name once normalised, or a name is empty.

    >>> order_class_names(["tulips", "Rose", "daisy"])
    ['Rose', 'daisy', 'tulips']
    """
    return check_class_names(sorted(normalize_class_name(name) for name in names))


def is_blank(text: str) -> bool:
    """Tell whether a text shows nothing: JavaScript and Python differ in what they call space."""
    return all(character.isspace() or character == "\ufeff" for character in text)


def check_class_names(names: Sequence[str]) -> list[str]:
    """Return `names` as a list after checking that each is non-empty and unique."""
    seen: set[str] = set()
    for position, name in enumerate(names):
        if is_blank(name):
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


def similar_class_names(names: Iterable[str]) -> list[list[str]]:
    """Return the groups of names that people would take for one: by case, spaces, `1` and `1.0`.

    Single letters are told apart by case, as classes of handwriting are.

    >>> similar_class_names(["cat", "Cat ", "A", "a", "dog"])
    [['cat', 'Cat ']]
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_without_spelling(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _without_spelling(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).strip()
    try:
        number = float(plain)
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return repr(number)
    if len(plain) == 1:
        return plain
    return re.sub(r"(?<=\w)[\s_-]+(?=\w)", " ", plain.casefold())


def list_class_names(given: Any) -> list[str]:
    """Return class names that were given in Python, in the order of the model's outputs.

    A dictionary of name and index is taken in either direction; lists, arrays, an Index of pandas
    and generators as they come. Whole numbers become text.

    Raises:
        DataError: they have no order, or are no names.

    >>> list_class_names({"dog": 1, "cat": 0})
    ['cat', 'dog']
    """
    if isinstance(given, (Set, bytes)) or not isinstance(given, Iterable):
        kind = type(given).__name__
        why = "has no order" if isinstance(given, Set) else "holds no names"
        raise DataError(
            f"The class names are a {kind}, which {why}. Expected a list with one name per output, "
            "in the order of the outputs."
        )
    if isinstance(given, Mapping):
        names = _by_index(given)
        if names is None:
            raise DataError(
                f"The class names are the dictionary {given!r:.200}. Expected one of name and "
                "index, in either direction, with the indices counted from 0 without a gap, such "
                "as Keras' class_indices."
            )
    else:
        names = [each.item() if hasattr(each, "item") else each for each in given]
    return check_class_names([_as_text(name) for name in names])


def _as_text(name: Any) -> str:
    if isinstance(name, str):
        if not is_text(name):
            raise DataError(
                f"The class name {name!r:.100} is no text: it holds half of a character. Expected "
                "a name that can be written as UTF-8; rename the class."
            )
        return normalize_class_name(name)
    if isinstance(name, bool) or not hasattr(name, "__index__"):
        raise DataError(
            f"The class name {name!r} is a {type(name).__name__}. Expected text, or a whole number."
        )
    return str(int(name))


def read_label_file(path: Path) -> list[str]:
    """Return the class names in a file, in the order of the model's outputs.

    Text holds one name per line; lines like Teachable Machine's `0 cat` keep their text as it
    stands unless every line starts with its own index, which is then removed. `0: cat` and `0,cat`
    count by their indices. JSON holds a list, a dictionary of name and index in either direction,
    as Keras' `class_indices`, ImageNet's index of `[synset, name]`, or a document with such under
    `classNames` (a bundle's metadata), `labels` (Teachable Machine's), `id2label` or `classes`.

    Raises:
        DataError: the file is missing, or holds no class names.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise DataError(
            f"There is no label file at '{path}'. Expected the path of a file with one class name "
            "per line; in Python a list with one name per output too."
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(f"The label file '{path}' is not UTF-8 text ({error}).") from None
    if path.suffix.lower() == ".json":
        names = _names_in_json(path, text)
    else:
        names = _names_in_lines([line.strip() for line in text.rstrip().splitlines()])
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
        value = load_json_file(file, only_numbers=False)
    except (OSError, ValueError):
        return False
    return isinstance(value, dict) and any(
        isinstance(value.get(key), (list, dict)) for key in _KEYS
    )


def _names_in_lines(lines: list[str]) -> list[str]:
    if all(line.startswith(f"{index} ") for index, line in enumerate(lines)):
        return [line.split(" ", 1)[1].strip() for line in lines]
    # A table may have a heading.
    for rows in (lines, lines[1:]):
        found = [_INDEXED.fullmatch(row) for row in rows]
        pairs = {int(row["index"]): row["name"].strip(" \"'") for row in found if row}
        if rows and len(pairs) == len(rows) and sorted(pairs) == list(range(len(rows))):
            return [pairs[index] for index in range(len(rows))]
    return lines


_INDEXED = re.compile(r"(?P<index>\d+)\s*[:,;\t]\s*(?P<name>.*\S.*)")
"""A line such as `0: cat` or `0,cat`."""


def _names_in_json(path: Path, text: str) -> list[str]:
    try:
        value = load_json(text, only_numbers=False)
    except JsonProblem as error:
        raise DataError(f"The label file '{path}' is not JSON ({error}).") from None
    if isinstance(value, dict):
        value = next((value[key] for key in _KEYS if key in value), value)
    if isinstance(value, dict):
        value = _by_index(value)
    if isinstance(value, list) and value and all(type(name) is int for name in value):
        value = [str(name) for name in value]
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise DataError(
            f"The label file '{path}' has no list of class names. Expected a list of strings, a "
            "dictionary of name and index counted from 0, or one of the keys "
            f"{', '.join(map(repr, _KEYS))} with such a list."
        )
    return value


def _by_index(value: Mapping[Any, Any]) -> list[Any] | None:
    """Return the names of `{"cat": 0, "dog": 1}` or `{"0": "cat", "1": "dog"}` in order."""
    if all(_is_index(index) for index in value.values()):
        pairs = {int(index): name for name, index in value.items()}
    elif all(_is_index(index) or str(index).isdecimal() for index in value):
        pairs = {int(index): name for index, name in value.items()}
    else:
        return None
    if sorted(pairs) != list(range(len(value))):
        return None
    names = [pairs[index] for index in range(len(pairs))]
    return _without_synsets(names) if all(map(_is_synset, names)) else names


def _is_index(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _is_synset(value: Any) -> bool:
    """Tell whether this is an entry of ImageNet's index: `["n01440764", "tench"]`."""
    return (
        isinstance(value, (list, tuple))
        and len(value) == 2
        and all(isinstance(each, str) for each in value)
    )


def _without_synsets(entries: list[Any]) -> list[str]:
    names = [name for _, name in entries]
    # Two of ImageNet's classes are called crane, a bird and a machine.
    return [name if names.count(name) == 1 else f"{name} ({synset})" for synset, name in entries]
