"""Store weights in fewer bits, as TensorFlow.js reads them: float16, or affine uint16 and uint8.

TensorFlow.js turns them back into float32 while it loads, so a quantised model is a smaller
download, not a faster one. One scale serves a whole tensor. Where the channels of a kernel have
very different ranges, as depthwise kernels have after a normalisation was folded into them, the
small channels get too few steps; uint8 gives such kernels 16 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.graph.graph import Graph, Node, Weights
from kerasport.exporter.stored_weight import Kind, StoredWeight, quantize_array

__all__ = [
    "SCHEMES",
    "Scheme",
    "quantize_graph",
    "rounding_noise",
]

_SMALLEST = 64
"""Weights with fewer values stay float32: their entry in the manifest would outweigh the saving."""

_LARGEST_FLOAT16 = 65504.0


@dataclass(frozen=True)
class Scheme:
    """Which type each weight gets.

    Attributes:
        kernels: type of the kernels of convolutions and dense layers.
        vectors: type of all other weights, biases above all.
        depthwise: type of depthwise kernels; that of the other kernels where None.
        noise_limit: other kernels whose `rounding_noise` in uint8 is larger get uint16.
    """

    kernels: Kind
    vectors: Kind
    depthwise: Kind | None = None
    noise_limit: float | None = None

    def kind(self, node: Node, name: str) -> Kind:
        """Return the type for one weight of a layer."""
        array = node.weights[name]
        if array.size < _SMALLEST or name == "moving_variance":
            # A variance is divided by, so that a small one needs all its digits.
            return "float32"
        if not name.endswith("kernel"):
            kind = self.vectors
        elif name == "depthwise_kernel" and self.depthwise is not None:
            kind = self.depthwise
        elif self.noise_limit is None or self.kernels != "uint8":
            kind = self.kernels
        else:
            kind = "uint8" if rounding_noise(node, name) <= self.noise_limit else "uint16"
        if kind == "float16" and np.abs(array).max() > _LARGEST_FLOAT16:
            return "float32"
        return kind


SCHEMES: dict[str, Scheme] = {
    "float32": Scheme("float32", "float32"),
    "float16": Scheme("float16", "float16"),
    "uint16": Scheme("uint16", "float16"),
    "uint8": Scheme("uint8", "float16", depthwise="uint16", noise_limit=1e-2),
}
"""Name -> scheme that can be asked for.

A bias adds its error to every pixel, so it never gets 8 bits. Depthwise kernels are few values,
sum few values and have channels of very different sizes: they lose most and cost least (measured in
benchmarks/quantization.py).
"""


def rounding_noise(node: Node, name: str) -> float:
    """Return what uint8 would do to a kernel: squared error over squared values, 0 to 1.

    It is taken for each output channel and averaged, because a following normalisation or
    activation sees each channel by itself.
    """
    exact = node.weights[name].astype(np.float64)
    error = quantize_array(node.weights[name], "uint8").values() - exact
    axes = _axes_into_output(node, exact.ndim)
    power = np.square(exact).sum(axis=axes)
    noise = np.square(error).sum(axis=axes)
    return float(np.mean(np.divide(noise, power, out=np.zeros_like(noise), where=power > 0)))


def _axes_into_output(node: Node, dimensions: int) -> tuple[int, ...]:
    """Return the axes of a kernel that are summed for one output channel."""
    if node.class_name == "DepthwiseConv2D":
        return 0, 1
    if node.class_name == "Conv2DTranspose":
        return 0, 1, 3
    return tuple(range(dimensions - 1))


def quantize_graph(
    graph: Graph,
    scheme: Scheme,
    input_means: Mapping[str, NDArray[np.float64]] | None = None,
) -> tuple[Graph, dict[str, StoredWeight]]:
    """Return the graph with the values that will be computed with, and what is stored.

    Args:
        graph: the lowered, optimized graph; it is not changed.
        scheme: which type each weight gets.
        input_means: layer -> mean of its input per channel on typical pictures, float64
            `[channels]`. With it the rounding of a kernel is kept from shifting the mean of the
            layer's output: the shift is taken off its bias (Nagel et al. 2019, section 4.2; the
            borders of padded pictures are counted as if there was more picture).

    Returns:
        The new graph, and `layer/weight` -> stored weight in the order of the graph.
    """
    stored: dict[str, StoredWeight] = {}
    nodes = {}
    for node in graph:
        weights: Weights = {}
        shift: NDArray[np.float64] | None = None
        for name in node.weights:
            array = node.weights[name]
            kind = scheme.kind(node, name)
            if name == "bias" and shift is not None:
                array = array.astype(np.float64) - shift
            entry = quantize_array(array, kind)
            stored[f"{node.name}/{name}"] = entry
            weights[name] = entry.values()
            if name.endswith("kernel") and input_means is not None:
                shift = _mean_shift(node, weights[name] - array.astype(np.float64), input_means)
        nodes[node.name] = replace(node, weights=weights)
    return Graph(graph.name, nodes, graph.input, graph.output), stored


def _mean_shift(
    node: Node, error: NDArray[np.float64], input_means: Mapping[str, NDArray[np.float64]]
) -> NDArray[np.float64] | None:
    """Return by how much a kernel's error shifts the mean of each output channel."""
    means = input_means.get(node.name)
    if means is None or node.class_name not in ("Conv2D", "Dense", "DepthwiseConv2D"):
        return None
    if node.class_name == "DepthwiseConv2D":
        shift: NDArray[np.float64] = (error.sum(axis=(0, 1)) * means[:, None]).reshape(-1)
    else:
        shift = means @ error.sum(axis=tuple(range(error.ndim - 2)))
    return shift
