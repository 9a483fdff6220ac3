"""Layers that move values about: input, flattening, reshaping, padding, cropping, enlarging."""

from __future__ import annotations

import math

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.configuration import channels_last, pair
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

rewrites = Rewriters()


@rewrites("InputLayer")
def _input(node: Node, build: Builder) -> str:
    shape = node.config.get("batch_shape") or node.config.get("batch_input_shape")
    if shape is None or len(shape) != 4 or any(side is None for side in shape[1:]):
        raise Unsupported(
            f"its shape is {shape}, not [None, height, width, channels] in whole numbers",
            "give the model an input of fixed size: keras.Input(shape=(224, 224, 3))",
        )
    config = {"batch_input_shape": [None, *map(int, shape[1:])], "sparse": False}
    return build.append("InputLayer", config)


@rewrites("Identity")
def _identity(node: Node, build: Builder) -> str:
    return build.inputs[0]


@rewrites("Flatten")
def _flatten(node: Node, build: Builder) -> str:
    return build.append("Flatten", channels_last(node))


@rewrites("Reshape")
def _reshape(node: Node, build: Builder) -> str:
    target = [int(side) for side in node.config["target_shape"]]
    if -1 in target:
        rest = math.prod(side for side in target if side != -1)
        target[target.index(-1)] = math.prod(build.shape()) // rest
    return build.append("Reshape", {"target_shape": target})


@rewrites("Permute")
def _permute(node: Node, build: Builder) -> str:
    return build.append("Permute", {"dims": [int(axis) for axis in node.config["dims"]]})


@rewrites("ZeroPadding2D", "Cropping2D")
def _frame(node: Node, build: Builder) -> str:
    key = "padding" if node.class_name == "ZeroPadding2D" else "cropping"
    value = node.config[key]
    value = [value, value] if isinstance(value, int) else list(value)
    sides = [pair(side) for side in value]
    return build.append(node.class_name, {key: sides, **channels_last(node)})


@rewrites("RepeatVector")
def _repeat_vector(node: Node, build: Builder) -> str:
    (side,) = build.shape()
    count = int(node.config["n"])
    row = build.reshape(build.inputs[0], (1, 1, side))
    config = {"size": [count, 1], "interpolation": "nearest", "data_format": "channels_last"}
    repeated = build.append("UpSampling2D", config, inputs=row, suffix="repeated")
    return build.reshape(repeated, (count, side))
