"""What a path holds, told by its content; nothing is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from kerasport.bundle import MODEL_FILE
from kerasport.errors import ModelError

__all__ = ["ModelKind", "check_exists", "detect", "is_model_folder"]

ModelKind = Literal["hdf5", "keras", "layers-model", "saved-model"]

_READABLE = (
    "a .keras file, a whole-model .h5 file, a SavedModel folder of Keras 2, or the model.json of "
    "a TensorFlow.js layers model"
)
_FOREIGN = {
    ".onnx": "an ONNX model",
    ".pb": "a TensorFlow graph without layers",
    ".pt": "a PyTorch model",
    ".pth": "a PyTorch model",
    ".safetensors": "weights without a model",
    ".tflite": "a LiteRT (TensorFlow Lite) model, whose layers were dissolved into operations",
}


def is_model_folder(path: Path) -> bool:
    """Tell whether a folder is a model by itself, and not a run."""
    return (path / "saved_model.pb").is_file() or (path / MODEL_FILE).is_file()


def check_exists(path: Path) -> None:
    """Check that there is something at a path, before anything is asked of it.

    Raises:
        ModelError: there is nothing.
    """
    if not path.exists():
        raise ModelError(f"There is nothing at '{path}'. Expected a run, or {_READABLE}.")


def detect(path: Path) -> tuple[ModelKind, Path]:
    """Return what kind of model a path holds, and the file or folder to read.

    Raises:
        ModelError: there is nothing, or nothing that is read.
    """
    check_exists(path)
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise ModelError(f"'{path}' is neither a file nor a folder. Expected {_READABLE}.")
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "hdf5", path
    if head.startswith(b"PK\x03\x04"):
        return "keras", path
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "layers-model", path
    if path.name == "saved_model.pb":
        return "saved-model", path.parent
    what = _FOREIGN.get(path.suffix.lower())
    if head[4:8] == b"TFL3":
        what = _FOREIGN[".tflite"]
    if what:
        raise ModelError(f"'{path}' is {what}. Expected the Keras model it came from: {_READABLE}.")
    raise ModelError(
        f"'{path}' cannot be loaded as a Keras model: its {path.stat().st_size:,} bytes are of no "
        f"kind that is read, or damaged. Expected {_READABLE}."
    )


def _folder(path: Path) -> tuple[ModelKind, Path]:
    if (path / "saved_model.pb").is_file():
        return "saved-model", path
    if (path / MODEL_FILE).is_file():
        return "layers-model", path / MODEL_FILE
    inside = sorted(each.name for each in path.iterdir() if _looks_readable(each))
    hint = f" It holds {', '.join(map(repr, inside[:3]))}: give that path." if inside else ""
    raise ModelError(f"The folder '{path}' is no model. Expected {_READABLE}.{hint}")


def _looks_readable(path: Path) -> bool:
    if path.is_dir():
        return is_model_folder(path)
    return path.suffix.lower() in (".keras", ".h5", ".hdf5")
