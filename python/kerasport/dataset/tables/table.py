"""What a table is, whoever wrote it: named columns of cells, and where each row stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

__all__ = ["Frame", "Table", "cell_text", "is_frame", "table_of_frame"]

# What pasting from web pages leaves at the ends of cells.
_INVISIBLE = "\u200b\u200e\u200f\u2060\ufeff"
# What a missing value is written as where a program turned it into text. Words that may be a
# class of their own, like "none" or "NA", are not among them.
_MISSING = {"nan", "<na>", "#n/a", "null"}
_MOST_SHOWN = 10


@dataclass(frozen=True)
class Table:
    """Columns of equal length, one row per picture.

    `name` and `lines` (one per row) begin sentences: `'x.csv'`, `'x.csv', line 2`. Without a
    heading (`headed` is false) the columns are named `column 1`, `column 2`. A cell is text, a
    number, a truth value, None, or a tuple where a list was given.
    """

    name: str
    columns: tuple[str, ...]
    cells: tuple[Sequence[Any], ...]
    lines: Sequence[str]
    headed: bool = True

    def mention(self, columns: Iterable[int]) -> str:
        """Return the headings of columns for a message, and how many more there are."""
        names = [repr(self.columns[at]) for at in columns]
        more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
        return ", ".join(names[:_MOST_SHOWN]) + more


class Frame(Protocol):
    """What is used of a pandas DataFrame."""

    @property
    def columns(self) -> Iterable[Any]:
        """Names of the columns."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns."""

    def isna(self) -> Frame:
        """Return where values are missing."""

    def __getitem__(self, name: Any, /) -> Any:
        """Return one column."""


def is_frame(value: object) -> TypeGuard[Frame]:
    """Return whether `value` is a pandas DataFrame, without importing pandas."""
    return hasattr(value, "columns") and hasattr(value, "isna")


def table_of_frame(frame: Frame) -> Table:
    """Return the columns of a DataFrame; missing values become None."""
    missing = frame.isna()
    names = list(frame.columns)
    cells = tuple(
        [None if gap else value for value, gap in zip(frame[name], missing[name], strict=True)]
        for name in names
    )
    lines = [f"Row {row} of the table" for row in range(frame.shape[0])]
    return Table("The table", tuple(map(str, names)), cells, lines)


def cell_text(value: Any) -> str:
    """Return a cell as text without spaces around it, empty where the value is missing."""
    if value is None:
        return ""
    # pandas reads a column of whole numbers with a gap as fractions.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip().strip(_INVISIBLE).strip()
    return "" if text.lower() in _MISSING else text
