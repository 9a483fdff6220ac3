"""From separated values to a table, with or without a heading."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Sequence
from typing import Any

from kerasport.dataset.tables.headings import is_heading, looks_like_picture
from kerasport.dataset.tables.table import Table
from kerasport.errors import DataError

__all__ = ["parse_separated"]

_DELIMITERS = ",;\t|"
_SAMPLED_ROWS = 50
# As Excel takes it, and writes it where it is told to.
_NAMED_DELIMITER = re.compile(r'\A"?sep=(.)"?[ \t]*(?:\r\n|\r|\n)', re.IGNORECASE)
# Lines about the table before it; without the space, it may be a file name or a heading.
_NOTES = re.compile(r"(?:[ \t]*#[ \t][^\r\n]*(?:\r\n|\r|\n))*")
_SINGLE_QUOTED = re.compile(r"'[^']*'(?:[,;\t|]\s*'[^']*')+")
_HEAD = 10_000
_EXPECTED_HEADING = "Expected a heading like 'path,label' and rows."
# Kaggle's digits and faces: hundreds of numbers, or one cell full of them, instead of a file.
_PIXEL_HEADING = re.compile(r"\A(pixels|pixel_?\d+|\d+x\d+)\Z", re.IGNORECASE)
_MOST_NUMBERS = 100


def parse_separated(text: str, *, name: str) -> Table:
    """Return the table in separated values; `name` is the file, in quotes.

    The separator is a comma, semicolon, tab or bar, as a first line `sep=;` says or as gives the
    rows an equal number of cells; lines of a path and a label may have a space between them.

    Raises:
        DataError: it is no such table; the message names the line.
    """
    named = _NAMED_DELIMITER.match(text)
    notes = _NOTES.match(text, named.end() if named else 0)
    start = notes.end() if notes else 0
    body = text[start:]
    above = len(text[:start].splitlines())
    delimiter = named.group(1) if named else _delimiter(body)
    numbered = _spaced(body) if delimiter is None else None
    try:
        if numbered is None:
            reader = _reader(body, delimiter or ",")
            numbered = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise DataError(f"{name} is not a CSV table: {error}.") from None
    if not numbered:
        raise DataError(f"{name} is empty. {_EXPECTED_HEADING}")
    return _table(name, [(line + above, row) for line, row in numbered])


def _reader(text: str, delimiter: str) -> Any:
    first = text[:_HEAD].lstrip().partition("\n")[0].strip()
    quote = "'" if _SINGLE_QUOTED.fullmatch(first) else '"'
    return csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote,
        strict=True,
        skipinitialspace=True,
    )


def _delimiter(text: str) -> str | None:
    """Return what gives the first rows an equal number of cells; None if nothing parts them."""
    best, most = None, (0, 1)
    for delimiter in _DELIMITERS:
        widths = []
        try:
            for row in itertools.islice(_reader(text, delimiter), _SAMPLED_ROWS):
                if any(map(str.strip, row)):
                    widths.append(len(row))
        except csv.Error:
            pass
        if not widths:
            continue
        score = sum(width == widths[0] for width in widths), widths[0]
        # Rows of one cell each agree too, but are not parted.
        if widths[0] > 1 and score > most:
            best, most = delimiter, score
    return best


def _spaced(text: str) -> list[tuple[int, list[str]]] | None:
    """Return the rows of a list like `cat/1.jpg 0`, or None if it is none."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            path, _, label = line.strip().rpartition(" ")
            if not looks_like_picture(path):
                return None
            rows.append((number, [path, label]))
    return rows


def _table(name: str, numbered: Sequence[tuple[int, list[str]]]) -> Table:
    first = [cell.strip() for cell in numbered[0][1]]
    _refuse_pixels(name, first, [row for _, row in numbered[1:2]])
    headed = is_heading(first)
    rows = numbered[1:] if headed else numbered
    width = len(first)
    beyond = "in the heading" if headed else f"in line {numbered[0][0]}"
    kept = []
    for line, row in rows:
        # A separator at the end of the line, as some programs write it.
        cells = row[:width] if not any(map(str.strip, row[width:])) else row
        if len(cells) != width:
            raise DataError(
                f"{name}, line {line}: {len(row)} cell{'s' * (len(row) != 1)}. Expected {width}, "
                f"as {beyond}; quote cells that contain the separator."
            )
        kept.append(cells)
    columns = tuple(first) if headed else tuple(f"column {at + 1}" for at in range(width))
    cells_of = tuple([row[at] for row in kept] for at in range(width))
    return Table(name, columns, cells_of, [f"{name}, line {line}" for line, _ in rows], headed)


def _refuse_pixels(name: str, first: Sequence[str], second: Sequence[Sequence[str]]) -> None:
    named = any(map(_PIXEL_HEADING.match, first))
    numbers = [cell for row in second for cell in row if cell.strip().lstrip("-").isdecimal()]
    # One-hot columns are numbers too, but 0 and 1 only.
    if named or (len(numbers) > _MOST_NUMBERS and not set(numbers) <= {"0", "1"}):
        raise DataError(
            f"{name} holds pixels as numbers, not paths of pictures. Save them as arrays x and y "
            "in an .npz file: numpy.savez('pictures.npz', x=pixels, y=labels) with x of "
            "[n, height, width] in uint8."
        )
