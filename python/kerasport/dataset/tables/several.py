"""Several labels of a picture in one cell, or as columns that are set: found, or told apart."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kerasport.dataset.dataset import Remark
from kerasport.dataset.tables.table import Table, cell_text
from kerasport.errors import DataError
from kerasport.labels import normalize_class_name
from kerasport.literals import LabelsChoice

__all__ = ["MOST_CHARACTERS", "labels_in_cells", "labels_of_flags", "set_in_rows"]

MOST_CHARACTERS = 500
"""Length of a label; what is longer is no name of one."""

# In the order in which they are believed; a space is the last, and only where it was asked for.
_MARKS = ("|", ";", ",")
_SPACE = " "
_WORDS = {"|": "a bar", ";": "a semicolon", ",": "a comma", _SPACE: "a space"}
_LIST = re.compile(r"\[.*\]", re.DOTALL)
_CHOICES = re.compile(r'\{\s*"choices".*\}', re.DOTALL)

Labels = tuple[str, ...]


def labels_in_cells(
    table: Table,
    column: int,
    *,
    choice: LabelsChoice | None,
    known: Collection[str] | None = None,
    remarks: list[Remark],
) -> list[Labels] | None:
    """Return the labels in each cell of a column, or None where each cell is one label.

    Lists hold several wherever one of them does. Texts with a mark between labels do only where
    such a table could not be read as one label each: half of them are made wholly of labels that
    other rows have alone; or the mark is a bar, and between the bars stands what stands elsewhere
    too, in changing places and numbers. All else is one label, with a remark where that is a guess,
    until `choice` says otherwise. Where labels are `known`, those of a model, a text that is one of
    them is not parted, and the mark is the one that parts most rows into such.

    Raises:
        DataError: a label is too long to be one.
    """
    if choice == "one":
        return None
    cells = table.cells[column]
    lists = [_listed(value) for value in cells]
    texts = [cell_text(value) for value in cells]
    asked = choice == "many"
    if any(each is not None and (asked or len(each) > 1) for each in lists):
        return [
            _checked(each if each is not None else (text,), line)
            for each, text, line in zip(lists, texts, table.lines, strict=True)
        ]
    whole = {text for text in texts if normalize_class_name(text) in (known or ())}
    counts = Counter(text for text in texts if text and text not in whole)
    mark = _between(counts, known or ()) or _evident(counts)
    if mark is None and asked:
        mark = _most_likely(counts)
    if mark is None and not asked:
        if doubt := _doubtful(counts):
            remarks.append(_hint(table, *doubt))
        return None
    if mark is not None:
        remarks.append(
            Remark("separated-labels", f"{table.name}: {_WORDS[mark]} stands between labels.")
        )
    return [
        _checked([text] if text in whole else _split(text, mark), line)
        for text, line in zip(texts, table.lines, strict=True)
    ]


def labels_of_flags(
    table: Table, columns: Sequence[int], *, choice: LabelsChoice | None
) -> list[Labels] | None:
    """Return the headings of the columns set in each row; None where each row has one class.

    Several that are set in one row are several labels; rows with none do not tell so alone.
    """
    sets = set_in_rows(table, columns)
    if choice == "one" or (choice is None and all(len(names) <= 1 for names in sets)):
        return None
    return [_checked(names, line) for names, line in zip(sets, table.lines, strict=True)]


def set_in_rows(table: Table, columns: Sequence[int]) -> list[list[str]]:
    """Return the headings of the columns that are set in each row."""
    names = [table.columns[at].strip() for at in columns]
    rows = zip(*(table.cells[at] for at in columns), strict=True)
    return [
        [name for name, value in zip(names, row, strict=True) if _is_set(value)] for row in rows
    ]


def _is_set(value: Any) -> bool:
    return cell_text(value).lower() in {"1", "1.0", "true", "yes", "t", "y"}


def _listed(value: Any) -> Sequence[Any] | None:
    """Return what a list holds, as such or as pandas and Label Studio write it into a cell."""
    if isinstance(value, tuple | list):
        return value
    # As pandas has lists that it read from Parquet.
    if getattr(value, "ndim", 0) == 1:
        return list(value.tolist())
    text = cell_text(value)
    if not (_LIST.fullmatch(text) or _CHOICES.fullmatch(text)) or len(text) > _MOST_OF_A_LIST:
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        found = found.get("choices") if isinstance(found, dict) else found
        if isinstance(found, list) and not any(isinstance(item, list | dict) for item in found):
            return found
    return None


_MOST_OF_A_LIST = 20_000


def _checked(labels: Sequence[Any], line: str) -> Labels:
    """Return labels as text in NFC, each once."""
    texts = [text for label in labels if (text := cell_text(label))]
    for text in texts:
        if len(text) > MOST_CHARACTERS:
            raise DataError(
                f"{line}: a label of {len(text):,} characters, {text!r:.40}... Expected the name "
                "of a class."
            )
    return tuple(dict.fromkeys(normalize_class_name(text) for text in texts))


def _split(text: str, mark: str | None) -> list[str]:
    parts = [text] if mark is None else text.split() if mark == _SPACE else text.split(mark)
    return [part.strip() for part in parts if part.strip()]


def _compounds(counts: Mapping[str, int], mark: str) -> dict[str, list[str]]:
    """Return text -> its parts, for texts in which the mark stands between two or more."""
    parts = {text: _split(text, mark) for text in counts if mark in text}
    return {text: each for text, each in parts.items() if len(each) > 1}


def _between(counts: Mapping[str, int], known: Collection[str]) -> str | None:
    """Return the mark that parts most rows into known labels, None if none parts any."""
    rows = {
        mark: sum(
            counts[text]
            for text, parts in _compounds(counts, mark).items()
            if all(normalize_class_name(part) in known for part in parts)
        )
        for mark in (*_MARKS, _SPACE)
    }
    best = max(rows, key=rows.__getitem__)
    return best if rows[best] else None


def _evident(counts: Mapping[str, int]) -> str | None:
    """Return the mark that stands between labels beyond doubt, None if there is none."""
    for mark in _MARKS:
        if _is_made_of_others(counts, mark) or (mark == "|" and _is_mixed(counts, mark)):
            return mark
    return None


def _is_made_of_others(counts: Mapping[str, int], mark: str) -> bool:
    """Return whether half of the rows with the mark are made of labels that others have alone."""
    compounds = _compounds(counts, mark)
    alone = set(counts) - set(compounds)
    rows = sum(counts[text] for text in compounds)
    made = sum(counts[text] for text, parts in compounds.items() if alone.issuperset(parts))
    return bool(made) and made * 2 >= rows


def _is_mixed(counts: Mapping[str, int], mark: str) -> bool:
    """Return whether parts come in changing numbers and places, and each in several texts.

    Names like `Tomato|early blight` are built of parts too, each of which keeps its place.
    """
    split = {text: _split(text, mark) for text in counts}
    places: dict[str, set[int]] = {}
    texts: Counter[str] = Counter()
    for parts in split.values():
        for place, part in enumerate(parts):
            places.setdefault(part, set()).add(place)
        texts.update(set(parts))
    moving = sum(len(each) > 1 for each in places.values())
    return (
        len({len(parts) for parts in split.values()}) > 1
        and all(count > 1 for count in texts.values())
        and moving * 2 >= len(places)
    )


def _most_likely(counts: Mapping[str, int]) -> str | None:
    """Return what stands between labels where somebody said that there are several."""
    rows = {mark: sum(counts[text] for text in _compounds(counts, mark)) for mark in _MARKS}
    best = max(_MARKS, key=rows.__getitem__)
    if rows[best]:
        return best
    # A space stands inside of labels as well.
    if _is_made_of_others(counts, _SPACE) or _is_mixed(counts, _SPACE):
        return _SPACE
    return None


def _doubtful(counts: Mapping[str, int]) -> tuple[str, str, int] | None:
    """Return a mark that may stand between labels, a text that has it, and how many rows do."""
    for mark in _MARKS:
        compounds = _compounds(counts, mark)
        texts = Counter(part for parts in compounds.values() for part in set(parts))
        texts.update(text for text in counts if text not in compounds)
        shared = [
            text for text, parts in compounds.items() if all(texts[part] > 1 for part in parts)
        ]
        if shared:
            return mark, min(shared), sum(counts[text] for text in compounds)
    return None


def _hint(table: Table, mark: str, text: str, rows: int) -> Remark:
    return Remark(
        "one-label",
        f"{table.name}: {rows:,} row(s) have {_WORDS[mark]} in their label, like {text!r:.100}, "
        "which is taken for one name.",
        "If it stands between several labels, pass --labels many.",
        count=rows,
    )
