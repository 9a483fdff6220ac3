"""Passes that leave the numbers and take away work. Each can be switched off by its name.

They work on lowered graphs, in place, and compute new weights in float64 before rounding once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import ExportError
from kerasport.exporter.graph import Graph, Node

__all__ = ["PASSES", "Saving", "optimise"]

FUSED = ("relu", "elu")
"""Activations that TensorFlow.js computes inside the kernel of a convolution or dense layer."""


@dataclass(frozen=True)
class Saving:
    """What the passes took away: layers and weight values before and after."""

    layers_before: int
    layers_after: int
    parameters_before: int
    parameters_after: int


def optimise(graph: Graph, *, without: Collection[str] = ()) -> Saving:
    """Run all passes but those named in `without`, in place; return what was saved.

    Raises:
        ExportError: `without` names a pass that does not exist.
    """
    unknown = sorted(set(without) - set(PASSES))
    if unknown:
        raise ExportError(
            f"There is no pass {', '.join(map(repr, unknown))}. Passes: {', '.join(PASSES)}."
        )
    layers, parameters = len(graph.nodes), graph.count_parameters()
    for name, run in PASSES.items():
        if name not in without:
            run(graph)
    return Saving(layers, len(graph.nodes), parameters, graph.count_parameters())


def _consumers(graph: Graph, name: str) -> list[Node]:
    return [node for node in graph if name in node.inputs]


def _only_consumer_of(graph: Graph, node: Node) -> Node | None:
    """Return the node that alone reads this one's single input, which is not the output."""
    if len(node.inputs) != 1 or node.inputs[0] == graph.output:
        return None
    source = graph.nodes[node.inputs[0]]
    return source if len(_consumers(graph, source.name)) == 1 else None


def _remove(graph: Graph, node: Node) -> None:
    """Take a node with one input out; its readers read its input instead."""
    (source,) = node.inputs
    for reader in _consumers(graph, node.name):
        reader.inputs = [source if name == node.name else name for name in reader.inputs]
    if graph.output == node.name:
        graph.output = source
    del graph.nodes[node.name]


def _fold_batch_normalization(graph: Graph) -> None:
    """Multiply a normalisation into the linear layer before it."""
    for node in list(graph):
        if node.class_name != "BatchNormalization":
            continue
        source = _only_consumer_of(graph, node)
        if source is None or source.config.get("activation") != "linear":
            continue
        scale_kernel = _KERNELS.get(source.class_name)
        if scale_kernel is None:
            continue
        factor, offset = _affine(node)
        key = "depthwise_kernel" if source.class_name == "DepthwiseConv2D" else "kernel"
        kernel = scale_kernel(source.weights[key].astype(np.float64), factor)
        bias = source.weights.get("bias", np.zeros_like(factor)).astype(np.float64)
        source.weights = {
            key: kernel.astype(np.float32),
            "bias": (bias * factor + offset).astype(np.float32),
        }
        source.config["use_bias"] = True
        _remove(graph, node)


def _affine(node: Node) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return factor and offset per channel of a normalisation in inference."""
    weights = {name: array.astype(np.float64) for name, array in node.weights.items()}
    factor = 1 / np.sqrt(weights["moving_variance"] + node.config["epsilon"])
    factor = factor * weights.get("gamma", 1.0)
    return factor, weights.get("beta", 0.0) - weights["moving_mean"] * factor


def _scale_depthwise(
    kernel: NDArray[np.float64], factor: NDArray[np.float64]
) -> NDArray[np.float64]:
    # Output channel c * multiplier + m belongs to kernel[:, :, c, m].
    return kernel * factor.reshape(kernel.shape[2:])


_KERNELS: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]] = {
    "Conv2D": lambda kernel, factor: kernel * factor,
    "Conv2DTranspose": lambda kernel, factor: kernel * factor[:, None],
    "Dense": lambda kernel, factor: kernel * factor,
    "DepthwiseConv2D": _scale_depthwise,
}


def _fuse_activations(graph: Graph) -> None:
    """Write an activation into the layer before it where TensorFlow.js computes both at once.

    Others stay layers of their own: as an attribute that is not fused they were measured to be
    slower than as a layer.
    """
    for node in list(graph):
        name = _activation_of(node)
        if name not in FUSED:
            continue
        source = _only_consumer_of(graph, node)
        if source is None or source.class_name not in ("Conv2D", "Dense"):
            continue
        if source.config["activation"] == "linear":
            source.config["activation"] = name
            _remove(graph, node)


def _activation_of(node: Node) -> str | None:
    if node.class_name == "ReLU":
        return "relu" if node.config.get("max_value") is None else None
    return node.config["activation"] if node.class_name == "Activation" else None


def _merge_rescaling(graph: Graph) -> None:
    """Make one of two scalings in a row, but leave the model's own scaling of its input alone."""
    for node in list(graph):
        if node.class_name != "Rescaling":
            continue
        source = _only_consumer_of(graph, node)
        if source is None or source.class_name != "Rescaling" or graph.input in source.inputs:
            continue
        first, second = (
            [np.asarray(each.config[key], np.float64) for key in ("scale", "offset")]
            for each in (source, node)
        )
        node.config["scale"] = (first[0] * second[0]).tolist()
        node.config["offset"] = (first[1] * second[0] + second[1]).tolist()
        _remove(graph, source)


PASSES: dict[str, Callable[[Graph], None]] = {
    "merge-rescaling": _merge_rescaling,
    "fold-batch-normalization": _fold_batch_normalization,
    "fuse-activations": _fuse_activations,
}
"""Name -> pass, in the order in which they run."""
