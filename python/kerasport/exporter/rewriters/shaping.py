"""Layers that move values about: input, flattening, reshaping, padding, cropping, enlarging."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.graph import Node
from kerasport.exporter.rewriters.builder import Builder, Unsupported, rewrites
from kerasport.exporter.rewriters.settings import channels_last, pair


@rewrites("InputLayer")
def _input(node: Node, build: Builder) -> str:
    shape = node.config.get("batch_shape") or node.config.get("batch_input_shape")
    if shape is None or len(shape) != 4 or any(side is None for side in shape[1:]):
        raise Unsupported(
            f"its shape is {shape}, not [None, height, width, channels] in whole numbers",
            "give the model an input of fixed size: keras.Input(shape=(224, 224, 3))",
        )
    config = {"batch_input_shape": [None, *map(int, shape[1:])], "sparse": False}
    return build.layer("InputLayer", config)


@rewrites("Identity")
def _identity(node: Node, build: Builder) -> str:
    return build.inputs[0]


@rewrites("Flatten")
def _flatten(node: Node, build: Builder) -> str:
    return build.layer("Flatten", channels_last(node))


@rewrites("Reshape")
def _reshape(node: Node, build: Builder) -> str:
    target = [int(side) for side in node.config["target_shape"]]
    if -1 in target:
        rest = math.prod(side for side in target if side != -1)
        target[target.index(-1)] = math.prod(build.shape()) // rest
    return build.layer("Reshape", {"target_shape": target})


@rewrites("Permute")
def _permute(node: Node, build: Builder) -> str:
    return build.layer("Permute", {"dims": [int(axis) for axis in node.config["dims"]]})


@rewrites("ZeroPadding2D", "Cropping2D")
def _frame(node: Node, build: Builder) -> str:
    key = "padding" if node.class_name == "ZeroPadding2D" else "cropping"
    value = node.config[key]
    value = [value, value] if isinstance(value, int) else list(value)
    sides = [pair(side) for side in value]
    return build.layer(node.class_name, {key: sides, **channels_last(node)})


@rewrites("UpSampling2D")
def _upsampling(node: Node, build: Builder) -> str:
    layout = channels_last(node)
    factors = pair(node.config["size"])
    method = str(node.config.get("interpolation", "nearest"))
    if method == "nearest":
        config = {"size": factors, "interpolation": "nearest", **layout}
        return build.layer("UpSampling2D", config)
    if method != "bilinear":
        raise Unsupported(f"its interpolation is {method!r}", "use 'nearest' or 'bilinear'")
    # TensorFlow.js enlarges with its legacy corners. Along one side the enlargement is a matrix,
    # and a Dense layer multiplies its last axis by a matrix: columns first, then rows.
    height, width, _ = build.shape()
    columns = build.layer("Permute", {"dims": [1, 3, 2]}, suffix="columns_last")
    wide = _multiplied(build, columns, _bilinear(width, factors[1]), "wide")
    rows = build.layer("Permute", {"dims": [3, 2, 1]}, inputs=wide, suffix="rows_last")
    tall = _multiplied(build, rows, _bilinear(height, factors[0]), "tall")
    return build.layer("Permute", {"dims": [3, 1, 2]}, inputs=tall)


def _multiplied(build: Builder, source: str, matrix: NDArray[np.float32], suffix: str) -> str:
    config = {"units": matrix.shape[1], "use_bias": False, "activation": "linear"}
    return build.layer("Dense", config, inputs=source, weights={"kernel": matrix}, suffix=suffix)


def _bilinear(size: int, factor: int) -> NDArray[np.float32]:
    """Return the `[size, size * factor]` matrix of bilinear enlargement with half-pixel centres."""
    matrix = np.zeros((size, size * factor), np.float32)
    for target in range(size * factor):
        position = (target + 0.5) / factor - 0.5
        low = math.floor(position)
        share = position - low
        # Positions outside the picture take its edge.
        matrix[min(max(low, 0), size - 1), target] += 1 - share
        matrix[min(max(low + 1, 0), size - 1), target] += share
    return matrix
