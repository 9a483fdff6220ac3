"""Classify picture files with a run's Keras model or with an exported bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle import METADATA_FILE, Bundle
from kerasport.dataset import preprocess_file
from kerasport.dataset.parallel import in_parallel
from kerasport.engine import Engine, engine_for
from kerasport.errors import DataError, UsageError
from kerasport.files import put_back
from kerasport.literals import EngineChoice
from kerasport.preprocess import ImageSpec
from kerasport.progress import SILENT, Progress
from kerasport.runs.names import MODEL_FILE
from kerasport.runs.run import Run
from kerasport.runtime import Runtime

__all__ = ["Prediction", "answer_each", "open_source", "predict", "predict_each"]

Answer: TypeAlias = "Callable[[NDArray[np.uint8]], NDArray[Any]]"
"""Takes pixels, uint8 `[n, height, width, channels]`, and returns probabilities `[n, classes]`."""

_Read: TypeAlias = "NDArray[np.uint8] | DataError"

# Unreadable ones among them; the answers to those before should not wait for ever.
_MOST_WAITING = 256


@dataclass(frozen=True)
class Prediction:
    """The answer for one picture; `probabilities` is float32 `[classes]`."""

    path: Path
    class_names: tuple[str, ...]
    probabilities: NDArray[np.float32]

    def top(self, count: int) -> list[tuple[str, float]]:
        """Return the best classes with their probabilities, best first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.class_names[index], float(self.probabilities[index])) for index in order]


def open_source(path: Path) -> Run | Bundle:
    """Return the run or the bundle in the folder `path`, whichever it is."""
    put_back(path)
    if (path / MODEL_FILE).is_file():
        return Run.open(path)
    if (path / METADATA_FILE).exists() or not path.exists():
        return Bundle.open(path)
    raise DataError(
        f"'{path}' is neither a run nor a bundle. Expected a folder that 'kerasport train' or "
        "'kerasport export' wrote."
    )


def predict(
    source: Run | Bundle, pictures: Sequence[Path], *, engine: EngineChoice = "auto"
) -> tuple[list[Prediction], list[DataError]]:
    """Return the predictions for all readable pictures, and an error for each of the others.

    A run answers through Keras, a bundle without TensorFlow; see `predict_each`.
    """
    found = list(predict_each(source, pictures, engine=engine))
    predictions = [item for item in found if isinstance(item, Prediction)]
    return predictions, [item for item in found if isinstance(item, DataError)]


def predict_each(
    source: Run | Bundle,
    pictures: Iterable[str | Path],
    *,
    engine: EngineChoice = "auto",
    progress: Progress = SILENT,
) -> Iterator[Prediction | DataError]:
    """Yield a prediction for each picture, or in its place the error why there is none.

    The pictures are asked for as they are needed, and read on all cores; a hundred or so are held
    at a time, however many there are.

    Args:
        source: a run answers through Keras, a bundle without TensorFlow.
        pictures: paths of picture files.
        engine: what answers for a bundle: `wasm`, the kernels that the client runs in browsers, or
            `numpy`; `auto` is wasm where wasmtime is installed and the model fits.
        progress: told what answers for a bundle, with its first answer.

    Raises:
        UsageError: an engine is chosen for a run.

    >>> for answer in predict_each(run, Path("pictures").glob("*.jpg")):  # doctest: +SKIP
    ...     print(answer if isinstance(answer, DataError) else answer.top(1))
    """
    description = source.metadata if isinstance(source, Bundle) else source.description
    if isinstance(source, Bundle):
        return answer_each(
            lambda: _answer_of(source, engine, progress),
            pictures,
            spec=description.image_spec,
            class_names=tuple(description.class_names),
        )
    if engine != "auto":
        raise UsageError(
            f"'{source.path}' is a run, which answers through Keras. The engine {engine!r} is for "
            "bundles: leave it out, or give the folder that 'kerasport export' wrote."
        )
    path = source.model_path
    return answer_each(
        lambda: partial(models.probabilities, models.load_model(path)),
        pictures,
        spec=description.image_spec,
        class_names=tuple(description.class_names),
    )


def _answer_of(bundle: Bundle, choice: EngineChoice, progress: Progress) -> Answer:
    """Return what answers for a bundle, and says what that is with its first answer."""
    engine = Engine(bundle) if choice == "wasm" else None
    if choice == "auto":
        engine = engine_for(bundle)
    if engine is None:
        return _saying(Runtime(bundle).predict, "numpy", progress)
    return _saying(engine.predict, "the engine of the browsers, in wasmtime", progress)


def _saying(answer: Answer, who: str, progress: Progress) -> Answer:
    """Return what answers the same, and says once who it is."""
    left = [f"Answered by {who}."]

    def answer_and_say(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        answers = answer(pixels)
        # Where there is no answer there is nobody to name.
        if left:
            progress.say(left.pop())
        return answers

    return answer_and_say


def answer_each(
    load: Callable[[], Answer],
    pictures: Iterable[str | Path],
    *,
    spec: ImageSpec,
    class_names: tuple[str, ...],
) -> Iterator[Prediction | DataError]:
    """Yield what `predict_each` does, from whatever answers.

    Args:
        load: returns what answers; called before the first answer, if there is any.
        pictures: paths of picture files.
        spec: how they are preprocessed.
        class_names: in the order of the answers.
    """
    answer: Answer | None = None
    waiting: list[tuple[Path, _Read]] = []
    readable = 0

    def answered() -> Iterator[Prediction | DataError]:
        nonlocal answer
        pixels = [read for _, read in waiting if not isinstance(read, DataError)]
        rows: Iterator[NDArray[np.float32]] = iter(())
        if pixels:
            answer = answer or load()
            rows = iter(answer(np.stack(pixels)))
        for path, read in waiting:
            yield read if isinstance(read, DataError) else Prediction(path, class_names, next(rows))
        waiting.clear()

    for part in in_parallel(lambda path: _read(Path(path), spec), pictures):
        for path, read in part:
            waiting.append((path, read))
            readable += not isinstance(read, DataError)
            if readable == models.PREDICTION_BATCH or len(waiting) == _MOST_WAITING:
                yield from answered()
                readable = 0
    yield from answered()


def _read(path: Path, spec: ImageSpec) -> tuple[Path, _Read]:
    try:
        return path, preprocess_file(path, spec)
    except DataError as error:
        return path, error
