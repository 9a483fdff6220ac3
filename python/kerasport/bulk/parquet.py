"""Answers as a Parquet file, and what pyarrow is asked for."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from kerasport.bulk.rows import AnswerRow, best_of, held_names, rows_held
from kerasport.bundle.output import LabelsOutput
from kerasport.displayed import encodable
from kerasport.errors import missing_extra

__all__ = ["ParquetTable", "answer_columns", "import_pyarrow"]


def import_pyarrow(purpose: str) -> Any:
    """Return pyarrow.

    Raises:
        KerasportError: it is not installed.
    """
    try:
        importlib.import_module("pyarrow.parquet")
        return importlib.import_module("pyarrow")
    except ImportError:
        raise missing_extra("shards", purpose) from None


def answer_columns(
    rows: Sequence[AnswerRow],
    class_names: Sequence[str],
    top: int | None,
    output: LabelsOutput | None = None,
    tells_novelty: bool = False,
) -> dict[str, list[Any]]:
    """Return the columns that tell the answers, as lists: `class`, `probability`, ..., `error`.

    Without `top`, `probabilities` has all classes in the model's order; with it, `classes` and
    `probabilities` have the best ones, best first. Of a model of several labels there are
    `labels`, those that hold, and `probabilities`. Of one that `tells_novelty` there are `novelty`
    and `familiar` at the end.
    """
    if output is None:
        columns = _class_columns(rows, class_names, top)
    else:
        columns = _label_columns(rows, class_names, output)
    columns["error"] = [row.error for row in rows]
    if tells_novelty:
        columns["novelty"] = [row.novelty for row in rows]
        columns["familiar"] = [row.familiar for row in rows]
    return columns


def _class_columns(
    rows: Sequence[AnswerRow], class_names: Sequence[str], top: int | None
) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"class": [], "probability": []}
    columns |= {"probabilities": []} if top is None else {"classes": [], "probabilities": []}
    for row in rows:
        values = row.probabilities
        if values is None:
            for values_of in columns.values():
                values_of.append(None)
            continue
        order = best_of(values, top or 1)
        columns["class"].append(class_names[order[0]])
        columns["probability"].append(values[order[0]])
        if top is not None:
            columns["classes"].append([class_names[index] for index in order])
        columns["probabilities"].append(values if top is None else values[order])
    return columns


def _label_columns(
    rows: Sequence[AnswerRow], class_names: Sequence[str], output: LabelsOutput
) -> dict[str, list[Any]]:
    answers = [row.probabilities for row in rows]
    return {
        "labels": [
            None if each is None else held_names(each, class_names, output) for each in answers
        ],
        "probabilities": answers,
    }


class ParquetTable:
    """`name`, `class`, `probability`, `probabilities`, `error`; the class names in its metadata.

    Of labels `labels`, a list of those that hold, in the place of class and probability. `novelty`
    and `familiar` at the end where they are told.
    """

    def __init__(
        self,
        class_names: tuple[str, ...],
        top: int | None,
        output: LabelsOutput | None,
        tells_novelty: bool,
    ) -> None:
        self._output = output
        self._tells_novelty = tells_novelty
        self._arrow = import_pyarrow("Writing Parquet")
        self._class_names = tuple(encodable(name) for name in class_names)
        self._top = top
        # What a reader holds at a time.
        self._group = rows_held(len(class_names) if top is None else min(top, len(class_names)))
        names = json.dumps(self._class_names, ensure_ascii=False)
        self._schema = self._arrow.schema(
            [
                ("name", self._arrow.string()),
                *answer_fields(self._arrow, top, output, tells_novelty),
            ],
            metadata={"classNames": names},
        )

    def encode(self, rows: Sequence[AnswerRow]) -> bytes:
        """Return the rows in Arrow's own format."""
        columns = answer_columns(
            rows, self._class_names, self._top, self._output, self._tells_novelty
        )
        columns["name"] = [encodable(row.name) for row in rows]
        columns["error"] = [None if each is None else encodable(each) for each in columns["error"]]
        arrays = [self._arrow.array(columns[field.name], type=field.type) for field in self._schema]
        sink = self._arrow.BufferOutputStream()
        with self._arrow.ipc.new_stream(sink, self._schema) as stream:
            stream.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
        content: bytes = sink.getvalue().to_pybytes()
        return content

    def assemble(self, parts: Iterable[Path], file: BinaryIO) -> None:
        """Write row groups of one size, however the rows came."""
        parquet = importlib.import_module("pyarrow.parquet")
        with parquet.ParquetWriter(file, self._schema, compression="zstd") as writer:
            for table in self._groups(parts):
                writer.write_table(table, row_group_size=self._group)

    def _groups(self, parts: Iterable[Path]) -> Iterator[Any]:
        held = self._schema.empty_table()
        for part in parts:
            with self._arrow.memory_map(str(part)) as mapped:
                read = self._arrow.ipc.open_stream(mapped.read_buffer()).read_all()
            held = self._arrow.concat_tables([held, read])
            while held.num_rows >= self._group:
                yield held.slice(0, self._group).combine_chunks()
                held = held.slice(self._group)
        if held.num_rows:
            yield held.combine_chunks()


def answer_fields(
    arrow: Any, top: int | None, output: LabelsOutput | None = None, tells_novelty: bool = False
) -> list[tuple[str, Any]]:
    """Return the names and types of Arrow of the columns of `answer_columns`."""
    names = arrow.list_(arrow.string())
    if output is None:
        fields = [("class", arrow.string()), ("probability", arrow.float32())]
        fields += [] if top is None else [("classes", names)]
    else:
        fields = [("labels", names)]
    fields += [("probabilities", arrow.list_(arrow.float32())), ("error", arrow.string())]
    if tells_novelty:
        fields += [("novelty", arrow.float64()), ("familiar", arrow.bool_())]
    return fields
