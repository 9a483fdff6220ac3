"""Classify picture files with a run's Keras model or with an exported bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle import METADATA_FILE, Bundle
from kerasport.errors import DataError
from kerasport.preprocess import preprocess
from kerasport.runs.names import MODEL_FILE
from kerasport.runs.run import Run
from kerasport.runtime import Runtime

__all__ = ["Prediction", "open_source", "predict"]


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
    if (path / MODEL_FILE).is_file():
        return Run.open(path)
    if (path / METADATA_FILE).exists() or not path.exists():
        return Bundle.open(path)
    raise DataError(
        f"'{path}' is neither a run nor a bundle. Expected a folder that 'kerasport train' or "
        "'kerasport export' wrote."
    )


def predict(
    source: Run | Bundle, pictures: Sequence[Path]
) -> tuple[list[Prediction], list[DataError]]:
    """Return the predictions for all readable pictures, and an error for each of the others.

    A run answers through Keras, a bundle through numpy, without TensorFlow.
    """
    description = source.metadata if isinstance(source, Bundle) else source.description
    paths, pixels, errors = [], [], []
    for path in pictures:
        try:
            pixels.append(preprocess(path, description.image_spec))
            paths.append(path)
        except DataError as error:
            errors.append(error)
    if not paths:
        return [], errors
    stack = np.stack(pixels)
    if isinstance(source, Bundle):
        answers = Runtime(source).predict(stack)
    else:
        answers = models.probabilities(models.load_model(source.model_path), stack)
    names = tuple(description.class_names)
    rows = zip(paths, answers, strict=True)
    return [Prediction(path, names, answer) for path, answer in rows], errors
