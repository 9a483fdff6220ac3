"""Read a TensorFlow.js layers model: topology, weight manifest, shards."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.weights import ManifestProblem, read_weights
from kerasport.errors import ModelError
from kerasport.exporter.containers import read_json
from kerasport.exporter.readers.detection import refuse_pointer
from kerasport.exporter.readers.stored_model import StoredModel, read_stored
from kerasport.exporter.readers.tensorflowjs_meaning import (
    as_tensorflowjs_computes,
    in_keras_spelling,
    refuse_other_axes,
)

__all__ = ["manifest_arrays", "read_layers_model", "read_model_json"]

_MAX_SHARDS, _MAX_MENTIONS = 10_000, 8
"""Files of a manifest, and how often it may name each: converters name each once."""


def read_model_json(path: Path) -> dict[str, Any]:
    """Return the content of a `model.json` of layers format.

    Raises:
        ModelError: it is not JSON, or holds something else, such as a graph model.
    """
    content: Any = read_json(path, expected="the model.json of a layers model")
    topology = content.get("modelTopology") if isinstance(content, dict) else None
    if not isinstance(topology, dict):
        raise ModelError(
            f"'{path}' is not a TensorFlow.js model: it has no modelTopology. Expected the "
            "model.json of a layers model."
        )
    if content.get("format") == "graph-model" or "node" in topology:
        raise ModelError(
            f"'{path}' is a TensorFlow.js graph model: its layers were dissolved into operations "
            "when it was converted. Expected a layers model; export the Keras model it came from."
        )
    # TensorFlow.js itself writes the configuration without the outer "model_config".
    config = in_keras_spelling(topology.get("model_config", topology))
    if not isinstance(config, dict) or "class_name" not in config or config.get("config") is None:
        raise ModelError(
            f"'{path}' holds no Keras model configuration. Expected modelTopology.model_config "
            "with class_name and config."
        )
    if not isinstance(content.get("weightsManifest"), list):
        raise ModelError(
            f"'{path}' names no weights. Expected a weightsManifest with the files beside it."
        )
    found: dict[str, Any] = content
    return found


def read_layers_model(path: Path) -> StoredModel:
    """Return the model in a `model.json` with its shards beside it, whoever wrote it."""
    content = read_model_json(path)
    topology = content["modelTopology"]
    version = str(topology.get("keras_version", ""))
    config = in_keras_spelling(topology.get("model_config", topology))
    if version.startswith("tfjs"):
        config = as_tensorflowjs_computes(config)
    model = read_stored(
        config,
        manifest_arrays(path.parent, content["weightsManifest"]),
        keras_2=not version.startswith("3"),
    )
    if version.startswith("tfjs"):
        refuse_other_axes(model.graph)
    return model


def manifest_arrays(folder: Path, manifest: Any) -> dict[str, NDArray[np.generic]]:
    """Return all weights by name, as float32 where they are stored in fewer bits.

    Raises:
        ModelError: a file is missing, outside `folder` or too short, or a type is not known.
    """
    read: dict[str, int] = {}

    def shard(name: str) -> bytes:
        # A manifest of a few bytes could name one file a million times.
        read[name] = read.get(name, 0) + 1
        if read[name] > _MAX_MENTIONS or len(read) > _MAX_SHARDS:
            raise ManifestProblem(
                f"The weightsManifest names {name!r:.200} again and again, or more than "
                f"{_MAX_SHARDS:,} files."
            )
        return _shard(folder, name)

    try:
        return read_weights(manifest, shard)
    except ManifestProblem as problem:
        raise ModelError(
            f"The weights in '{folder}' cannot be read. {problem} Copy all files again, or convert "
            "the model again."
        ) from None


def _shard(folder: Path, name: str) -> bytes:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name:
        raise ModelError(
            f"The weightsManifest names the file {name!r}, which is outside '{folder}'. Expected "
            "files beside model.json."
        )
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise ModelError(f"The weight file '{file}' is a link to a place outside '{folder}'.")
    try:
        refuse_pointer(file)
        return file.read_bytes()
    except OSError:
        raise ModelError(
            f"The weight file '{file}' is missing. Expected every file of the weightsManifest "
            "beside model.json; copy the whole folder."
        ) from None
