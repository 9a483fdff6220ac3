"""From pictures to rows of answers: read, decoded and answered, a batch a thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport.answerer import Answerer, Judged
from kerasport.bulk.inputs import NO_PATH, Asked, can_be_a_path
from kerasport.bundle.output import LabelsOutput
from kerasport.dataset.contents import read_content
from kerasport.dataset.dataset import Skipped
from kerasport.dataset.parallel import in_parallel
from kerasport.errors import DataError, UsageError
from kerasport.models import PREDICTION_BATCH
from kerasport.preprocess import ImageSpec, preprocess

__all__ = [
    "AnswerRow",
    "answered",
    "best_of",
    "check_top",
    "held_names",
    "read_cell",
    "rows_held",
    "rows_of",
]

_Pixels: TypeAlias = "NDArray[np.uint8] | str"


@dataclass(frozen=True)
class AnswerRow:
    """What is told of one picture: `probabilities`, float32 `[classes]`, or the `error`.

    `novelty` and `familiar` are as in `kerasport.Prediction`, None where nothing was measured.
    """

    name: str
    probabilities: NDArray[np.float32] | None
    error: str | None = None
    novelty: float | None = None
    familiar: bool | None = None


def best_of(probabilities: NDArray[np.float32], count: int) -> list[int]:
    """Return the places of the best classes, best first, the first of equal ones first."""
    if count == 1:
        return [int(probabilities.argmax())]
    order: list[int] = np.argsort(-probabilities, kind="stable")[:count].tolist()
    return order


def held_names(
    probabilities: NDArray[np.float32], class_names: Sequence[str], output: LabelsOutput
) -> list[str]:
    """Return the labels that hold, in the model's order."""
    return [class_names[index] for index in np.flatnonzero(output.holding(probabilities))]


def check_top(top: int | None) -> None:
    """Refuse to choose the best of labels.

    Raises:
        UsageError: a number of them is asked for.
    """
    if top is not None:
        raise UsageError(
            "The model tells labels, of which any number holds: there are no best ones to choose. "
            "Leave top out, and the answer has every label."
        )


def rows_held(classes: int) -> int:
    """Return how many rows with that many probabilities are held at a time: 4,096, or 16 MB."""
    return max(1, min(4096, (4 << 20) // classes))


def rows_of(
    pictures: Iterable[Asked], *, spec: ImageSpec, answerer: Answerer, workers: int
) -> Iterator[list[AnswerRow]]:
    """Yield the rows of the pictures in their order, a batch at a time.

    A batch is cut by places alone, whatever can be read of it: what a picture is answered does not
    depend on when a command was killed, nor on the number of workers.
    """
    alone = answerer.at_once == 1

    def work(batch: list[Asked]) -> tuple[list[Asked], list[_Pixels], list[AnswerRow]]:
        read = [_read(each, spec) for each in batch]
        return batch, read, [] if alone else _rows(batch, read, answerer)

    # Reading has threads of its own where the one that answers takes all cores.
    batches = _batches(pictures)
    for done in in_parallel(work, batches, workers=max(workers, answerer.at_once), together=1):
        for batch, read, rows in done:
            yield rows or _rows(batch, read, answerer)


def answered(names: Iterable[str], read: Sequence[_Pixels], answerer: Answerer) -> list[AnswerRow]:
    """Return the rows of pictures, asking once for those that could be read."""
    pixels = [each for each in read if not isinstance(each, str)]
    answers = _told(answerer.judge(np.stack(pixels))) if pixels else iter(())
    return [
        AnswerRow(name, None, each) if isinstance(each, str) else AnswerRow(name, *next(answers))
        for name, each in zip(names, read, strict=True)
    ]


def _told(
    judged: Judged,
) -> Iterator[tuple[NDArray[np.float32], None, float | None, bool | None]]:
    probabilities, novelties, familiar = judged
    nothing = [None] * len(probabilities)
    return zip(
        probabilities,
        nothing,
        nothing if novelties is None else novelties.tolist(),
        nothing if familiar is None else familiar.tolist(),
        strict=True,
    )


def read_cell(cell: Any, spec: ImageSpec) -> _Pixels:
    """Return the model's input for a cell of somebody's table, or the reason why there is none.

    Args:
        cell: encoded bytes, the path of a file, a mapping with `bytes` or `path`, or uint8 pixels.
        spec: how it is preprocessed.
    """
    if isinstance(cell, Mapping):
        data = cell.get("bytes")
        cell = cell.get("path") if data is None else data
    if isinstance(cell, str | Path):
        known = "" if can_be_a_path(str(cell)) else NO_PATH
        return _read(Asked(Path(cell), known), spec)
    if isinstance(cell, bytes | bytearray | memoryview):
        return _preprocessed(bytes(cell), spec)
    if isinstance(cell, np.ndarray):
        return _preprocessed(cell, spec)
    # As pandas tells what is missing.
    if cell is None or cell != cell:
        return "there is no picture"
    return f"a {type(cell).__name__}, not bytes, a path or pixels"


def _preprocessed(picture: bytes | NDArray[Any], spec: ImageSpec) -> _Pixels:
    try:
        return preprocess(picture, spec)
    except DataError as error:
        return str(error)


def _batches(pictures: Iterable[Asked]) -> Iterator[list[Asked]]:
    source = iter(pictures)
    while batch := list(islice(source, PREDICTION_BATCH)):
        yield batch


def _read(asked: Asked, spec: ImageSpec) -> _Pixels:
    if asked.reason:
        return asked.reason
    content = read_content(asked.path)
    return content.reason if isinstance(content, Skipped) else _preprocessed(content, spec)


def _rows(batch: Sequence[Asked], read: Sequence[_Pixels], answerer: Answerer) -> list[AnswerRow]:
    return answered([asked.name for asked in batch], read, answerer)
