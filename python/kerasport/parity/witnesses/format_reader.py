"""Ask the runtime of another format, in Python: it is handed the pixels."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from kerasport.bundle import Bundle
from kerasport.errors import BrowserError, BundleError
from kerasport.exporter.formats import FormatRuntime, runtime_of
from kerasport.parity.compare.location import Reader
from kerasport.parity.compare.tally import Answer, Expectation, WitnessIdentity

__all__ = ["FORMATS_OF_READERS", "FormatReader", "format_reader"]

FORMATS_OF_READERS = {"onnxruntime-python": "onnx", "litert-python": "litert"}
"""Witness -> the format that it reads, as `kerasport export --also` calls it."""


class FormatReader:
    """A model of another format in its runtime. Made by `format_reader`."""

    metadata: dict[str, Any] | None = None
    read: Reader | None = None

    def __init__(self, name: str, runtime: FormatRuntime, classes: int) -> None:
        self._classes = classes
        self.identity = WitnessIdentity(name, f"{runtime.name} {runtime.version}", "python", "")
        self._runtime = runtime

    def ask(self, batch: Sequence[Expectation]) -> list[Answer]:
        """Return the answers for the pixels of a batch.

        Raises:
            BrowserError: the runtime cannot run the model.
        """
        pixels = np.stack([expected.pixels for expected in batch])
        try:
            answers = self._runtime.predict(pixels)
        except BundleError as error:
            raise BrowserError(str(error)) from None
        if answers.shape[1] != self._classes:
            raise BrowserError(
                f"It gives {answers.shape[1]:,} probabilities for {self._classes:,} classes. The "
                "files are of different models: export the bundle again."
            )
        return [Answer(answer) for answer in answers]


@contextlib.contextmanager
def format_reader(name: str, bundle: Bundle) -> Iterator[FormatReader]:
    """Yield the runtime with the model that lies in a folder of the bundle.

    Raises:
        BrowserError: the bundle has no such model, or nothing that runs it is installed.
        BundleError: the runtime does not load it.
    """
    form = FORMATS_OF_READERS[name]
    path = bundle.other_format(form)
    if path is None:
        raise BrowserError(
            f"The bundle has no model for it. Write one with: kerasport export --also {form}"
        )
    runtime = runtime_of(form, path)
    if runtime is None:
        raise BrowserError("It is not installed. Install it with: pip install 'kerasport[formats]'")
    yield FormatReader(name, runtime, len(bundle.metadata.class_names))
