"""The programs that run files of other formats, where they are installed."""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import BundleError

__all__ = ["FormatRuntime", "OnnxRuntime"]

_BATCH_SIZE = 32


class FormatRuntime(ABC):
    """A model in a runtime of others, ready to predict.

    Attributes:
        name: the runtime's.
        version: its version.
    """

    name: str
    version: str

    @abstractmethod
    def answer(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities `[n, classes]` for one batch `[n, height, width, channels]`."""

    def predict(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return probabilities `[n, classes]` for uint8 pixels `[n, height, width, channels]`.

        Raises:
            BundleError: the file takes other pixels, or the runtime cannot run it.
        """
        batches = [
            self.answer(pixels[start : start + _BATCH_SIZE].astype(np.float32))
            for start in range(0, len(pixels), _BATCH_SIZE)
        ]
        return np.concatenate(batches)


class OnnxRuntime(FormatRuntime):
    """A `model.onnx` in onnxruntime, on the processor.

    Args:
        path: the file.

    Raises:
        BundleError: onnxruntime does not load it.
    """

    name = "onnxruntime"

    def __init__(self, path: Path) -> None:
        import onnxruntime

        self.version = str(onnxruntime.__version__)
        options = onnxruntime.SessionOptions()
        # What it has to say of a file is in its errors.
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise _refused(self.name, path, error) from None
        self._path = path
        (given,) = self._session.get_inputs()
        self._input = given.name
        self._channels_first = given.name == "pixel_values"

    @staticmethod
    def is_installed() -> bool:
        """Tell whether onnxruntime is there."""
        return importlib.util.find_spec("onnxruntime") is not None

    def answer(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the file gives; of logits, as Hugging Face has them, their softmax."""
        if self._channels_first:
            pixels = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        try:
            (answer,) = self._session.run(None, {self._input: pixels})
        except Exception as error:
            raise _refused(self.name, self._path, error) from None
        return _softmax(answer) if self._channels_first else np.asarray(answer, np.float32)


def _softmax(logits: Any) -> NDArray[np.float32]:
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: NDArray[np.float32] = exponents / exponents.sum(axis=-1, keepdims=True)
    return result


def _refused(runtime: str, path: Path, error: Exception) -> BundleError:
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return BundleError(
        f"{runtime} cannot run '{path}': {reason[0]:.300} Export the bundle again; if it stays, "
        "please report it as a bug of kerasport."
    )
