"""Write a lowered graph as TensorFlow.js layers format: topology, weight manifest, shards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kerasport.exporter.graph import Graph
from kerasport.files import write_bytes, write_json

__all__ = ["SHARD_BYTES", "topology", "write_model"]

SHARD_BYTES = 4 * 1024 * 1024
"""Size of a weight file; the official converter's, small enough for browsers' caches."""


def topology(graph: Graph) -> dict[str, Any]:
    """Return the Keras 2 style configuration that TensorFlow.js reads."""
    layers: list[dict[str, Any]] = [
        {
            "class_name": node.class_name,
            "name": node.name,
            "config": {**node.config, "name": node.name},
            "inbound_nodes": [[[source, 0, 0, {}] for source in node.inputs]]
            if node.inputs
            else [],
        }
        for node in graph
    ]
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


def write_model(graph: Graph, folder: Path, *, generated_by: str) -> list[Path]:
    """Write `model.json` and its shards into `folder`; return their paths.

    All weights become little-endian float32, concatenated in the order of the graph.
    """
    manifest: list[dict[str, Any]] = []
    blocks: list[bytes] = []
    for node in graph:
        for name, array in node.weights.items():
            manifest.append(
                {"name": f"{node.name}/{name}", "shape": list(array.shape), "dtype": "float32"}
            )
            blocks.append(np.ascontiguousarray(array, dtype="<f4").tobytes())
    data = b"".join(blocks)
    pieces = [data[start : start + SHARD_BYTES] for start in range(0, len(data), SHARD_BYTES)]
    paths = [
        folder / f"group1-shard{number}of{len(pieces)}.bin" for number in range(1, len(pieces) + 1)
    ]
    for path, piece in zip(paths, pieces, strict=True):
        write_bytes(path, piece)
    model = {
        "format": "layers-model",
        "generatedBy": generated_by,
        "convertedBy": None,
        "modelTopology": topology(graph),
        "weightsManifest": [{"paths": [path.name for path in paths], "weights": manifest}],
    }
    write_json(folder / "model.json", model)
    return [folder / "model.json", *paths]
