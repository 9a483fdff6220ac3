"""Write a lowered graph as TensorFlow.js layers format: topology, weight manifest, shards."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerasport.bundle.metadata import Interface
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.quantize.schemes import Stored, quantize_array
from kerasport.files import write_bytes, write_text

__all__ = ["MOST_SHARDS", "SHARD_BYTES", "topology", "write_model"]

SHARD_BYTES = 4 * 1024 * 1024
"""Least size of a weight file before the next one begins; the official converter's."""

MOST_SHARDS = 4
"""Weight files of a model, however large it is.

`tf.loadLayersModel` asks for all of them before it reads one. Browsers keep six connections to an
HTTP/1.1 server, and one whose answer is neither read nor may be cached stays taken: with more files
it would wait for ever where the server says `Cache-Control: no-store`.
"""


def topology(graph: Graph) -> dict[str, Any]:
    """Return the Keras 2 style configuration that TensorFlow.js reads."""
    layers: list[dict[str, Any]] = []
    for node in graph:
        sources: list[str] = []
        for source in node.inputs:
            if source in sources:
                # TensorFlow.js counts the readers of a tensor once each but every reading, so
                # that a layer that takes one tensor twice frees it for the layers behind it.
                source = _copy(source, number=len(sources), of=node.name, layers=layers)
            sources.append(source)
        layers.append(_layer(node.name, node.class_name, node.config, sources))
    return {
        # The version of Keras whose configuration format this is; Python readers ask for it.
        "keras_version": "2.15.0",
        "backend": "tensorflow",
        "model_config": {
            "class_name": "Functional",
            "config": {
                "name": graph.name,
                "trainable": False,
                "layers": layers,
                "input_layers": [[graph.input, 0, 0]],
                "output_layers": [[graph.output, 0, 0]],
            },
        },
    }


def _layer(
    name: str, class_name: str, config: Mapping[str, Any], sources: list[str]
) -> dict[str, Any]:
    return {
        "class_name": class_name,
        "name": name,
        "config": {**config, "name": name},
        "inbound_nodes": [[[source, 0, 0, {}] for source in sources]] if sources else [],
    }


def _copy(source: str, *, number: int, of: str, layers: list[dict[str, Any]]) -> str:
    name = f"{of}_copy_{number}"
    config = {"activation": "linear", "dtype": "float32", "trainable": False}
    layers.append(_layer(name, "Activation", config, [source]))
    return name


def write_model(
    graph: Graph,
    folder: Path,
    *,
    generated_by: str,
    interface: Interface | None = None,
    stored: Mapping[str, Stored] | None = None,
) -> list[Path]:
    """Write `model.json` and its shards into `folder`; return their paths.

    Weights are little-endian, concatenated in the order of the graph.

    Args:
        graph: the lowered graph.
        folder: where to write.
        generated_by: what wrote it, for the file.
        interface: what the model takes and gives; `tf.LayersModel.getUserDefinedMetadata()` has
            it as `kerasport`.
        stored: `layer/weight` -> how it is stored, as `quantize_graph` gives it; those that are
            not listed are stored as float32.
    """
    manifest: list[dict[str, Any]] = []
    blocks: list[bytes] = []
    for node in graph:
        for variable, array in node.weights.items():
            name = f"{node.name}/{variable}"
            weight = (stored or {}).get(name) or quantize_array(array, "float32")
            entry: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": "float32"}
            if weight.quantization is not None:
                entry["quantization"] = weight.quantization
            manifest.append(entry)
            blocks.append(weight.data.tobytes())
    data = b"".join(blocks)
    size = max(SHARD_BYTES, math.ceil(len(data) / MOST_SHARDS))
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    paths = [
        folder / f"group1-shard{number}of{len(pieces)}.bin" for number in range(1, len(pieces) + 1)
    ]
    for path, piece in zip(paths, pieces, strict=True):
        write_bytes(path, piece)
    model: dict[str, Any] = {
        "format": "layers-model",
        "generatedBy": generated_by,
        "convertedBy": None,
        "modelTopology": topology(graph),
        "weightsManifest": [{"paths": [path.name for path in paths], "weights": manifest}],
    }
    if interface is not None:
        model["userDefinedMetadata"] = {"kerasport": interface.to_dict()}
    # Without indentation: the topology of a small quantised model would outweigh its weights.
    text = json.dumps(
        model, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    write_text(folder / "model.json", text + "\n")
    return [folder / "model.json", *paths]
