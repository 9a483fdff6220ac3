"""Batches of other programs: Arrow, pandas, or columns in a dict, read and given back alike."""

from __future__ import annotations

import importlib
from collections.abc import Container, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from kerasport.bulk.parquet import answer_columns, answer_fields
from kerasport.bulk.rows import AnswerRow
from kerasport.bundle.output import LabelsOutput
from kerasport.errors import DataError

__all__ = ["BatchColumns", "columns_of"]

_NUMBERS = {"probability": "float32", "novelty": "float64"}
"""Columns whose missing values are NaN where None is no value of the type."""


class BatchColumns(Protocol):
    """A batch, whatever holds it."""

    def cells(self, column: str) -> Sequence[Any]:
        """Return the pictures of a column.

        Raises:
            DataError: there is none of that name.
        """

    def with_answers(
        self,
        rows: Sequence[AnswerRow],
        class_names: Sequence[str],
        top: int | None,
        keep: Sequence[str] | None,
        output: LabelsOutput | None = None,
        *,
        tells_novelty: bool = False,
    ) -> Any:
        """Return a batch of the same kind with the answers behind its columns.

        Raises:
            DataError: a column that is to be kept is not there.
        """


def columns_of(batch: Any) -> BatchColumns:
    """Return the columns of a batch.

    Raises:
        DataError: it is none that is known.
    """
    # By their names: a program that has one of these packages need not have the other.
    kind, module = type(batch).__name__, type(batch).__module__.partition(".")[0]
    if module == "pyarrow" and kind in ("Table", "RecordBatch"):
        return _Arrow(batch)
    if module == "pandas" and kind == "DataFrame":
        return _Pandas(batch)
    if isinstance(batch, Mapping):
        return _Dict(batch)
    raise DataError(
        f"The batch is a {type(batch).__module__}.{kind}. Expected a pyarrow Table or RecordBatch, "
        "a pandas DataFrame, or a dict of columns."
    )


def _require(columns: Sequence[str], known: Sequence[str]) -> None:
    for column in columns:
        if column not in known:
            raise DataError(
                f"The batch has no column {column!r}. It has: {', '.join(map(str, known))}. Name "
                "the one with the pictures as column=..., and those to keep as keep=..."
            )


def _kept(keep: Sequence[str] | None, known: Sequence[str], answers: Container[str]) -> list[str]:
    """Return the columns that stay, before those of the answers, which replace their namesakes."""
    names = list(known if keep is None else keep)
    _require(names, known)
    return [name for name in names if name not in answers]


class _Arrow:
    def __init__(self, batch: Any) -> None:
        self._batch = batch

    def cells(self, column: str) -> Sequence[Any]:
        _require([column], self._batch.schema.names)
        cells: list[Any] = self._batch.column(column).to_pylist()
        return cells

    def with_answers(
        self,
        rows: Sequence[AnswerRow],
        class_names: Sequence[str],
        top: int | None,
        keep: Sequence[str] | None,
        output: LabelsOutput | None = None,
        *,
        tells_novelty: bool = False,
    ) -> Any:
        pyarrow: Any = importlib.import_module("pyarrow")

        types = dict(answer_fields(pyarrow, top, output, tells_novelty))
        kept = _kept(keep, self._batch.schema.names, types)
        answers = answer_columns(rows, class_names, top, output, tells_novelty)
        arrays = [self._batch.column(name) for name in kept]
        arrays += [pyarrow.array(answers[name], type=each) for name, each in types.items()]
        fields = [self._batch.schema.field(name) for name in kept]
        fields += [pyarrow.field(name, each) for name, each in types.items()]
        return type(self._batch).from_arrays(arrays, schema=pyarrow.schema(fields))


class _Pandas:
    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def cells(self, column: str) -> Sequence[Any]:
        _require([column], list(self._frame.columns))
        return list(self._frame[column])

    def with_answers(
        self,
        rows: Sequence[AnswerRow],
        class_names: Sequence[str],
        top: int | None,
        keep: Sequence[str] | None,
        output: LabelsOutput | None = None,
        *,
        tells_novelty: bool = False,
    ) -> Any:
        pandas: Any = importlib.import_module("pandas")

        answers = answer_columns(rows, class_names, top, output, tells_novelty)
        kept = self._frame[_kept(keep, list(self._frame.columns), answers)]
        told = {
            # pandas makes a missing number of None by itself; what is a list stays an object.
            name: pandas.Series(
                values if name in _NUMBERS else [*map(_plain, values)],
                index=self._frame.index,
                dtype=_NUMBERS.get(name, object),
            )
            for name, values in answers.items()
        }
        return kept.assign(**told)


class _Dict:
    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._columns = columns

    def cells(self, column: str) -> Sequence[Any]:
        _require([column], list(self._columns))
        return list(self._columns[column])

    def with_answers(
        self,
        rows: Sequence[AnswerRow],
        class_names: Sequence[str],
        top: int | None,
        keep: Sequence[str] | None,
        output: LabelsOutput | None = None,
        *,
        tells_novelty: bool = False,
    ) -> Any:
        answers = answer_columns(rows, class_names, top, output, tells_novelty)
        kept = _kept(keep, list(self._columns), answers)
        result = {name: self._columns[name] for name in kept}
        for name, values in answers.items():
            if name in _NUMBERS:
                numbers = [np.nan if value is None else value for value in values]
                result[name] = np.array(numbers, _NUMBERS[name])
            else:
                column = np.empty(len(values), object)
                column[:] = [*map(_plain, values)]
                result[name] = column
        return result


def _plain(value: Any) -> Any:
    """Return a list for an array.

    Of a column of arrays Ray makes tensors, but only where none is missing: its batches differ.
    """
    return list(value) if isinstance(value, np.ndarray) else value
