"""The programs that run files of other formats, where they are installed."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle.weights import read_weights
from kerasport.errors import BundleError
from kerasport.json_text import load_json
from kerasport.models import native_output_held_back
from kerasport.runtime import Runtime

__all__ = [
    "FormatRuntime",
    "LitertRuntime",
    "OnnxRuntime",
    "litert_runtime",
    "onnx_runtime",
    "teachable_runtime",
]

_BATCH_SIZE = 32
_STDERR = 2


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
            BundleError: the file takes other pixels, cannot be run, or gives something
            else.
        """
        batches = []
        for start in range(0, len(pixels), _BATCH_SIZE):
            batch = pixels[start : start + _BATCH_SIZE].astype(np.float32)
            found = self.answer(batch)
            if found.ndim != 2 or len(found) != len(batch):
                raise BundleError(
                    f"{self.name} gives {list(found.shape)} numbers for {len(batch)} pictures. "
                    "Expected a row of probabilities for each. Export the bundle again."
                )
            batches.append(found)
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
        given = _only(self.name, path, self._session.get_inputs(), "inputs")
        self._input = given.name
        self._channels_first = given.name == "pixel_values"
        self._shape = given.shape

    def answer(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the file gives; of logits, as Hugging Face has them, their softmax."""
        try:
            if self._channels_first:
                # As an image processor has it, which makes three channels of gray.
                every = np.broadcast_to(pixels, (*pixels.shape[:3], self._shape[1]))
                pixels = np.ascontiguousarray(every.transpose(0, 3, 1, 2))
            (answer,) = self._session.run(None, {self._input: pixels})
            told = np.asarray(answer, np.float32)
        except Exception as error:
            raise _refused(self.name, self._path, error) from None
        return _softmax(told) if self._channels_first else told


class LitertRuntime(FormatRuntime):
    """A `model.tflite` in an interpreter: of LiteRT, or the one that TensorFlow brings.

    Args:
        path: the file.
        module: the one that has `Interpreter`.
        name: what is told of it.
        version: its version.

    Raises:
        BundleError: it does not load the file.
    """

    def __init__(self, path: Path, module: Any, name: str, version: str) -> None:
        self.name, self.version = name, version
        self._path = path
        try:
            with native_output_held_back(_STDERR), warnings.catch_warnings():
                # TensorFlow's interpreter says that it moves to a package of its own.
                warnings.simplefilter("ignore")
                self._interpreter = module.Interpreter(model_content=path.read_bytes())
                self._interpreter.allocate_tensors()
        except Exception as error:
            raise _refused(name, path, error) from None
        self._input = _only(name, path, self._interpreter.get_input_details(), "inputs")
        self._output = _only(name, path, self._interpreter.get_output_details(), "outputs")

    def answer(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the file gives, picture by picture; whole numbers as what they stand for."""
        return np.concatenate([self._one(picture) for picture in pixels])

    def _one(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            given = picture[None].astype(self._input["dtype"])
            self._interpreter.set_tensor(self._input["index"], given)
            self._interpreter.invoke()
            answer = self._interpreter.get_tensor(self._output["index"])
        except Exception as error:
            raise _refused(self.name, self._path, error) from None
        scale, zero = self._output["quantization"]
        told = np.asarray(answer, np.float32)
        return np.asarray((told - zero) * scale if scale else told, np.float32)


def onnx_runtime(path: Path) -> FormatRuntime | None:
    """Return what runs a file of ONNX; None where it is not installed."""
    return OnnxRuntime(path) if importlib.util.find_spec("onnxruntime") else None


def litert_runtime(path: Path) -> FormatRuntime | None:
    """Return what runs a file of LiteRT; None where nothing is installed that does."""
    if importlib.util.find_spec("ai_edge_litert"):
        from ai_edge_litert import interpreter

        version = importlib.metadata.version("ai-edge-litert")
        return LitertRuntime(path, interpreter, "ai-edge-litert", version)
    if importlib.util.find_spec("tensorflow"):
        models.import_keras()
        import tensorflow

        if hasattr(tensorflow, "lite"):
            return LitertRuntime(
                path, tensorflow.lite, "tf.lite of TensorFlow", tensorflow.__version__
            )
    return None


class NumpyRuntime(FormatRuntime):
    """A folder of Teachable Machine's in numpy: the layers of TensorFlow.js, read back.

    Args:
        path: its `model.json`.
    """

    name, version = "numpy", np.__version__

    def __init__(self, path: Path) -> None:
        model = load_json(path.read_bytes())
        weights = read_weights(
            model["weightsManifest"], lambda name: path.with_name(name).read_bytes()
        )
        topology = model["modelTopology"]
        shape = topology["model_config"]["config"]["layers"][0]["config"]["batch_input_shape"][1:]
        self._runtime = Runtime.of(topology, weights, tuple(shape))

    def answer(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the file gives for pixels that are scaled as its library does it."""
        # Its shares of red, green and blue in gray: 0.2989, 0.587 and 0.114.
        gray = np.float32(0.9999) if pixels.shape[-1] == 1 else np.float32(1)
        scaled: Any = pixels * gray / np.float32(127) - 1
        return np.asarray(self._runtime.predict(scaled), np.float32)


def teachable_runtime(path: Path) -> FormatRuntime | None:
    """Return what runs a folder of Teachable Machine's."""
    return NumpyRuntime(path)


def _softmax(logits: Any) -> NDArray[np.float32]:
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: NDArray[np.float32] = exponents / exponents.sum(axis=-1, keepdims=True)
    return result


def _only(runtime: str, path: Path, found: Sequence[Any], what: str) -> Any:
    """Return the one input or output of a model; a file that is another's may have any number."""
    if len(found) != 1:
        raise BundleError(
            f"The model in '{path}', which {runtime} runs, has {len(found)} {what}. Expected one. "
            "Export the bundle again."
        )
    return found[0]


def _refused(runtime: str, path: Path, error: Exception) -> BundleError:
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return BundleError(
        f"{runtime} cannot run '{path}': {reason[0]:.300} Export the bundle again; if it stays, "
        "please report it as a bug of kerasport."
    )
