"""Files that hold a configuration: archives, HDF5, layers models, SavedModels."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from support.hostile.configurations import legacy
from support.hostile.corpus import Arrays, Json, Place

WEIGHTS: Arrays = {
    "layers/dense/vars/0": np.ones((48, 2), np.float32),
    "layers/dense/vars/1": np.zeros(2, np.float32),
}


def hdf5_bytes(arrays: Arrays) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return stream.getvalue()


def archive(
    place: Place,
    config: Any,
    weights: bytes | None = None,
    *,
    version: str = "3.15.1",
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    path = place.folder / "model.keras"
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("metadata.json", json.dumps({"keras_version": version}))
        file.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        file.writestr("model.weights.h5", hdf5_bytes(WEIGHTS) if weights is None else weights)
    return path


def whole_hdf5(place: Place, config: Any, *, version: str = "2.15.0", **options: Any) -> Path:
    path = place.folder / "model.h5"
    with h5py.File(path, "w", **options) as file:
        file.attrs["keras_version"] = version
        file.attrs["model_config"] = json.dumps(config)
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [b"dense"]
        group = root.create_group("dense")
        group.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
        group["dense/kernel:0"] = np.ones((48, 2), np.float32)
        group["dense/bias:0"] = np.zeros(2, np.float32)
    return path


def layers_model(place: Place, config: Any, **manifest: Any) -> Path:
    (place.folder / "weights.bin").write_bytes(bytes(4 * 98))
    weights = [
        {"name": "dense/kernel", "shape": [48, 2], "dtype": "float32"},
        {"name": "dense/bias", "shape": [2], "dtype": "float32"},
    ]
    content = {
        "modelTopology": {"keras_version": "2.15.0", "model_config": config},
        "weightsManifest": [{"paths": ["weights.bin"], "weights": weights, **manifest}],
    }
    path = place.folder / "model.json"
    path.write_text(json.dumps(content))
    return path


def field(number: int, value: int | str | bytes) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(value, int):
        return bytes([number << 3]) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2]) + varint(len(data)) + data


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def saved_model(
    place: Place, metadata: str | None, *, identifier: str = "_tf_keras_sequential"
) -> Path:
    """A SavedModel folder whose graph names a file operation; it is never looked into."""
    folder = place.folder / "saved"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(
        field(1, 1) + field(2, field(2, b"WriteFile " + str(place.canary).encode()))
    )
    if metadata is not None:
        node = field(2, 0) + field(3, "root") + field(4, identifier) + field(5, metadata)
        (folder / "keras_metadata.pb").write_bytes(field(1, node))
    return folder


def in_saved_model(place: Place, config: Json) -> Path:
    return saved_model(place, json.dumps(legacy(config)))
