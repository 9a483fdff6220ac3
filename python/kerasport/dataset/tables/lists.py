"""A list of labels in a cell: as such, or as programs print one into a table."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Sequence
from typing import Any

from kerasport.dataset.tables.table import cell_text
from kerasport.errors import DataError
from kerasport.labels import normalize_class_name

__all__ = ["begins_like_list", "is_vector", "listed", "plain_labels"]

_MOST_CHARACTERS = 500
"""Length of a label; what is longer is no name of one."""

_MOST_LABELS = 1_000
"""Labels of one picture; what has more is a column that was not parted, or made to fill memory."""

_MOST_OF_A_LIST = 20_000
_CHOICES = re.compile(r'\{\s*"choices".*\}', re.DOTALL)
_PAIRS = ("[]", "()", "{}")
_BEGINNING = re.compile(r"""(?:array\()?[\[({]\s*["']""")
# As numpy prints an array, and pandas a column of such.
_ARRAY = re.compile(r"array\((.*?)(?:,\s*dtype=\S+)?\)", re.DOTALL)
_TEXT = r"""(?:'[^']*'|"[^"]*")"""
_SPACED = re.compile(rf"\[\s*{_TEXT}(?:\s+{_TEXT})+\s*\]")


def listed(value: Any) -> Sequence[Any] | None:
    """Return what a list holds, as such or as pandas, numpy and Label Studio write it into a cell.

    None where it is none. Sets and tuples are lists where they are of texts.
    """
    if isinstance(value, tuple | list):
        return value
    # As pandas has lists that it read from Parquet.
    if _is_array(value):
        return list(value.tolist())
    text = cell_text(value)
    if len(text) > _MOST_OF_A_LIST:
        return None
    if array := _ARRAY.fullmatch(text):
        text = array[1].strip()
    if text[:1] + text[-1:] not in _PAIRS:
        return None
    if _SPACED.fullmatch(text):
        return [each[1:-1] for each in re.findall(_TEXT, text)]
    found = _parsed(text)
    if isinstance(found, dict):
        found = found.get("choices") if _CHOICES.fullmatch(text) else None
    if isinstance(found, set | tuple):
        found = sorted(found) if all(isinstance(each, str) for each in found) else None
    if isinstance(found, list) and not any(isinstance(item, list | dict) for item in found):
        return found
    return None


def _parsed(text: str) -> Any:
    for parse in (json.loads, ast.literal_eval):
        try:
            with warnings.catch_warnings():
                # Of a backslash that escapes nothing.
                warnings.simplefilter("ignore")
                return parse(text)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
    return None


def begins_like_list(value: Any) -> bool:
    """Return whether a cell is a text that begins as lists of texts do."""
    return isinstance(value, str) and _BEGINNING.match(value.strip()) is not None


def _is_array(value: Any) -> bool:
    """Return whether this is an array, and not one of its numbers."""
    dimensions: int = getattr(value, "ndim", 0)
    return dimensions > 0


def is_vector(lists: Sequence[Sequence[Any] | None]) -> bool:
    """Return whether lists hold a number for each class, and no names: `[0, 1, 0]`.

    That is so where all have equally many from 0 to 1, one of them twice or a fraction.
    """
    found = [each for each in lists if each is not None]
    values = [value for each in found for value in each]
    if len({len(each) for each in found}) != 1 or not all(map(_is_share, values)):
        return False
    return any(value not in (0, 1) for value in values) or any(
        len(set(each)) < len(each) for each in found
    )


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and (0 <= value <= 1 or value != value)


def plain_labels(labels: Sequence[Any], line: str) -> tuple[str, ...]:
    """Return labels as text in NFC, each once.

    Raises:
        DataError: one is no name, or there are too many.
    """
    if len(labels) > _MOST_LABELS:
        raise DataError(
            f"{line}: {len(labels):,} labels. Expected those of one picture, {_MOST_LABELS:,} at "
            "most."
        )
    for label in labels:
        if isinstance(label, dict | list | tuple | set) or _is_array(label):
            kind = "an object" if isinstance(label, dict) else "a list"
            raise DataError(
                f"{line}: {kind} stands for a label, {label!r:.60}. Expected its name, a text."
            )
    texts = [text for label in labels if (text := cell_text(label))]
    for text in texts:
        if len(text) > _MOST_CHARACTERS:
            raise DataError(
                f"{line}: a label of {len(text):,} characters, {text!r:.40}... Expected the name "
                "of a class."
            )
    return tuple(dict.fromkeys(normalize_class_name(text) for text in texts))
