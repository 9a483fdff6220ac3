"""What a model file says of itself before anything is loaded from it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import ModelError, missing_extra

__all__ = ["ArchiveHeader", "hdf5_arrays", "peek_archive", "peek_hdf5"]


class ArchiveHeader(NamedTuple):
    """The configuration in a file and the version of Keras that wrote it."""

    model_config: dict[str, Any]
    keras_version: str

    @property
    def keras_2(self) -> bool:
        return not self.keras_version.startswith("3")


def peek_archive(path: Path) -> ArchiveHeader:
    """Return what a `.keras` file says of itself.

    Raises:
        ModelError: the file is damaged, or a zip of something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "config.json" not in names:
                raise ModelError(
                    f"'{path}' is a zip file without a Keras model in it; it holds "
                    f"{', '.join(sorted(names)[:5])}. Unpack it and give what is inside: "
                    "model.json, keras_model.h5 or the SavedModel folder."
                )
            config = json.loads(archive.read("config.json"))
            version = "3"
            if "metadata.json" in names:
                version = str(json.loads(archive.read("metadata.json")).get("keras_version", "3"))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ModelError(
            f"'{path}' cannot be loaded as a Keras model: {error}. Expected a whole .keras file; "
            "copy or save it again."
        ) from None
    return ArchiveHeader(config, version)


def peek_hdf5(path: Path) -> ArchiveHeader:
    """Return what an HDF5 file says of itself.

    Raises:
        ModelError: the file is damaged, or holds weights only.
    """
    with _open_hdf5(path) as file:
        config = file.attrs.get("model_config")
        version = file.attrs.get("keras_version", b"2")
    if config is None:
        raise ModelError(
            f"'{path}' holds weights without a model. Expected a whole model. Build the model in "
            "Python, load the weights into it, and export it or save it with model.save()."
        )
    return ArchiveHeader(json.loads(_text(config)), _text(version))


def hdf5_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return the weights of a whole model by `layer/.../variable`."""
    arrays: dict[str, NDArray[np.generic]] = {}
    with _open_hdf5(path) as file:
        root = file["model_weights"]
        for layer in _names(root, "layer_names"):
            for name in _names(root[layer], "weight_names"):
                arrays[f"{layer}/{name.partition(':')[0]}"] = np.asarray(root[layer][name])
    return arrays


def _names(group: Any, attribute: str) -> list[str]:
    # A list too long for one attribute is cut into weight_names0, weight_names1 ...
    parts = [attribute] if attribute in group.attrs else []
    while f"{attribute}{len(parts)}" in group.attrs:
        parts.append(f"{attribute}{len(parts)}")
    return [_text(name) for part in parts for name in group.attrs[part]]


def _open_hdf5(path: Path) -> Any:
    try:
        import h5py
    except ModuleNotFoundError:
        raise missing_extra("train", "Reading an HDF5 file") from None
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise ModelError(
            f"'{path}' cannot be read as an HDF5 file: {error}. Copy or save it again."
        ) from None


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
