"""What each way of storing the weights costs: bytes, accuracy, agreement with float32.

    python benchmarks/quantization.py model.keras --images val --calibration train

takes a Keras model that scales its own input (or a run folder) and a folder of class folders. The
first rows are the official converter's types; then what each remedy against the loss of uint8 does.
The rows that keep BatchNormalization have more layers than the others, which run equally fast.
"""

from __future__ import annotations

import argparse
import gzip
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset import PixelCache, decode_dataset, read_labeled
from kerasport.exporter.answering.engines import KerasEngine, NumpyEngine
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.lowering import end_in_probabilities, lower
from kerasport.exporter.passes.optimize import optimize
from kerasport.exporter.quantize.schemes import Scheme, quantize_graph
from kerasport.exporter.readers import read_model
from kerasport.exporter.stored_weight import Kind
from kerasport.exporter.write import write_model
from kerasport.preprocess import ImageSpec

Means = Mapping[str, NDArray[np.float64]]


class EveryWeight(Scheme):
    """One type for all weights, as the official converter's --quantize_* options give."""

    def kind(self, node: Node, name: str) -> Kind:
        return self.kernels


@dataclass(frozen=True)
class Row:
    title: str
    scheme: Scheme
    corrected: bool = True
    unfolded: bool = False
    per_channel: bool = False


UINT8 = Scheme("uint8", "float16")
DEPTHWISE_16 = replace(UINT8, depthwise="uint16")
ROWS = [
    Row("float32", EveryWeight("float32", "float32")),
    Row("float16", Scheme("float16", "float16")),
    Row("uint16, biases float16, means corrected", Scheme("uint16", "float16")),
    Row("uint8, every weight", EveryWeight("uint8", "uint8"), False),
    Row("uint8, biases float16", UINT8, False),
    Row("uint8, BatchNormalization kept, every weight", EveryWeight("uint8", "uint8"), False, True),
    Row("uint8, BatchNormalization kept, its weights float16", UINT8, False, True),
    Row("uint8 per channel, scales in BatchNormalization", UINT8, False, True, True),
    Row("uint8, depthwise kernels uint16", DEPTHWISE_16, False),
    Row("uint8, means corrected", UINT8),
    Row("uint8, depthwise uint16, means corrected", DEPTHWISE_16),
    *(
        Row(
            f"uint8, depthwise uint16, noise limit {limit:g}, means corrected",
            replace(DEPTHWISE_16, noise_limit=limit),
        )
        for limit in (3e-3, 1e-3, 5e-4, 3e-4)
    ),
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="run folder or .keras file")
    parser.add_argument("--images", type=Path, required=True, help="class folders to measure on")
    parser.add_argument(
        "--calibration", type=Path, help="class folders for the means (default: the same)"
    )
    parser.add_argument("--cache", type=Path, help="folder for decoded pictures")
    options = parser.parse_args()

    path = options.model / "model.keras" if options.model.is_dir() else options.model
    model = read_model(path)
    height, width, channels = model.input_shape
    spec = ImageSpec(height=height, width=width, color_mode="rgb" if channels == 3 else "grayscale")
    pixels, truth = read(options.images, spec, options.cache)
    typical = pixels
    if options.calibration:
        typical, _ = read(options.calibration, spec, options.cache)
    typical = typical[:: -(-len(typical) // 64)]

    graphs: dict[tuple[bool, bool], tuple[Graph, KerasEngine, Means]] = {}
    exact: NDArray[np.float32] | None = None
    print(f"{len(pixels)} pictures, means from {len(typical)}")
    print("| weights | raw, kB | gzip, kB | accuracy | top-1 as float32 | largest difference |")
    print("|---|---|---|---|---|---|")
    for row in ROWS:
        key = (row.unfolded, row.per_channel)
        if key not in graphs:
            graph = lower(read_model(path).graph)
            end_in_probabilities(graph)
            if not row.unfolded:
                optimize(graph)
            if row.per_channel:
                scale_channels(graph)
            means = {}
            if not row.unfolded:
                means = NumpyEngine(graph, model.input_shape).runtime.input_means(typical)
            graphs[key] = graph, KerasEngine(graph), means
        graph, rebuilt, means = graphs[key]
        rounded, stored = quantize_graph(graph, row.scheme, means if row.corrected else None)
        rebuilt.load(rounded)
        answers = rebuilt.predict(pixels)
        exact = answers if exact is None else exact
        with tempfile.TemporaryDirectory() as folder:
            files = write_model(rounded, Path(folder), generated_by="", stored=stored)
            contents = [file.read_bytes() for file in files]
        packed = sum(len(gzip.compress(content, 9)) for content in contents)
        print(
            f"| {row.title} | {sum(map(len, contents)) / 1000:,.0f} | {packed / 1000:,.0f} "
            f"| {(answers.argmax(1) == truth).mean():.2%} "
            f"| {(answers.argmax(1) == exact.argmax(1)).mean():.2%} "
            f"| {np.abs(answers - exact).max():.3f} |",
            flush=True,
        )


def read(
    folder: Path, spec: ImageSpec, cache: Path | None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the pictures below class folders, uint8 `[n, h, w, c]`, and their classes."""
    names = tuple(sorted(child.name for child in folder.iterdir() if child.is_dir()))
    dataset = read_labeled(folder, class_names=names)
    decoded = decode_dataset(dataset, spec, cache=PixelCache.find(cache))
    return np.asarray(decoded.pixels), decoded.labels


def scale_channels(graph: Graph) -> None:
    """Give each output channel of a kernel the range 1; a normalisation behind it multiplies."""
    for node in graph:
        source = graph.nodes[node.inputs[0]] if node.inputs else node
        if node.class_name != "BatchNormalization":
            continue
        name = {"Conv2D": "kernel", "DepthwiseConv2D": "depthwise_kernel"}.get(source.class_name)
        if name is None:
            continue
        kernel = source.weights[name].astype(np.float64)
        axes = (0, 1) if name == "depthwise_kernel" else (0, 1, 2)
        size = np.maximum(np.abs(kernel).max(axis=axes, keepdims=True), 1e-12)
        source.weights[name] = (kernel / size).astype(np.float32)
        old = {key: array.astype(np.float64) for key, array in node.weights.items()}
        factor = old.get("gamma", 1.0) / np.sqrt(old["moving_variance"] + node.config["epsilon"])
        offset = old.get("beta", 0.0) - old["moving_mean"] * factor
        node.config.update(center=True, scale=True)
        values = {
            "gamma": factor * size.reshape(-1),
            "beta": offset,
            "moving_mean": np.zeros_like(offset),
            "moving_variance": np.full_like(offset, 1 - node.config["epsilon"]),
        }
        node.weights = {key: array.astype(np.float32) for key, array in values.items()}


if __name__ == "__main__":
    main()
