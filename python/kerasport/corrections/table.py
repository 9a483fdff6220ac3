"""`corrections.csv`: a line for each picture that somebody looked at."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from kerasport.dataset.dataset import Remark
from kerasport.dataset.tables.text import read_text
from kerasport.displayed import displayable
from kerasport.errors import DataError
from kerasport.labels import is_blank, normalize_class_name

__all__ = ["COLUMNS", "Correction", "Verdict", "read_table", "table_text"]

Verdict: TypeAlias = Literal["label", "none", "bad"]
"""A picture has this label; it shows none of the classes; it is no usable picture."""

COLUMNS = ("content", "file", "given", "label", "verdict")
"""Of a table, in the order in which they are written; they are read in any order."""

_CONTENT = re.compile(r"[0-9a-f]{64}")
# Spreadsheets of other languages write the others.
_DELIMITERS = ",;\t"
# Of csv's own it is 131,072 characters; no cell of these needs more.
_LONGEST_CELL = 10_000
# What a spreadsheet would run, and would write back as what came of it (OWASP). The apostrophes
# before it are counted, so that what is written can be told from what was there.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


@dataclass(frozen=True)
class Correction:
    """What somebody found out about one picture.

    Attributes:
        content: its identity, see `kerasport.dataset.Example.content`.
        file: its name, for people.
        given: the label that it had, or what a model said, for people.
        label: the class that it shows, as it is spelled in the table; empty where it shows none.
        verdict: what `label` means.
    """

    content: str
    file: str
    given: str
    label: str
    verdict: Verdict

    @property
    def meaning(self) -> tuple[str, str]:
        """What two corrections of one picture have in common where they do not contradict."""
        return self.verdict, normalize_class_name(self.label.strip())

    @property
    def words(self) -> str:
        """The verdict as people say it."""
        if self.verdict == "label":
            return repr(self.label)
        return "none of the classes" if self.verdict == "none" else "a bad picture"


def table_text(corrections: Iterable[Correction]) -> str:
    """Return the text of a table, with a line end of CSV after each line."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for each in corrections:
        writer.writerow([_harmless(getattr(each, column)) for column in COLUMNS])
    return stream.getvalue()


def _harmless(text: str) -> str:
    """Return a text with an apostrophe before what a spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _as_it_was(cell: str) -> str:
    """Return the text without the apostrophe that `_harmless` put there."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def read_table(path: Path) -> list[Correction]:
    """Return the corrections of a table, in the order of its lines.

    Cells may be separated by commas, semicolons or tabs, columns may come in any order, and others
    beside them are not read.

    Args:
        path: the table, which may lie in an archive.

    Raises:
        DataError: it is no such table, or a line says nothing that can be done.
    """
    remarks: list[Remark] = []
    text = read_text(path, remarks=remarks)
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError(f"'{path}' is no table of corrections ({error}). {_EXPECTED}") from None
    heads = [cell.strip().lower() for cell in lines[0]] if lines else []
    missing = [column for column in COLUMNS if column not in heads]
    if missing:
        raise DataError(
            f"'{path}' is no table of corrections: it has no column "
            f"{', '.join(map(repr, missing))}. {_EXPECTED}"
        )
    places = [heads.index(column) for column in COLUMNS]
    return [
        _correction(path, number, [line[at] if at < len(line) else "" for at in places])
        for number, line in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in line)
    ]


_EXPECTED = (
    f"Expected a heading of {', '.join(COLUMNS)}, as the page of 'kerasport review' saves it."
)


def _correction(path: Path, number: int, cells: list[str]) -> Correction:
    if any(len(cell) > _LONGEST_CELL for cell in cells):
        raise _bad_line(path, number, f"a cell has more than {_LONGEST_CELL:,} characters")
    # A class may be called anything that a folder is, with spaces around it too.
    file, given, label = map(_as_it_was, cells[1:4])
    content, verdict = cells[0].strip().lower(), cells[4].strip()
    if not _CONTENT.fullmatch(content):
        raise _bad_line(path, number, f"{content!r:.40} is no SHA-256 of 64 hexadecimal digits")
    for known in get_args(Verdict):
        if verdict.lower() == known:
            if known == "label" and is_blank(label):
                raise _bad_line(path, number, "the verdict is 'label', and there is no label")
            label = label if known == "label" else ""
            return Correction(content, file.strip(), given.strip(), label, known)
    listed = ", ".join(repr(known) for known in get_args(Verdict))
    raise _bad_line(path, number, f"{verdict!r:.40} is no verdict; expected one of {listed}")


def _bad_line(path: Path, number: int, problem: str) -> DataError:
    return DataError(
        f"'{path}', line {number}: {displayable(problem)}. Correct the line, or leave it out."
    )
