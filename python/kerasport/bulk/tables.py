"""The tables that answers are written to: Parquet, CSV and lines of JSON.

Rows are encoded part by part, and the parts put together at the end: the file depends on the rows
alone, not on how they were cut into parts.
"""

from __future__ import annotations

import csv
import io
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from kerasport.bulk.parquet import ParquetTable
from kerasport.bulk.rows import AnswerRow, best_of, check_top, held_names
from kerasport.bundle.output import LabelsOutput
from kerasport.displayed import encodable, json_encodable
from kerasport.errors import UsageError

__all__ = ["AnswerTable", "table_for"]


class AnswerTable(Protocol):
    """How answers are written."""

    def encode(self, rows: Sequence[AnswerRow]) -> bytes:
        """Return what stands for the rows while the file is not complete."""

    def assemble(self, parts: Iterable[Path], file: BinaryIO) -> None:
        """Write the file out of what `encode` gave, which lies in files."""


def table_for(
    path: Path,
    class_names: Sequence[str],
    top: int | None,
    output: LabelsOutput | None = None,
    *,
    tells_novelty: bool = False,
) -> AnswerTable:
    """Return how a file of that name is written.

    Args:
        path: its suffix decides: .parquet, .csv, .jsonl.
        class_names: in the order of the probabilities.
        top: how many of the best classes are told; None for all, in the order of the model.
        output: that of a model of several labels, which has no best class.
        tells_novelty: whether it is told how strange each picture is.

    Raises:
        UsageError: it has another suffix, or the best of labels are asked for.
        KerasportError: what writes it is not installed.
    """
    kinds = {".parquet": ParquetTable, ".csv": _CsvTable, ".jsonl": _JsonLines}
    kind: Any = kinds.get(path.suffix.lower())
    if kind is None:
        raise UsageError(
            f"'{path}' ends in {path.suffix or 'nothing'!r}. Expected a name that ends in "
            f"{', '.join(kinds)}, by which its format is told."
        )
    if output is not None:
        check_top(top)
    table: AnswerTable = kind(tuple(class_names), top, output, tells_novelty)
    return table


class _Text(ABC):
    """A table whose parts are pieces of the file."""

    def __init__(
        self,
        class_names: tuple[str, ...],
        top: int | None,
        output: LabelsOutput | None,
        tells_novelty: bool,
    ) -> None:
        self._class_names = class_names
        self._output = output
        self._tells_novelty = tells_novelty
        self._top = None if top is None else min(top, len(class_names))

    def _head(self) -> str:
        return ""

    @abstractmethod
    def _lines(self, rows: Sequence[AnswerRow]) -> Iterator[str]:
        """Yield the text of each row, with the end of its line."""

    def _encodable(self, text: str) -> str:
        return encodable(text)

    def encode(self, rows: Sequence[AnswerRow]) -> bytes:
        return self._encodable("".join(self._lines(rows))).encode("utf-8")

    def assemble(self, parts: Iterable[Path], file: BinaryIO) -> None:
        file.write(self._encodable(self._head()).encode("utf-8"))
        for part in parts:
            file.write(part.read_bytes())

    def _best(self, probabilities: NDArray[np.float32]) -> tuple[list[str], list[str]]:
        """Return the names of the best classes, and their probabilities as texts."""
        order = best_of(probabilities, self._top or 1)
        names = [self._class_names[index] for index in order]
        return names, [_number(probabilities[index]) for index in order]


class _CsvTable(_Text):
    """`name,class,probability,error`, then a column a class, or two for each of the best.

    Of labels `name,labels,error`, those that hold joined by `|`, then a column a label. `novelty`
    and `familiar` stand behind `error` where they are told.
    """

    def _head(self) -> str:
        strange = ["novelty", "familiar"] if self._tells_novelty else []
        if self._output is not None:
            told = [f"p:{name}" for name in self._class_names]
            return _csv_line(["name", "labels", "error", *strange, *told])
        if self._top is None:
            others = [f"p:{name}" for name in self._class_names]
        else:
            numbers = range(1, self._top + 1)
            others = [f"{kind}_{place}" for place in numbers for kind in ("class", "probability")]
        return _csv_line(["name", "class", "probability", "error", *strange, *others])

    def _lines(self, rows: Sequence[AnswerRow]) -> Iterator[str]:
        if self._output is not None:
            yield from self._label_lines(rows, self._output)
            return
        width = len(self._class_names) if self._top is None else 2 * self._top
        for row in rows:
            strange = self._strangeness(row)
            if row.probabilities is None:
                yield _csv_line([row.name, "", "", row.error or "", *strange, *[""] * width])
                continue
            names, told = self._best(row.probabilities)
            if self._top is None:
                others = [_number(each) for each in row.probabilities]
            else:
                others = [text for pair in zip(names, told, strict=True) for text in pair]
            yield _csv_line([row.name, names[0], told[0], "", *strange, *others])

    def _label_lines(self, rows: Sequence[AnswerRow], output: LabelsOutput) -> Iterator[str]:
        for row in rows:
            strange = self._strangeness(row)
            if row.probabilities is None:
                nothing = [""] * len(self._class_names)
                yield _csv_line([row.name, "", row.error or "", *strange, *nothing])
                continue
            held = "|".join(held_names(row.probabilities, self._class_names, output))
            yield _csv_line([row.name, held, "", *strange, *map(_number, row.probabilities)])

    def _strangeness(self, row: AnswerRow) -> list[str]:
        if not self._tells_novelty:
            return []
        if row.novelty is None:
            return ["", ""]
        return [str(row.novelty), "true" if row.familiar else "false"]


class _JsonLines(_Text):
    """An object a line: `name`, and `class`, `probability`, `probabilities`, or `error`.

    Of labels `labels`, a list of those that hold, and `probabilities`. `novelty` and `familiar`
    where they are told.
    """

    def _encodable(self, text: str) -> str:
        return json_encodable(text)

    def _lines(self, rows: Sequence[AnswerRow]) -> Iterator[str]:
        for row in rows:
            fields: dict[str, Any] = {"name": row.name}
            if row.probabilities is None:
                fields["error"] = row.error
            else:
                names, told = self._best(row.probabilities)
                if self._output is not None:
                    held = held_names(row.probabilities, self._class_names, self._output)
                    fields["labels"] = held
                else:
                    fields["class"], fields["probability"] = names[0], float(told[0])
                if self._tells_novelty:
                    fields["novelty"], fields["familiar"] = row.novelty, row.familiar
                if self._top is None:
                    names = list(self._class_names)
                    told = [_number(each) for each in row.probabilities]
                numbers = map(float, told)
                fields["probabilities"] = dict(zip(names, numbers, strict=True))
            yield json.dumps(fields, ensure_ascii=False) + "\n"


def _number(value: np.float32) -> str:
    """Return the shortest decimal number that is the float32 again."""
    return str(value)


def _csv_line(fields: Sequence[str]) -> str:
    # What a spreadsheet would run as a formula gets an apostrophe in front (OWASP), as in the
    # page's table; numbers are never negative.
    harmless = [f"'{each}" if re.match(r"[=+\-@\t\r]", each) else each for each in fields]
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(harmless)
    return line.getvalue()
