"""Who answers for a run or a bundle: Keras, the engine of the browsers, or numpy."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle import METADATA_FILE, Bundle, NoveltyScale
from kerasport.engine import Engine, engine_for
from kerasport.errors import DataError, UsageError
from kerasport.files import put_back
from kerasport.literals import EngineChoice
from kerasport.runs.names import MODEL_FILE
from kerasport.runs.run import Run
from kerasport.runtime import Runtime

__all__ = [
    "Answerer",
    "Judge",
    "Judged",
    "all_cores",
    "judge_of_model",
    "open_answerer",
    "open_source",
    "require_engine",
]

_Answer: TypeAlias = "Callable[[NDArray[np.uint8]], NDArray[Any]]"


class Judged(NamedTuple):
    """Probabilities `[n, classes]`, and how strange each picture is, where that is known.

    `novelties` is float64 `[n]`, 0..1; `familiar` bool `[n]`.
    """

    probabilities: NDArray[np.float32]
    novelties: NDArray[np.float64] | None = None
    familiar: NDArray[np.bool_] | None = None


Judge: TypeAlias = "Callable[[NDArray[np.uint8]], Judged]"
"""Takes pixels, uint8 `[n, height, width, channels]`."""

_WORDS = {
    "keras": "Keras",
    "numpy": "numpy",
    "wasm": "the engine of the browsers, in wasmtime",
}


@dataclass(frozen=True)
class Answerer:
    """What answers, loaded.

    `kind` says who it is. `judge` is for many batches: up to `at_once` threads may ask at a time
    and gain by it. `judge_few` is for one thread that has no more than a batch or two.
    """

    kind: Literal["keras", "numpy", "wasm"]
    judge: Judge
    at_once: int
    judge_few: Judge

    @property
    def words(self) -> str:
        """Who it is, in a sentence."""
        return _WORDS[self.kind]


def all_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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


def require_engine(source: Run | Bundle, engine: EngineChoice) -> None:
    """Raise when an engine is chosen for a run.

    Raises:
        UsageError: it is.
    """
    if not isinstance(source, Bundle) and engine != "auto":
        raise UsageError(
            f"'{source.path}' is a run, which answers through Keras. The engine {engine!r} is for "
            "bundles: leave it out, or give the folder that 'kerasport export' wrote."
        )


def open_answerer(
    source: Run | Bundle, *, engine: EngineChoice = "auto", workers: int | None = None
) -> Answerer:
    """Return what answers, loaded.

    A run answers through Keras, which deals a batch to all cores itself. A bundle answers on the
    engine of the browsers where wasmtime is installed and the model fits, a picture a core; else in
    numpy.

    Args:
        source: a run or a bundle.
        engine: `wasm` or `numpy` chooses for a bundle.
        workers: how many pictures a bundle's engine computes at a time; None for one a core.

    Raises:
        UsageError: an engine is chosen for a run.
        KerasportError: the engine that was chosen is not installed, or cannot run the model.
    """
    require_engine(source, engine)
    if not isinstance(source, Bundle):
        return _answerer_of_model(models.load_model(source.model_path), source.novelty_scale)
    scale = source.novelty_scale
    workers = workers or all_cores()
    wasm = None
    if engine == "wasm":
        wasm = Engine(source, workers=workers)
    elif engine == "auto":
        wasm = engine_for(source, workers=workers)
    if wasm is None:
        runtime = Runtime(source)
        layer = scale.novelty.layer if scale else ""
        judge = _judge(runtime.predict, partial(runtime.predict_with, layer), scale)
        return Answerer("numpy", judge, workers, judge)
    few = _judge(wasm.predict, wasm.predict_with_features, scale)
    # Each thread that asks is one of those that the pictures are dealt to.
    answer = partial(wasm.predict, workers=1)
    alone = _judge(answer, partial(wasm.predict_with_features, workers=1), scale)
    return Answerer("wasm", alone, wasm.workers, few)


def judge_of_model(model: models.KerasModel, scale: NoveltyScale | None) -> Judge:
    """Return what judges a few pictures by a Keras model.

    Args:
        model: takes float32 pixels of 0..255.
        scale: what was measured with it; None where nothing was.
    """
    # A few pictures are not worth compiling, nor a batch that is filled up for them.
    answer = partial(models.probabilities, model)
    watched = _watched(model, scale)
    return _judge(answer, watched.answers if watched else None, scale if watched else None)


def _answerer_of_model(model: models.KerasModel, scale: NoveltyScale | None) -> Answerer:
    watched = _watched(model, scale)
    if watched is None:
        many = _judge(models.compiled_answer(model), None, None)
    else:
        answer = partial(models.probabilities, model)
        many = _judge(answer, models.compiled_answers(watched), scale)
    return Answerer("keras", many, 1, judge_of_model(model, scale))


def _watched(model: models.KerasModel, scale: NoveltyScale | None) -> models.WatchedModel | None:
    watched = models.watch_features(model) if scale is not None else None
    return None if isinstance(watched, str) else watched


_Watching: TypeAlias = (
    "Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]"
)


def _judge(answer: _Answer, watching: _Watching | None, scale: NoveltyScale | None) -> Judge:
    """Return what judges: by probabilities and features where there is a scale for these."""

    def judge(pixels: NDArray[np.uint8]) -> Judged:
        if scale is None or watching is None:
            return Judged(answer(pixels))
        probabilities, features = watching(pixels)
        novelties = scale.novelties(features)
        return Judged(probabilities, novelties, scale.are_familiar(novelties))

    return judge
