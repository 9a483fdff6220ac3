"""Which column of a table holds the paths, which the labels, which the splits."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kerasport.dataset.dataset import Remark, Split
from kerasport.dataset.split_names import split_named
from kerasport.dataset.tables.flags import (
    TRUTH,
    check_headings,
    is_flags,
    labels_of_flags,
    left_out,
    nearly_flags,
    odd_cell,
)
from kerasport.dataset.tables.headings import (
    Role,
    SplitFlag,
    flag_named,
    looks_like_picture,
    rank_of,
)
from kerasport.dataset.tables.labels import is_one_hot, labels_in_column, labels_of_one_hot
from kerasport.dataset.tables.several import labels_in_cells
from kerasport.dataset.tables.table import Table, cell_text
from kerasport.errors import DataError
from kerasport.labels import normalize_class_name
from kerasport.literals import LabelsChoice

__all__ = ["Columns", "choose_columns", "split_of_word"]

# What a message names; the other spellings are understood as well.
_NAMED: dict[Role, tuple[str, ...]] = {
    "path": ("path", "file", "filename", "filepath", "image", "image_path"),
    "label": ("label", "class", "category", "class_name"),
}
_SAMPLED = 100
# Beside the names of split folders.
_SPLIT_WORDS: dict[str, Split] = {
    **dict.fromkeys(("training", "tr"), "train"),
    **dict.fromkeys(("dev", "eval", "evaluation", "development", "validate"), "validation"),
    **dict.fromkeys(("testing", "holdout"), "test"),
}
_NO_SPLIT = {"", "unassigned", "none"}


@dataclass(frozen=True)
class Columns:
    """Path cell, class name and split of each row; a split is None where the row names none.

    Where a picture may have several labels, there is a tuple of names in each row.
    """

    paths: Sequence[Any]
    labels: Sequence[str | tuple[str, ...]]
    splits: Sequence[Split | None]


def choose_columns(
    table: Table,
    *,
    remarks: list[Remark],
    choice: LabelsChoice | None = None,
    known: Collection[str] | None = None,
) -> Columns:
    """Return what a table says of each picture, with a remark where the choice is a guess.

    Columns are known by their names; without a heading, or under other names, by what they hold.
    Several columns of 0 and 1 are classes of which each row has one, or labels. What decides
    between the two is told in `labels_in_cells`, and `choice` overrides it. With the labels that
    are `known`, those of a model, columns are told by their names.

    Raises:
        DataError: a column is missing or there are several, a row has no class or more than one,
            or its split is none.
    """
    named = [at for at, column in enumerate(table.columns) if column.strip()]
    path = _path_column(table, named)
    split, flag = _split_column(table, named, path)
    others = [at for at in named if at not in (path, split) and _says_something(table, at)]
    known = frozenset(known or ())
    label, guessed = _label_column(table, others, choice, known)
    labels: Sequence[str | tuple[str, ...]] | None
    if isinstance(label, int):
        labels = labels_in_cells(table, label, choice=choice, known=known, remarks=remarks)
        if labels is None:
            labels = _normalized(labels_in_column(table, label, remarks=remarks))
    else:
        check_headings(table, label)
        remarks += left_out(table, others, label)
        labels = labels_of_flags(table, label, choice=choice)
        if labels is None:
            labels = _normalized(labels_of_one_hot(table, label))
    if guessed or not table.headed or rank_of(table.columns[path], "path") is None:
        taken = (
            f"the label is {table.columns[label]!r}"
            if isinstance(label, int)
            else f"each of {table.mention(label)} is a class"
        )
        message = f"{table.name}: the path is {table.columns[path]!r}, {taken}."
        remarks.append(Remark("guessed-columns", message))
    splits = _splits(table, split, flag, remarks=remarks)
    return Columns(table.cells[path], labels, splits)


def _normalized(texts: Sequence[str]) -> list[str]:
    return [normalize_class_name(text) for text in texts]


def _path_column(table: Table, named: Sequence[int]) -> int:
    found = _believed(table, named, "path")
    if not found:
        found = [at for at in named if _mostly_pictures(table.cells[at])][:2]
    elif len(found) > 1 and rank_of(table.columns[found[0]], "path"):
        # `id` beside `name`: the one that holds paths, else the one that is named first here.
        found = [at for at in found if _mostly_pictures(table.cells[at])][:1] or found[:1]
    return _only(table, found, "path")


def _label_column(
    table: Table,
    others: Sequence[int],
    choice: LabelsChoice | None,
    known: Collection[str],
) -> tuple[int | list[int], bool]:
    """Return the column of labels, or those of the classes, and whether it is a guess."""
    found = _believed(table, others, "label")
    if len(found) > 1:
        found = _names_of_numbers(table, found)
    if found:
        return _only(table, found, "label"), False
    flags = [at for at in others if is_flags(table.cells[at])]
    own = [at for at in flags if normalize_class_name(table.columns[at].strip()) in known]
    if table.headed and own:
        # One is enough: of the model's other labels nothing is said.
        return (flags if len(flags) == len(others) else own), True
    if not table.headed:
        others = [at for at in others if not _is_numbering(table.cells[at])]
    if len(others) == 1:
        return others[0], True
    flags = [at for at in flags if at in others]
    # Beside other columns, only where each row has one of them: else they may be anything.
    if len(flags) > 1 and (
        choice == "many" or len(flags) == len(others) or is_one_hot(table, flags)
    ):
        return flags, True
    if len(flags) > 1:
        raise DataError(
            f"{table.name} has no column for the label. If {table.mention(flags)} are labels, "
            "pass --labels many; else expected a heading with one of: "
            f"{', '.join(_NAMED['label'])}."
        )
    odd = nearly_flags(table, others)
    if len(flags) + len(odd) > 1:
        line, value = odd_cell(table, odd[0])
        raise DataError(
            f"{line}: {value!r:.40} in the column {table.columns[odd[0]]!r:.60}, and no column "
            "names the label. Where columns are labels, expected 1 or 0 in each cell, yes or no, "
            "true or false; an empty one is 0."
        )
    return _only(table, [], "label"), False


def _is_numbering(cells: Sequence[Any]) -> bool:
    """Return whether a column counts the rows."""
    texts = [cell_text(value) for value in cells]
    return len(set(texts)) == len(texts) and all(map(str.isdecimal, texts))


def _believed(table: Table, columns: Iterable[int], role: Role) -> list[int]:
    ranks = {at: rank_of(table.columns[at], role) for at in columns} if table.headed else {}
    best = min((rank for rank in ranks.values() if rank is not None), default=None)
    return [at for at, rank in ranks.items() if rank is not None and rank == best]


def _only(table: Table, found: Sequence[int], role: Role) -> int:
    if len(found) > 1:
        raise DataError(
            f"{table.name} has several columns for the {role}: {table.mention(found)}. "
            "Keep one, or rename the others."
        )
    if not found and not table.headed:
        raise DataError(
            f"{table.name} has no heading, and which column is the {role} cannot be told from what "
            "they hold. Put a heading first, like 'path,label'."
        )
    if not found:
        columns = range(len(table.columns))
        raise DataError(
            f"{table.name} has no column for the {role}, only {table.mention(columns) or 'none'}. "
            f"Expected a heading with one of: {', '.join(_NAMED[role])}."
        )
    return found[0]


def _names_of_numbers(table: Table, found: Sequence[int]) -> list[int]:
    """Return the one column of names where the others number the same classes."""
    texts = {at: [cell_text(value) for value in table.cells[at]] for at in found}
    words = [at for at in found if not all(re.fullmatch(r"\d*(\.0)?", t) for t in texts[at])]
    if len(words) != 1:
        return list(found)
    names = texts[words[0]]
    pairs = [set(zip(names, texts[at], strict=True)) for at in found]
    return words if all(len(each) == len(set(names)) for each in pairs) else list(found)


def _split_column(
    table: Table, named: Sequence[int], path: int
) -> tuple[int | None, SplitFlag | None]:
    others = [at for at in named if at != path]
    found = _believed(table, others, "split")
    if found:
        return _only(table, found, "split"), None
    for at in others:
        flag = flag_named(table.columns[at]) if table.headed else None
        if flag is not None and is_flags(table.cells[at]):
            return at, flag
    # Without a heading, as Google's AutoML writes it first in each row.
    if not table.headed:
        for at in others:
            words = {cell_text(value).lower() for value in table.cells[at]}
            if words - _NO_SPLIT and all(w in _NO_SPLIT or split_of_word(w) for w in words):
                return at, None
    return None, None


def _splits(
    table: Table, column: int | None, flag: SplitFlag | None, *, remarks: list[Remark]
) -> list[Split | None]:
    if column is None:
        return [None] * len(table.lines)
    texts = [cell_text(value).lower() for value in table.cells[column]]
    if flag is not None:
        otherwise: Split = "test" if flag == "train" else "train"
        return [flag if TRUTH[text] else otherwise for text in texts]
    found: list[Split | None] = []
    for text, line in zip(texts, table.lines, strict=True):
        split = split_of_word(text)
        if split is None and text not in _NO_SPLIT:
            raise DataError(
                f"{line}: {text!r} is not a split. Expected train, val (or validation) or test."
            )
        found.append(split)
    unnamed = found.count(None)
    if unnamed and unnamed < len(found):
        message = (
            f"{table.name}: {unnamed} row(s) name no split; they are taken like those of train."
        )
        remarks.append(Remark("rows-without-split", message, count=unnamed))
        return [split or "train" for split in found]
    return found


def split_of_word(text: str) -> Split | None:
    """Return the split that a word in small letters stands for, in a cell or as a folder."""
    return split_named(text) or _SPLIT_WORDS.get(text)


def _says_something(table: Table, column: int) -> bool:
    if rank_of(table.columns[column], "label") is not None:
        return True
    return any(cell_text(value) for value in table.cells[column])


def _mostly_pictures(cells: Sequence[Any]) -> bool:
    sample = [text for value in cells[:_SAMPLED] if (text := cell_text(value))]
    return bool(sample) and sum(map(looks_like_picture, sample)) * 10 >= len(sample) * 9
