"""Columns that say yes or no in each row: labels of their own, or classes of which one is set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kerasport.dataset.dataset import Remark
from kerasport.dataset.tables.lists import plain_labels
from kerasport.dataset.tables.table import Table, cell_text
from kerasport.errors import DataError
from kerasport.labels import normalize_class_name
from kerasport.literals import LabelsChoice

__all__ = [
    "TRUTH",
    "check_headings",
    "is_flags",
    "labels_of_flags",
    "left_out",
    "nearly_flags",
    "odd_cell",
    "set_in_rows",
]

TRUTH = {
    **dict.fromkeys(("true", "1", "yes", "t", "y", "1.0"), True),
    **dict.fromkeys(("false", "0", "no", "f", "n", "0.0", ""), False),
}
"""What a cell says, in small letters."""


def is_flags(cells: Sequence[Any]) -> bool:
    """Return whether every cell says yes or no; an empty one says no."""
    return all(cell_text(value).lower() in TRUTH for value in cells)


def check_headings(table: Table, columns: Sequence[int]) -> None:
    """Refuse columns of labels that have no name, or one name together.

    Raises:
        DataError: see above.
    """
    seen: set[str] = set()
    for at in columns:
        heading = table.columns[at]
        name = normalize_class_name(cell_text(heading))
        if not name:
            raise DataError(
                f"{table.name} has a column of labels whose heading is {heading!r:.60}, which is "
                "no name. Give it one, or remove it."
            )
        if name in seen:
            raise DataError(
                f"{table.name} has two columns of labels called {name!r:.60}. Expected one for "
                "each label; rename or remove one of them."
            )
        seen.add(name)


def labels_of_flags(
    table: Table, columns: Sequence[int], *, choice: LabelsChoice | None
) -> list[tuple[str, ...]] | None:
    """Return the headings of the columns set in each row; None where each row has one class.

    Several that are set in one row are several labels; rows with none do not tell so alone.
    """
    sets = set_in_rows(table, columns)
    if choice == "one" or (choice is None and all(len(names) <= 1 for names in sets)):
        return None
    return [plain_labels(names, line) for names, line in zip(sets, table.lines, strict=True)]


def set_in_rows(table: Table, columns: Sequence[int]) -> list[list[str]]:
    """Return the headings of the columns that are set in each row."""
    names = [table.columns[at].strip() for at in columns]
    rows = zip(*(table.cells[at] for at in columns), strict=True)
    return [
        [name for name, value in zip(names, row, strict=True) if _is_set(value)] for row in rows
    ]


def _is_set(value: Any) -> bool:
    return TRUTH.get(cell_text(value).lower(), False)


def nearly_flags(table: Table, columns: Iterable[int]) -> list[int]:
    """Return the columns half of whose cells say yes or no, some yes, and others do not."""
    found = []
    for at in columns:
        texts = [cell_text(value).lower() for value in table.cells[at]]
        said = [TRUTH[text] for text in texts if text in TRUTH]
        if len(said) < len(texts) <= 2 * len(said) and any(said):
            found.append(at)
    return found


def odd_cell(table: Table, column: int) -> tuple[str, str]:
    """Return the first row whose cell is neither yes nor no, and the cell."""
    texts = (
        (line, cell_text(value))
        for line, value in zip(table.lines, table.cells[column], strict=True)
    )
    return next((line, text) for line, text in texts if text.lower() not in TRUTH)


def left_out(table: Table, others: Sequence[int], taken: Sequence[int]) -> list[Remark]:
    """Return a remark on columns that look like labels but for a few cells, and are not taken."""
    odd = nearly_flags(table, [at for at in others if at not in taken])
    if not odd:
        return []
    line, value = odd_cell(table, odd[0])
    return [
        Remark(
            "labels-left-out",
            f"{table.mention(odd)} in {table.name[0].lower()}{table.name[1:]} is taken for no "
            f"label: {line[0].lower()}{line[1:]} has {value!r:.40} there.",
            "If it is one, write 1 or 0 into each cell.",
            "warning",
            len(odd),
        )
    ]
