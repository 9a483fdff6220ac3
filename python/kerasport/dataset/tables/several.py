"""Several labels of a picture in one cell: found, or told apart from one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from kerasport.dataset.dataset import Remark
from kerasport.dataset.tables.lists import begins_like_list, is_vector, listed, plain_labels
from kerasport.dataset.tables.table import Table, cell_text
from kerasport.errors import DataError
from kerasport.labels import normalize_class_name
from kerasport.literals import LabelsChoice

__all__ = ["labels_in_cells"]

# In the order in which they are believed.
_MARKS = ("|", ";", ",", "\uff5c", "\uff1b", "\uff0c", "\u3001")
# They stand inside of labels as well: only where it was asked for, and the labels bear it out.
_SPACE = " "
_LOOSE = (_SPACE, "/", "&", "+", "\\")
_WORDS = {
    **{"|": "a bar", ";": "a semicolon", ",": "a comma", _SPACE: "a space"},
    **{"\uff5c": "a wide bar", "\uff1b": "a wide semicolon", "\uff0c": "a wide comma"},
    **{"\u3001": "an ideographic comma", "/": "a slash", "&": "an ampersand", "+": "a plus sign"},
    "\\": "a backslash",
}

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
        DataError: a label is none, a picture has too many, or a list is none or holds numbers for
            the classes.
    """
    if choice == "one":
        return None
    cells = table.cells[column]
    lists = [listed(value) for value in cells]
    texts = [cell_text(value) for value in cells]
    asked = choice == "many"
    if any(each is not None and (asked or len(each) > 1) for each in lists):
        if is_vector(lists):
            _refuse_vectors(table, lists)
        _require_lists(table, cells, lists)
        return [
            plain_labels(each if each is not None else (text,), line)
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
    _require_lists(table, cells, lists)
    if mark is not None:
        remarks.append(
            Remark("separated-labels", f"{table.name}: {_WORDS[mark]} stands between labels.")
        )
    return [
        plain_labels([text] if text in whole else _split(text, mark), line)
        for text, line in zip(texts, table.lines, strict=True)
    ]


def _require_lists(
    table: Table, cells: Sequence[Any], lists: Sequence[Sequence[Any] | None]
) -> None:
    """Refuse what begins like a list and is none: parted at a mark, it would give other names."""
    for value, each, line in zip(cells, lists, table.lines, strict=True):
        if each is None and begins_like_list(value):
            raise DataError(
                f"{line}: {value!r:.60} begins like a list, and is none that can be read. Expected "
                "a whole list of names, or names with a bar between them."
            )


def _refuse_vectors(table: Table, lists: Sequence[Sequence[Any] | None]) -> NoReturn:
    at, first = next((at, each) for at, each in enumerate(lists) if each is not None)
    raise DataError(
        f"{table.lines[at]}: {list(first)!r:.60} has a number for each class, and not the classes "
        "that hold. Expected a list of their names, or a column of 0 and 1 for each class with its "
        "name as the heading."
    )


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
    for mark in _LOOSE:
        if _is_made_of_others(counts, mark) or _is_mixed(counts, mark):
            return mark
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
