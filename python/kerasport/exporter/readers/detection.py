"""What a path holds, told by its content; nothing is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from kerasport.bundle import MODEL_FILE
from kerasport.errors import ModelError
from kerasport.files import put_back

__all__ = ["ModelKind", "check_exists", "detect", "is_model_folder", "refuse_pointer"]

ModelKind = Literal["architecture", "hdf5", "keras", "layers-model", "saved-model"]

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
    names = ("saved_model.pb", MODEL_FILE)
    return any((path / name).is_file() for name in names) or _is_unzipped(path)


def _is_unzipped(path: Path) -> bool:
    """Tell whether a folder holds what is in a `.keras` file."""
    return all((path / name).is_file() for name in ("config.json", "model.weights.h5"))


def refuse_pointer(path: Path) -> None:
    """Refuse what stands in a file's place where a download left the file itself out.

    Raises:
        ModelError: it is a pointer of Git LFS, or a web page.
    """
    with path.open("rb") as file:
        head = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"version https://git-lfs"):
        raise ModelError(
            f"'{path}' is a pointer of Git LFS, and the file itself was not downloaded. Run "
            "`git lfs install` and `git lfs pull` in its repository, or download the file from "
            "the repository's web page."
        )
    if head.startswith((b"<!doctype", b"<html")):
        raise ModelError(
            f"'{path}' is a web page, not a model: the download gave the page about the file. "
            "Download the file itself, by the link named 'raw' or 'download'."
        )


def check_exists(path: Path) -> None:
    """Check that there is something at a path, before anything is asked of it.

    Raises:
        ModelError: there is nothing.
    """
    put_back(path)
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
    refuse_pointer(path)
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "hdf5", path
    if head.startswith(b"PK\x03\x04"):
        return "keras", path
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _json_kind(path, head), path
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


def _json_kind(path: Path, head: bytes) -> ModelKind:
    """Tell the JSON of `model.to_json()`, or of an unzipped `.keras`, from TensorFlow.js' own."""
    if path.name == "config.json" and _is_unzipped(path.parent):
        return "architecture"
    keys = (b'"modelTopology"', b'"weightsManifest"', b'"format"')
    if b'"class_name"' in head and not any(key in head for key in keys):
        return "architecture"
    return "layers-model"


def _folder(path: Path) -> tuple[ModelKind, Path]:
    if (path / "saved_model.pb").is_file():
        return "saved-model", path
    if (path / MODEL_FILE).is_file():
        return detect(path / MODEL_FILE)
    if _is_unzipped(path):
        return "architecture", path / "config.json"
    inside = sorted(each.name for each in path.iterdir() if _looks_readable(each))
    hint = f" It holds {', '.join(map(repr, inside[:3]))}: give that path." if inside else ""
    raise ModelError(f"The folder '{path}' is no model. Expected {_READABLE}.{hint}")


def _looks_readable(path: Path) -> bool:
    if path.is_dir():
        return is_model_folder(path)
    return path.suffix.lower() in (".keras", ".h5", ".hdf5")
