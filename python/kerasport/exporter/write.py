"""Write a lowered graph as TensorFlow.js layers format: topology, weight manifest, shards."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerasport.bundle import MODEL_FILE
from kerasport.bundle.metadata import Interface
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.graph.topology import topology
from kerasport.exporter.stored_weight import StoredWeight, quantize_array
from kerasport.files import write_bytes, write_text

__all__ = ["MOST_SHARDS", "SHARD_BYTES", "write_model"]

SHARD_BYTES = 4 * 1024 * 1024
"""Least size of a weight file before the next one begins; the official converter's."""

MOST_SHARDS = 4
"""Weight files of a model, however large it is.

`tf.loadLayersModel` asks for all of them before it reads one. Browsers keep six connections to an
HTTP/1.1 server, and one whose answer is neither read nor may be cached stays taken: with more files
it would wait for ever where the server says `Cache-Control: no-store`.
"""


def write_model(
    graph: Graph,
    folder: Path,
    *,
    generated_by: str,
    interface: Interface | None = None,
    stored: Mapping[str, StoredWeight] | None = None,
    weights_file: str | None = None,
    model_class: str = "Functional",
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
        weights_file: the name of the one file that has all weights; shards by default.
        model_class: see `topology`.
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
    if weights_file is None:
        size = max(SHARD_BYTES, math.ceil(len(data) / MOST_SHARDS))
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        count = len(pieces)
        paths = [folder / f"group1-shard{number}of{count}.bin" for number in range(1, count + 1)]
    else:
        pieces, paths = [data], [folder / weights_file]
    for path, piece in zip(paths, pieces, strict=True):
        write_bytes(path, piece)
    model: dict[str, Any] = {
        "format": "layers-model",
        "generatedBy": generated_by,
        "convertedBy": None,
        "modelTopology": topology(graph, model_class=model_class),
        "weightsManifest": [{"paths": [path.name for path in paths], "weights": manifest}],
    }
    if interface is not None:
        model["userDefinedMetadata"] = {"kerasport": interface.to_dict()}
    # Without indentation: the topology of a small quantised model would outweigh its weights.
    text = json.dumps(
        model, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    write_text(folder / MODEL_FILE, text + "\n")
    return [folder / MODEL_FILE, *paths]
