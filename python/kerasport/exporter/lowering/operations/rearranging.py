"""Operations that reduce, move, cut or join: `x[:, 1:5]`, `keras.ops.mean(x, [1, 2])` ..."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import REWRITERS, Builder, Unsupported, rewrites
from kerasport.exporter.lowering.configuration import pair
from kerasport.exporter.lowering.operations.arithmetic import constant_of
from kerasport.exporter.lowering.steps import (
    added,
    feature_axes,
    multiplied,
    negated,
    permuted,
    plus_constant,
    reduced,
    reshaped,
    sliced,
    taken,
)


def _axes(node: Node, build: Builder) -> list[int]:
    return feature_axes(node.config.get("axis"), len(build.shape()))


@rewrites("operation:Mean", "operation:Sum")
def _mean(node: Node, build: Builder) -> str:
    axes = _axes(node, build)
    keepdims = bool(node.config.get("keepdims"))
    mean = reduced(build, build.inputs[0], axes, "Average", keepdims=keepdims)
    if node.class_name == "operation:Mean":
        return mean
    return build.scaled(mean, math.prod(build.shape()[axis] for axis in axes), suffix="total")


@rewrites("operation:Max", "operation:Amax", "operation:Min", "operation:Amin")
def _maximum(node: Node, build: Builder) -> str:
    if node.config.get("initial") is not None:
        raise Unsupported("its initial value is set", "leave initial out")
    keepdims = bool(node.config.get("keepdims"))
    axes = _axes(node, build)
    if node.class_name in ("operation:Max", "operation:Amax"):
        return reduced(build, build.inputs[0], axes, "Max", keepdims=keepdims)
    opposite = negated(build, build.inputs[0])
    return negated(build, reduced(build, opposite, axes, "Max", keepdims=keepdims))


@rewrites("operation:Var")
def _variance(node: Node, build: Builder) -> str:
    source, axes = build.inputs[0], _axes(node, build)
    mean = reduced(build, source, axes, "Average", keepdims=True)
    centerd = added(build, source, negated(build, mean))
    squared = multiplied(build, centerd, centerd)
    return reduced(build, squared, axes, "Average", keepdims=bool(node.config.get("keepdims")))


@rewrites("operation:Reshape", "operation:Ravel")
def _reshape(node: Node, build: Builder) -> str:
    shape = build.shape()
    target = node.config.get("newshape", node.config.get("shape"))
    sides = [] if target is None else [-1 if side is None else int(side) for side in target]
    rest = sides[1:]
    if rest.count(-1) == 1 and sides[0] != -1:
        rest[rest.index(-1)] = math.prod(shape) // math.prod(s for s in rest if s != -1)
    if not rest or -1 in rest or math.prod(rest) != math.prod(shape):
        raise Unsupported(
            f"its shape {target} takes in the batch, whose pictures must not mix",
            "start it with -1 and give the other sides in whole numbers",
        )
    return reshaped(build, build.inputs[0], rest)


@rewrites("operation:Squeeze", "operation:ExpandDims")
def _one_side(node: Node, build: Builder) -> str:
    shape = list(build.shape())
    if node.class_name == "operation:ExpandDims":
        axes = node.config["axis"]
        for axis in sorted(feature_axes(axes, len(shape) + 1)):
            shape.insert(axis, 1)
    elif node.config["axis"] is None:
        shape = [side for side in shape if side != 1]
    else:
        gone = _axes(node, build)
        shape = [side for axis, side in enumerate(shape) if axis not in gone]
    return reshaped(build, build.inputs[0], shape)


@rewrites("operation:Transpose", "operation:Swapaxes", "operation:Moveaxis")
def _transpose(node: Node, build: Builder) -> str:
    rank = len(build.shape())
    config = node.config
    order = list(range(rank))
    if node.class_name == "operation:Swapaxes":
        one, other = feature_axes([config["axis1"], config["axis2"]], rank)
        order[one], order[other] = order[other], order[one]
    elif node.class_name == "operation:Moveaxis":
        sources = feature_axes(config["source"], rank)
        targets = feature_axes(config["destination"], rank)
        rest = iter(axis for axis in range(rank) if axis not in sources)
        placed = dict(zip(targets, sources, strict=True))
        order = [placed[axis] if axis in placed else next(rest) for axis in range(rank)]
    else:
        axes = config.get("axes")
        if not axes or axes[0] != 0:
            raise Unsupported(
                f"its axes={axes} move the batch", "let axes start with 0, as in (0, 3, 1, 2)"
            )
        order = feature_axes(list(axes[1:]), rank)
    return permuted(build, build.inputs[0], order)


@rewrites("operation:Concatenate")
def _concatenate(node: Node, build: Builder) -> str:
    (axis,) = _axes(node, build)
    # Keras' axis counts the batch, and so does TensorFlow.js'.
    return build.layer("Concatenate", {"axis": axis + 1})


@rewrites("operation:Stack")
def _stack(node: Node, build: Builder) -> str:
    shape = list(build.shape())
    (axis,) = feature_axes(node.config["axis"], len(shape) + 1)
    apart = [reshaped(build, name, [*shape[:axis], 1, *shape[axis:]]) for name in build.inputs]
    return build.layer("Concatenate", {"axis": axis + 1}, inputs=apart)


@rewrites("operation:Flip")
def _flip(node: Node, build: Builder) -> str:
    source = build.inputs[0]
    for axis in _axes(node, build):
        source = taken(build, source, axis, range(build.shape(source)[axis])[::-1])
    return source


@rewrites("operation:Repeat")
def _repeat(node: Node, build: Builder) -> str:
    repeats, (axis,) = node.config["repeats"], _axes(node, build)
    if not isinstance(repeats, int):
        raise Unsupported("its repeats differ from place to place", "use one number")
    side = build.shape()[axis]
    return taken(build, build.inputs[0], axis, [i for i in range(side) for _ in range(repeats)])


@rewrites("operation:Tile")
def _tile(node: Node, build: Builder) -> str:
    repeats = node.config["repeats"]
    counts = [repeats] if isinstance(repeats, int) else list(repeats)
    rank = len(build.shape())
    if len(counts) > rank and counts[0] != 1:
        raise Unsupported("it repeats the batch", "let repeats start with 1")
    counts = [1] * (rank - len(counts)) + counts[-rank:]
    source = build.inputs[0]
    for axis, count in enumerate(counts):
        if count > 1:
            copies = [source] * count
            source = build.layer("Concatenate", {"axis": axis + 1}, inputs=copies, suffix="tiled")
    return source


@rewrites("operation:Pad")
def _pad(node: Node, build: Builder) -> str:
    widths = [list(map(int, each)) for each in node.config["pad_width"]]
    if widths[0] != [0, 0]:
        raise Unsupported("it pads the batch", "let pad_width start with (0, 0)")
    mode = node.config.get("mode", "constant")
    source = build.inputs[0]
    fill = next((v for v in node.config.get("arguments", []) if v is not None), 0)
    for axis, (before, behind) in enumerate(widths[1:]):
        side = build.shape(source)[axis]
        if not before and not behind:
            continue
        if mode == "constant":
            source = _padded(build, source, axis, before, behind, float(constant_of(fill)))
        else:
            indexes = np.pad(np.arange(side), (before, behind), mode=mode)
            source = taken(build, source, axis, indexes.tolist())
    return source


def _padded(build: Builder, source: str, axis: int, before: int, behind: int, fill: float) -> str:
    shape = build.shape(source)
    flat = reshaped(
        build, source, (math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]))
    )
    if fill:
        flat = plus_constant(build, flat, np.array(-fill))
    config = {"padding": [[0, 0], [before, behind]], "data_format": "channels_last"}
    padded = build.layer("ZeroPadding2D", config, inputs=flat, suffix="padded")
    if fill:
        padded = plus_constant(build, padded, np.array(fill))
    return reshaped(
        build, padded, (*shape[:axis], shape[axis] + before + behind, *shape[axis + 1 :])
    )


@rewrites("operation:Take")
def _take(node: Node, build: Builder) -> str:
    (axis,) = _axes(node, build)
    places = next((v for v in node.config.get("arguments", []) if v is not None), None)
    if places is None:
        raise Unsupported("its indices are a tensor", "use constant indices")
    indexes = np.atleast_1d(np.asarray(constant_of(places), np.int64)) % build.shape()[axis]
    result = taken(build, build.inputs[0], axis, indexes.tolist())
    if np.ndim(constant_of(places)) == 1:
        return result
    shape = build.shape(result)
    return reshaped(build, result, [*shape[:axis], *shape[axis + 1 :]] or [1])


@rewrites("operation:GetItem")
def _get_item(node: Node, build: Builder) -> str:
    key = node.config["arguments"][-1]
    keys = list(key) if isinstance(key, (list, tuple)) else [key]
    rank = len(build.shape())
    named = sum(1 for item in keys if item is not None and not _is(item, "__ellipsis__"))
    whole = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}
    for place, item in enumerate(keys):
        if _is(item, "__ellipsis__"):
            keys[place : place + 1] = [whole] * (rank + 1 - named)
            break
    if not _is(keys[0], "__slice__") or any(v is not None for v in keys[0]["config"].values()):
        raise Unsupported("it takes some pictures of the batch", "let the index start with ':'")
    source, axis, shape = build.inputs[0], 0, []
    for item in keys[1:]:
        if item is None:
            shape.append(1)
            continue
        if _is(item, "__slice__"):
            limits = [item["config"][name] for name in ("start", "stop", "step")]
            if any(limit is not None and not isinstance(limit, int) for limit in limits):
                raise Unsupported("its slice has limits that are not numbers", "use numbers")
            places = range(build.shape(source)[axis])[slice(*limits)]
        elif isinstance(item, int):
            places = range(item % build.shape(source)[axis], item % build.shape(source)[axis] + 1)
        else:
            raise Unsupported("its index is neither a number nor a slice", "use slices")
        if not len(places):
            raise Unsupported("it takes nothing", "use a slice with values in it")
        if places.step > 0:
            source = sliced(build, source, axis, places.start, places[-1] + 1, places.step)
        else:
            source = taken(build, source, axis, list(places))
        if _is(item, "__slice__"):
            shape.append(build.shape(source)[axis])
        axis += 1
    return reshaped(build, source, [*shape, *build.shape(source)[axis:]] or [1])


def _is(item: Any, name: str) -> bool:
    return isinstance(item, Mapping) and item.get("class_name") == name


@rewrites("operation:AveragePool", "operation:MaxPool")
def _pool(node: Node, build: Builder) -> str:
    if len(build.shape()) != 3:
        raise Unsupported("it pools something else than a picture", "give it a picture")
    kind = node.class_name.removeprefix("operation:").removesuffix("Pool")
    config = {
        "pool_size": pair(node.config["pool_size"]),
        "strides": pair(node.config["strides"] or node.config["pool_size"]),
        "padding": node.config["padding"],
        "data_format": "channels_last",
    }
    return build.layer({"Average": "AveragePooling2D", "Max": "MaxPooling2D"}[kind], config)


@rewrites("operation:Conv", "operation:DepthwiseConv")
def _convolve(node: Node, build: Builder) -> str:
    kernel = next((v for v in node.config.get("arguments", []) if v is not None), None)
    if kernel is None or len(build.shape()) != 3:
        raise Unsupported("its kernel is a tensor", "use a Conv2D layer")
    array = np.asarray(constant_of(kernel), np.float32)
    config: dict[str, Any] = {
        "kernel_size": list(array.shape[:2]),
        "strides": pair(node.config["strides"]),
        "padding": node.config["padding"],
        "dilation_rate": pair(node.config["dilation_rate"]),
        "use_bias": False,
        "activation": "linear",
        "groups": build.shape()[2] // array.shape[2] if node.class_name.endswith(":Conv") else 1,
    }
    count = "filters" if node.class_name.endswith(":Conv") else "depth_multiplier"
    config[count] = array.shape[3]
    name = "Conv2D" if count == "filters" else "DepthwiseConv2D"
    layer = Node(node.name, name, config, node.inputs, {"kernel": array})
    return REWRITERS[name](layer, build)


@rewrites("operation:SpaceToDepth", "operation:DepthToSpace")
def _blocks(node: Node, build: Builder) -> str:
    block = int(node.config["block_size"])
    height, width, channels = build.shape()
    source = build.inputs[0]
    # What stays together at the end counts as one axis.
    if node.class_name == "operation:SpaceToDepth":
        rows, columns = height // block, width // block
        apart = reshaped(build, source, (rows, block, columns, block * channels))
        together = permuted(build, apart, (0, 2, 1, 3))
        return reshaped(build, together, (rows, columns, block * block * channels))
    depth = channels // (block * block)
    apart = reshaped(build, source, (height, width, block, block * depth))
    together = permuted(build, apart, (0, 2, 1, 3))
    return reshaped(build, together, (height * block, width * block, depth))
