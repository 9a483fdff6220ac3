"""Every runtime that reads what an export wrote, in Python and in Chromium, asked and timed."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport import Bundle
from kerasport.errors import KerasportError
from kerasport.exporter.formats import runtime_of
from kerasport.parity.browsers.engines import find_engine
from kerasport.parity.compare.tally import Expectation
from kerasport.parity.witnesses.runtime_page import RUNTIME_WITNESSES, RuntimePage, runtime_page

__all__ = ["RUNTIMES", "TIMED", "Predict", "asked", "milliseconds_of"]

Predict = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Answers `[n, classes]` for pictures `[n, height, width, channels]`."""

IN_PYTHON = {"onnxruntime-python": "onnx", "litert-python": "litert"}
ROUNDS = 3
MANY = 40
"""Pictures of a request beyond the first, so that the time of the request itself goes out."""

RUNTIMES = (*IN_PYTHON, *RUNTIME_WITNESSES)
TIMED = tuple(
    name
    for name in RUNTIMES
    # A headless browser draws WebGL in software.
    if name not in RUNTIME_WITNESSES or "webgl" not in RUNTIME_WITNESSES[name].backends
)


@contextlib.contextmanager
def asked(name: str, bundle: Bundle) -> Iterator[Predict]:
    """Yield what asks a runtime about the file that a bundle has for it.

    Raises:
        KerasportError: it is not installed, or the bundle has no file for it.
    """
    if name in RUNTIME_WITNESSES:
        backend = RUNTIME_WITNESSES[name].backends[-1]
        with runtime_page(name, find_engine("chromium"), bundle, backend) as page:
            yield lambda pixels: _answers(page, pixels)
        return
    form = IN_PYTHON[name]
    path = bundle.other_format(form)
    runtime = runtime_of(form, path) if path else None
    if runtime is None:
        raise KerasportError(f"{name} is not installed, or the bundle has no file for it")
    yield runtime.predict


def milliseconds_of(predict: Predict, pixels: NDArray[np.uint8]) -> float:
    """Return what a picture takes, in the median of a few: of many, less the time of one."""
    many = np.resize(pixels, (1 + MANY, *pixels.shape[1:]))
    predict(many)
    taken = [_seconds(predict, many) - _seconds(predict, many[:1]) for _ in range(ROUNDS)]
    return 1000 * statistics.median(taken) / MANY


def _answers(page: RuntimePage, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    # A page is handed pixels alone; what is expected is not looked at.
    nothing = np.zeros(0, np.float32)
    batch = [Expectation(path=Path(), pixels=each, probabilities=nothing) for each in pixels]
    return np.stack([answer.probabilities for answer in page.ask(batch)])


def _seconds(predict: Predict, pixels: NDArray[np.uint8]) -> float:
    started = time.perf_counter()
    predict(pixels)
    return time.perf_counter() - started
