"""Attention and products of tensors: `Dot`, `Dense` and `Softmax`, head by head."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.formulas import append_dense
from kerasport.exporter.lowering.layers.activations import append_activation, name_of
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

__all__ = ["append_product"]

rewrites = Rewriters()


def append_product(build: Builder, first: str, second: str, axes: tuple[int, int]) -> str:
    """Multiply and sum over one axis of each of two matrices; axes count the batch, from 1."""
    config = {"axes": list(axes), "normalize": False}
    return build.append("Dot", config, inputs=[first, second], suffix="dot")


@rewrites("Dot")
def _dot(node: Node, build: Builder) -> str:
    axes = node.config["axes"]
    pair = [axes, axes] if isinstance(axes, int) else list(axes)
    shapes = [build.shape(name) for name in build.inputs]
    if any(len(shape) > 2 for shape in shapes):
        raise Unsupported(
            "TensorFlow.js multiplies vectors and matrices only",
            "bring its inputs to [places, channels] with Reshape",
        )
    if node.config.get("normalize"):
        raise Unsupported("its normalize is on", "put UnitNormalization layers before it")
    # A vector is a matrix of one row.
    matrices, places = [], []
    for name, shape, axis in zip(build.inputs, shapes, pair, strict=True):
        axis = axis if axis >= 0 else len(shape) + 1 + axis
        matrices.append(build.reshape(name, (1, *shape) if len(shape) == 1 else shape))
        places.append(axis + 1 if len(shape) == 1 else axis)
    product = append_product(build, matrices[0], matrices[1], (places[0], places[1]))
    left = [
        side for i, side in enumerate(shapes[0], start=1) if len(shapes[0]) == 1 or i != places[0]
    ]
    right = [
        side for i, side in enumerate(shapes[1], start=1) if len(shapes[1]) == 1 or i != places[1]
    ]
    kept = [*(left if len(shapes[0]) == 2 else []), *(right if len(shapes[1]) == 2 else [])]
    return build.reshape(product, kept or [1])


def _attended(build: Builder, scores: str, value: str) -> str:
    shares = build.append("Softmax", {"axis": -1}, inputs=scores, suffix="shares")
    return append_product(build, shares, value, (2, 1))


def _matrices(build: Builder, node: Node) -> tuple[str, str, str]:
    """Return query, key and value, which Keras calls in the order query, value, key."""
    if any(len(build.shape(name)) != 2 for name in build.inputs) or len(build.inputs) > 3:
        raise Unsupported(
            "its inputs are not [places, channels]", "bring them to that shape with Reshape"
        )
    query, *others = build.inputs
    value = others[0] if others else query
    return query, others[1] if len(others) > 1 else value, value


@rewrites("Attention")
def _attention(node: Node, build: Builder) -> str:
    query, key, value = _matrices(build, node)
    if node.config.get("score_mode", "dot") != "dot":
        return _attended(build, _concatenated_scores(node, build, query, key), value)
    if "scale" in node.weights:
        query = build.multiply_constant(query, node.weights["scale"])
    return _attended(build, append_product(build, query, key, (2, 2)), value)


@rewrites("AdditiveAttention")
def _additive_attention(node: Node, build: Builder) -> str:
    query, key, value = _matrices(build, node)
    return _attended(build, _concatenated_scores(node, build, query, key), value)


def _concatenated_scores(node: Node, build: Builder, query: str, key: str) -> str:
    (rows, depth), (columns, _) = build.shape(query), build.shape(key)
    pairs = build.add(
        build.reshape(query, (rows, 1, depth)),
        build.reshape(key, (1, columns, depth)),
    )
    scale = np.asarray(node.weights.get("scale", 1.0))
    if node.class_name == "Attention":
        pairs = build.multiply_constant(pairs, scale)
        scale = np.asarray(node.weights["concat_score_weight"])
    tanh = append_activation(build, pairs, "tanh", suffix="tanh")
    kernel = np.broadcast_to(scale, (depth,)).reshape(depth, 1)
    return build.reshape(append_dense(build, tanh, kernel), (rows, columns))


@rewrites("MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention")
def _multi_head_attention(node: Node, build: Builder) -> str:
    config = node.config
    for name in ("use_gate", "sliding_window"):
        if config.get(name):
            raise Unsupported(f"its {name} is on", f"leave {name} out")
    if config.get("attention_axes") not in (None, [1], (1,), 1):
        raise Unsupported(
            f"its attention_axes are {config['attention_axes']}", "leave attention_axes out"
        )
    query, key, value = _matrices(build, node)
    kernels = {
        name: np.asarray(node.weights[f"{name}/kernel"], np.float64)
        for name in ("query", "key", "value")
    }
    biases: dict[str, Any] = {name: node.weights.get(f"{name}/bias") for name in kernels}
    _, heads, depth = kernels["query"].shape
    repeats = heads // kernels["key"].shape[1]
    sources = {"query": query, "key": key, "value": value}
    made: dict[tuple[str, int], str] = {}

    def projected(name: str, head: int) -> str:
        if (name, head) not in made:
            # 1 / sqrt(depth) of the scores goes into the query.
            factor = 1 / math.sqrt(depth) if name == "query" else 1.0
            bias = biases[name]
            made[name, head] = append_dense(
                build,
                sources[name],
                kernels[name][:, head] * factor,
                None if bias is None else bias[head] * factor,
            )
        return made[name, head]

    outputs = []
    for head in range(heads):
        group = head // repeats
        scores = append_product(build, projected("query", head), projected("key", group), (2, 2))
        outputs.append(_attended(build, scores, projected("value", group)))
    together = outputs[0]
    if heads > 1:
        together = build.append("Concatenate", {"axis": -1}, inputs=outputs, suffix="heads")
    kernel = node.weights["attention_output/kernel"]
    bias = node.weights.get("attention_output/bias")
    size = kernel.shape[0] * kernel.shape[1]
    return append_dense(build, together, kernel.reshape(size, -1), bias)


@rewrites("EinsumDense")
def _einsum_dense(node: Node, build: Builder) -> str:
    equation = str(node.config["equation"]).replace(" ", "")
    terms, output = equation.split("->")
    source_labels, kernel_labels = terms.split(",")
    shape = build.shape()
    if "..." in equation:
        free = "0123456789"[: len(shape) + 1 - len(source_labels.replace("...", ""))]
        source_labels = source_labels.replace("...", free)
        output = output.replace("...", free)
    summed = [label for label in source_labels if label in kernel_labels and label not in output]
    kept = [label for label in source_labels if label not in kernel_labels]
    new = [label for label in kernel_labels if label in output and label not in source_labels]
    batch = source_labels[0]
    if (
        kept[:1] != [batch]
        or output[0] != batch
        or len(summed) + len(kept) != len(source_labels)
        or len(summed) + len(new) != len(kernel_labels)
        or sorted(kept + new) != sorted(output)
    ):
        raise Unsupported(
            f"its equation {node.config['equation']!r} is not a product of a matrix with some "
            "axes of the input",
            "use Dense, or an equation such as 'abc,cd->abd'",
        )
    sides = dict(zip(source_labels[1:], shape, strict=True))
    kernel = node.weights["kernel"]
    sides |= dict(zip(kernel_labels, kernel.shape, strict=True))
    order = [source_labels.index(label) - 1 for label in [*kept[1:], *summed]]
    source = build.permute(build.inputs[0], order)
    lengths = [sides[label] for label in summed]
    source = build.reshape(source, [*(sides[label] for label in kept[1:]), math.prod(lengths)])
    matrix = kernel.transpose([kernel_labels.index(label) for label in [*summed, *new]])
    product = append_dense(build, source, matrix.reshape(math.prod(lengths), -1))
    present = [*kept[1:], *new]
    apart = build.reshape(product, [sides[label] for label in present])
    result = build.permute(apart, [present.index(label) for label in output[1:]])
    if "bias" in node.weights:
        result = build.add_constant(result, np.asarray(node.weights["bias"]))
    name = name_of(node.config.get("activation"))
    if name == "linear":
        return result
    return append_activation(build, result, name, suffix="activation")
