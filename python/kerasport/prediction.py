"""Classify picture files with a run's Keras model or with an exported bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.answerer import Judge, Judged, open_answerer, open_source, require_engine
from kerasport.bundle import Bundle
from kerasport.bundle.output import LabelsOutput
from kerasport.dataset import preprocess_file
from kerasport.dataset.parallel import in_parallel
from kerasport.errors import DataError, UsageError
from kerasport.literals import EngineChoice
from kerasport.preprocess import ImageSpec
from kerasport.progress import SILENT, Progress
from kerasport.runs.run import Run

__all__ = ["LabelAnswer", "Prediction", "answer_each", "open_source", "predict", "predict_each"]

_Read: TypeAlias = "NDArray[np.uint8] | DataError"

# Unreadable ones among them; the answers to those before should not wait for ever.
_MOST_WAITING = 256


class LabelAnswer(NamedTuple):
    """What a model of several labels says of one of them."""

    name: str
    probability: float
    threshold: float
    holds: bool


@dataclass(frozen=True)
class Prediction:
    """The answer for one picture; `probabilities` is float32 `[classes]`.

    `output` is that of a model of several labels, which `labels` tells; it is None where one class
    is chosen, which `top` tells.

    `novelty` is how strange the picture is to the model, 0..1: the share of the validation pictures
    that are more like those of the training. It is None where that was not measured. `is_familiar`
    says whether it is like most of them; true where nothing was measured.
    """

    path: Path
    class_names: tuple[str, ...]
    probabilities: NDArray[np.float32]
    output: LabelsOutput | None = None
    novelty: float | None = None
    is_familiar: bool = True

    def labels(self) -> list[LabelAnswer]:
        """Return every label in the model's order, with what was answered and whether it holds.

        Raises:
            UsageError: the model chooses one class.
        """
        if self.output is None:
            raise UsageError(
                "The model chooses one class; it has no labels that hold or not. Ask for the best "
                "classes with top(3)."
            )
        told = zip(
            self.class_names,
            self.probabilities.tolist(),
            self.output.thresholds,
            self.output.holding(self.probabilities).tolist(),
            strict=True,
        )
        return [LabelAnswer(*each) for each in told]

    def top(self, count: int) -> list[tuple[str, float]]:
        """Return the best classes with their probabilities, best first.

        Raises:
            UsageError: the model tells labels, of which none wins.
        """
        if self.output is not None:
            raise UsageError(
                "The model tells labels, of which any number holds and none wins. Ask for them "
                "with labels()."
            )
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.class_names[index], float(self.probabilities[index])) for index in order]


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
    workers: int | None = None,
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
        workers: how many pictures that engine computes at a time; None for one a core.
        progress: told what answers for a bundle, with its first answer.

    Raises:
        UsageError: an engine is chosen for a run.

    >>> for answer in predict_each(run, Path("pictures").glob("*.jpg")):  # doctest: +SKIP
    ...     print(answer if isinstance(answer, DataError) else answer.top(1))
    """
    description = source.metadata if isinstance(source, Bundle) else source.description
    require_engine(source, engine)

    def load() -> Judge:
        answerer = open_answerer(source, engine=engine, workers=workers)
        # Whoever asks for pictures of a run is not told what answers: nothing else can.
        if answerer.kind == "keras":
            return answerer.judge_few
        return _saying(answerer.judge_few, answerer.words, progress)

    return answer_each(
        load,
        pictures,
        spec=description.image_spec,
        class_names=tuple(description.class_names),
        output=description.labels_output,
    )


def _saying(judge: Judge, who: str, progress: Progress) -> Judge:
    """Return what answers the same, and says once who it is."""
    left = [f"Answered by {who}."]

    def answer_and_say(pixels: NDArray[np.uint8]) -> Judged:
        answers = judge(pixels)
        # Where there is no answer there is nobody to name.
        if left:
            progress.say(left.pop())
        return answers

    return answer_and_say


def answer_each(
    load: Callable[[], Judge],
    pictures: Iterable[str | Path],
    *,
    spec: ImageSpec,
    class_names: tuple[str, ...],
    output: LabelsOutput | None = None,
) -> Iterator[Prediction | DataError]:
    """Yield what `predict_each` does, from whatever answers.

    Args:
        load: returns what answers; called before the first answer, if there is any.
        pictures: paths of picture files.
        spec: how they are preprocessed.
        class_names: in the order of the answers.
        output: that of a model of several labels.
    """
    judge: Judge | None = None
    waiting: list[tuple[Path, _Read]] = []
    readable = 0

    def answered() -> Iterator[Prediction | DataError]:
        nonlocal judge
        pixels = [read for _, read in waiting if not isinstance(read, DataError)]
        rows: Iterator[tuple[NDArray[np.float32], float | None, bool]] = iter(())
        if pixels:
            judge = judge or load()
            rows = _rows(judge(np.stack(pixels)))
        for path, read in waiting:
            if isinstance(read, DataError):
                yield read
            else:
                answer, novelty, is_familiar = next(rows)
                yield Prediction(path, class_names, answer, output, novelty, is_familiar)
        waiting.clear()

    for part in in_parallel(lambda path: _read(Path(path), spec), pictures):
        for path, read in part:
            waiting.append((path, read))
            readable += not isinstance(read, DataError)
            if readable == models.PREDICTION_BATCH or len(waiting) == _MOST_WAITING:
                yield from answered()
                readable = 0
    yield from answered()


def _rows(judged: Judged) -> Iterator[tuple[NDArray[np.float32], float | None, bool]]:
    probabilities, novelties, familiar = judged
    for index, row in enumerate(probabilities):
        yield (
            row,
            None if novelties is None else float(novelties[index]),
            familiar is None or bool(familiar[index]),
        )


def _read(path: Path, spec: ImageSpec) -> tuple[Path, _Read]:
    try:
        return path, preprocess_file(path, spec)
    except DataError as error:
        return path, error
