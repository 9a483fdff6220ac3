"""The class of each row: one label, or one column per class of which one is set."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kerasport.dataset.dataset import Remark
from kerasport.dataset.tables.flags import set_in_rows
from kerasport.dataset.tables.lists import listed, plain_labels
from kerasport.dataset.tables.table import Table
from kerasport.errors import DataError

__all__ = ["is_one_hot", "labels_in_column", "labels_of_one_hot"]

_NUMBER = re.compile(r"-?\d+(\.0+)?")
# What stands between several labels in one cell; a space does too, but also inside of one.
_BETWEEN = ";|,"
_LIST = re.compile(r"""\[\s*["'].*["']\s*\]|\{"choices":.*\}""", re.DOTALL)
_ONE_CLASS = "A classifier gives each picture one class"
_MANY = "where a picture may have several labels or none, pass --labels many"


def labels_in_column(table: Table, column: int, *, remarks: list[Remark]) -> list[str]:
    """Return the labels in a column as text; `1.0` beside `1` is the same number.

    A label like `cat dog` where there are `cat` and `dog` gets a remark: it may be two.

    Raises:
        DataError: a row has no label, or several.
    """
    cells = table.cells[column]
    texts = [_label(value, line) for value, line in zip(cells, table.lines, strict=True)]
    _require_all(texts, table, f"Give the picture a class, or remove the row; {_MANY}.")
    classes = set(texts)
    joined = {text for text in classes if _is_made_of(classes, text)}
    several = sorted(text for text in joined if any(mark in text for mark in _BETWEEN))
    if several:
        lines = [line for line, text in zip(table.lines, texts, strict=True) if text in several]
        first = texts[table.lines.index(lines[0])]
        raise DataError(
            f"{lines[0]}: {first!r} is several labels, each a class of other rows"
            f"{_and_others(lines)}. {_ONE_CLASS}; keep one of them, or remove the row; {_MANY}."
        )
    if joined:
        count = sum(text in joined for text in texts)
        remarks.append(
            Remark(
                "joined-labels",
                f"{table.name}: {count} row(s) have a label made of others, like {min(joined)!r}.",
                f"{_ONE_CLASS}: if these show several, remove the rows or pass --labels many; else "
                "nothing is wrong.",
                "warning",
                count,
            )
        )
    if any("." in text for text in classes) and all(map(_NUMBER.fullmatch, classes)):
        return [text.partition(".")[0] for text in texts]
    return texts


def is_one_hot(table: Table, columns: Sequence[int]) -> bool:
    """Return whether each row has exactly one of the columns set."""
    return all(len(names) == 1 for names in set_in_rows(table, columns))


def labels_of_one_hot(table: Table, columns: Sequence[int]) -> list[str]:
    """Return the heading of the one column that is set in each row.

    Raises:
        DataError: a row has no column set, or several; the message says how many such rows.
    """
    sets = set_in_rows(table, columns)
    several = [line for line, names in zip(table.lines, sets, strict=True) if len(names) > 1]
    if several:
        first = next(names for names in sets if len(names) > 1)
        raise DataError(
            f"{several[0]}: the classes {' and '.join(map(repr, first[:5]))} are set"
            f"{_and_others(several)}. {_ONE_CLASS}; keep one of them, or remove the row; {_MANY}."
        )
    texts = [names[0] if names else "" for names in sets]
    _require_all(texts, table, f"Set one of its classes to 1, or remove the row; {_MANY}.")
    return texts


def _label(value: Any, line: str) -> str:
    found = listed(value)
    if isinstance(value, str) and (
        len(found or ()) > 1 or (found is None and _LIST.fullmatch(value.strip()))
    ):
        raise DataError(
            f"{line}: the list {value.strip()!r:.60}. {_ONE_CLASS}; keep one, or remove the row."
        )
    if found is not None and len(found) > 1:
        raise DataError(
            f"{line}: a list of {len(found)} labels. {_ONE_CLASS}; keep one, or remove the row."
        )
    return next(iter(plain_labels([value] if found is None else found, line)), "")


def _require_all(texts: Sequence[str], table: Table, remedy: str) -> None:
    without = [line for line, text in zip(table.lines, texts, strict=True) if not text]
    if without:
        raise DataError(f"{without[0]}: no label{_and_others(without)}. {remedy}")


def _and_others(lines: Sequence[str]) -> str:
    return f", and so in {len(lines) - 1} more row(s)" if len(lines) > 1 else ""


def _is_made_of(classes: set[str], text: str) -> bool:
    lists = [text.split(), *(text.split(mark) for mark in _BETWEEN)]
    return any(len(parts) > 1 and classes.issuperset(map(str.strip, parts)) for parts in lists)
