"""The smallest classifier that can be exported, for trying what runs bundles."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from kerasport.exporter.graph import Graph, Node
from kerasport.exporter.pipeline import ExportedBundle, export
from kerasport.exporter.readers import ReadModel

__all__ = ["export_smallest"]


def export_smallest(out: str | Path, *, also: Collection[str] = ()) -> ExportedBundle:
    """Export a classifier of six numbers, made without Keras: is a 4x4 picture red or blue?"""
    source = Node("pixels", "InputLayer", {"batch_shape": [None, 4, 4, 3], "dtype": "float32"})
    graph = Graph("smallest", {source.name: source}, source.name, source.name)
    graph.append(Node("scaling", "Rescaling", {"scale": 1 / 255, "offset": 0.0}))
    graph.append(Node("mean", "GlobalAveragePooling2D", {"keepdims": False}))
    kernel = np.array([[2, -1], [0, 1], [-1, 2]], np.float32)
    settings = {"units": 2, "activation": "softmax", "use_bias": False}
    graph.append(Node("answer", "Dense", settings, weights={"kernel": kernel}))
    return export(ReadModel("smallest", graph), out, class_names=["red", "blue"], also=also)
