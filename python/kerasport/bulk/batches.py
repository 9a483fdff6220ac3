"""One callable for the engines of clusters: a batch of pictures in, the batch with answers out."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from kerasport.answerer import Answerer, open_answerer, open_source, require_engine
from kerasport.bulk.columns import BatchColumns, columns_of
from kerasport.bulk.rows import AnswerRow, answered, check_top, read_cell
from kerasport.bundle import METADATA_FILE, Bundle
from kerasport.bundle.output import LabelsOutput
from kerasport.errors import UsageError
from kerasport.literals import EngineChoice
from kerasport.models import PREDICTION_BATCH
from kerasport.preprocess import ImageSpec
from kerasport.runs.run import Run

__all__ = ["BatchClassifier"]

_Batch = TypeVar("_Batch")


@dataclass(frozen=True)
class _Loaded:
    """A model that answers, as all classifiers of it in this process share it."""

    spec: ImageSpec
    class_names: tuple[str, ...]
    output: LabelsOutput | None
    tells_novelty: bool
    answerer: Answerer
    # Keras and what it runs on promise nothing to several threads.
    access: Any


class BatchClassifier:
    """Classifies batches wherever they are: in Ray, Spark, Beam, or any loop over tables.

    Called with a pyarrow Table or RecordBatch, a pandas DataFrame or a dict of columns, it returns
    the same kind with the columns `class`, `probability`, `probabilities` and `error` behind the
    others; of a model of several labels `labels`, those that hold, in the place of the first two.
    Where the model measures how strange pictures are, `novelty` and `familiar` follow.
    It can be pickled; the model is loaded when the first batch comes, once in a process,
    and several threads may call it.
    """

    def __init__(
        self,
        source: str | Path | Run | Bundle,
        *,
        column: str = "image",
        keep: Sequence[str] | None = None,
        top: int | None = None,
        engine: EngineChoice = "auto",
        workers: int = 1,
    ) -> None:
        """Say what answers; nothing is opened yet.

        Args:
            source: a bundle, or a run, at a place that every worker can read.
            column: where the pictures are: encoded bytes, paths of files, structs of `bytes` and
                `path` as Hugging Face data sets have them, or uint8 pixels `[h, w, channels]`.
            keep: the columns of a batch that its answers are put behind; None for all.
            top: tells the best classes alone, with a column `classes`; None tells all
                probabilities, in the order of the bundle's `classNames`.
            engine: what answers for a bundle, as for `kerasport.predict_each`.
            workers: how many pictures that engine computes at a time; one where the cluster starts
                a worker for each core.

        Raises:
            UsageError: `top` or `workers` is no positive number.

        >>> classify = kerasport.BatchClassifier("web/model")  # doctest: +SKIP
        >>> classify(pyarrow.table({"image": [data]})).column("class")  # doctest: +SKIP
        """
        for name, value in (("top", top), ("workers", workers)):
            if value is not None and value < 1:
                raise UsageError(f"{name} is {value}. Expected 1 or more.")
        path = source.path if isinstance(source, Run | Bundle) else Path(source)
        # A worker has a folder of its own.
        self._path = str(path.absolute())
        self._column = column
        self._keep = None if keep is None else tuple(keep)
        self._top = top
        self._engine: EngineChoice = engine
        self._workers = workers

    def __call__(self, batch: _Batch) -> _Batch:
        """Return the batch with its answers.

        A picture that cannot be read has an `error`, and nothing else.

        Raises:
            DataError: there is no such column, or the batch is of another kind.
            BundleError: the bundle is not there or damaged.
        """
        columns: BatchColumns = columns_of(batch)
        rows: list[AnswerRow] = []
        cells = columns.cells(self._column)
        loaded = _loaded(self._path, self._engine, self._workers)
        if loaded.output is not None:
            check_top(self._top)
        for start in range(0, len(cells), PREDICTION_BATCH):
            rows += _rows(cells[start : start + PREDICTION_BATCH], loaded)
        result: _Batch = columns.with_answers(
            rows,
            loaded.class_names,
            self._top,
            self._keep,
            loaded.output,
            tells_novelty=loaded.tells_novelty,
        )
        return result

    def each(self, batches: Iterable[_Batch]) -> Iterator[_Batch]:
        """Yield each batch with its answers, as `mapInPandas` and `mapInArrow` of Spark ask."""
        for batch in batches:
            yield self(batch)


_models: dict[tuple[Any, ...], _Loaded] = {}
_loading = threading.Lock()


def _forget() -> None:
    """Begin anew in a process that was forked: threads and locks stayed with its parent."""
    global _loading
    _loading = threading.Lock()
    _models.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _loaded(path: str, engine: EngineChoice, workers: int) -> _Loaded:
    key = (path, engine, workers, _stamp(path))
    with _loading:
        if key not in _models:
            source = open_source(Path(path))
            require_engine(source, engine)
            described: Any = source.metadata if isinstance(source, Bundle) else source.description
            answerer = open_answerer(source, engine=engine, workers=workers)
            _models[key] = _Loaded(
                spec=described.image_spec,
                class_names=tuple(described.class_names),
                output=described.labels_output,
                tells_novelty=source.novelty_scale is not None,
                answerer=answerer,
                access=threading.Lock(),
            )
        return _models[key]


def _stamp(path: str) -> tuple[int, ...]:
    """Return what changes when other files are put in the place of these."""
    try:
        found = (Path(path) / METADATA_FILE).stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _rows(cells: Sequence[Any], loaded: _Loaded) -> list[AnswerRow]:
    read = [read_cell(cell, loaded.spec) for cell in cells]
    nameless = [""] * len(read)
    if loaded.answerer.kind == "wasm":
        return answered(nameless, read, loaded.answerer)
    with loaded.access:
        return answered(nameless, read, loaded.answerer)
