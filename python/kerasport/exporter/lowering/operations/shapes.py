"""Operations that move, cut or join: `x[:, 1:5]`, `keras.ops.transpose(x, (0, 2, 1, 3))`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.configuration import feature_axes
from kerasport.exporter.lowering.operations.operands import axes_of, constant_of
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

rewrites = Rewriters()


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
    return build.reshape(build.inputs[0], rest)


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
        gone = axes_of(node, build)
        shape = [side for axis, side in enumerate(shape) if axis not in gone]
    return build.reshape(build.inputs[0], shape)


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
    return build.permute(build.inputs[0], order)


@rewrites("operation:Concatenate")
def _concatenate(node: Node, build: Builder) -> str:
    (axis,) = axes_of(node, build)
    return _joined(build, _parts(node, build), axis)


@rewrites("operation:Stack")
def _stack(node: Node, build: Builder) -> str:
    shape = list(build.shape())
    (axis,) = feature_axes(node.config["axis"], len(shape) + 1)
    apart = [
        build.reshape(part, [*shape[:axis], 1, *shape[axis:]])
        if isinstance(part, str)
        else np.expand_dims(np.broadcast_to(part, shape), axis)
        for part in _parts(node, build)
    ]
    return _joined(build, apart, axis)


def _parts(node: Node, build: Builder) -> list[Any]:
    """Return what is joined: the name of each tensor, and each constant without its batch."""
    given = node.config.get("arguments") or [None]
    operands = given[0]
    if not isinstance(operands, list):
        return list(build.inputs)
    tensors = iter(build.inputs)
    parts: list[Any] = []
    for operand in operands:
        if operand is None:
            parts.append(next(tensors))
            continue
        constant = np.asarray(constant_of(operand), np.float64)
        if constant.ndim != len(build.shape()) + 1 or constant.shape[0] != 1:
            raise Unsupported(
                f"its constant has the shape {list(constant.shape)}",
                "give it the shape of the other tensors, with a batch of 1",
            )
        parts.append(constant[0])
    return parts


def _joined(build: Builder, parts: list[Any], axis: int) -> str:
    """Join tensors and constants along an axis; the constants are added to zeros beside them."""
    if all(isinstance(part, str) for part in parts):
        # Keras' axis counts the batch, and so does TensorFlow.js'.
        return build.append("Concatenate", {"axis": axis + 1}, inputs=parts)
    sides = [
        build.shape(part)[axis] if isinstance(part, str) else part.shape[axis] for part in parts
    ]
    joined: list[str] = []
    waiting = 0
    for part, side in zip(parts, sides, strict=True):
        if not isinstance(part, str):
            waiting += side
            continue
        joined.append(_padded(build, part, axis, waiting, 0, 0.0) if waiting else part)
        waiting = 0
    if waiting:
        joined[-1] = _padded(build, joined[-1], axis, 0, waiting, 0.0)
    whole = joined[0]
    if len(joined) > 1:
        whole = build.append("Concatenate", {"axis": axis + 1}, inputs=joined, suffix="joined")
    shape = build.shape(whole)
    constants = np.concatenate(
        [
            np.zeros((*shape[:axis], side, *shape[axis + 1 :])) if isinstance(part, str) else part
            for part, side in zip(parts, sides, strict=True)
        ],
        axis,
    )
    return build.add_constant(whole, constants)


@rewrites("operation:Split", "operation:Unstack")
def _split(node: Node, build: Builder) -> str:
    """Append one of the parts: each output of the operation is a node of its own."""
    (axis,) = axes_of(node, build)
    side, number = build.shape()[axis], int(node.config.get("output_index", 0))
    if node.class_name == "operation:Unstack":
        part = build.slice(build.inputs[0], axis, number, number + 1)
        shape = build.shape(part)
        return build.reshape(part, [*shape[:axis], *shape[axis + 1 :]] or [1])
    sections = node.config["indices_or_sections"]
    if isinstance(sections, int):
        limits = [side // sections * each for each in range(sections + 1)]
    else:
        limits = [0, *map(int, np.asarray(constant_of(sections)).tolist()), side]
    return build.slice(build.inputs[0], axis, limits[number], limits[number + 1])


@rewrites("operation:Roll")
def _roll(node: Node, build: Builder) -> str:
    shifts, axes = node.config["shift"], node.config["axis"]
    if axes is None:
        raise Unsupported("it moves values over all axes at once", "give it an axis")
    source = build.inputs[0]
    shifts = [shifts] if isinstance(shifts, int) else list(shifts)
    for shift, axis in zip(shifts, axes_of(node, build), strict=True):
        side = build.shape(source)[axis]
        start = -int(shift) % side
        if start:
            ends = [build.slice(source, axis, start, side), build.slice(source, axis, 0, start)]
            source = build.append("Concatenate", {"axis": axis + 1}, inputs=ends, suffix="rolled")
    return source


@rewrites("operation:Flip")
def _flip(node: Node, build: Builder) -> str:
    source = build.inputs[0]
    for axis in axes_of(node, build):
        source = build.take(source, axis, range(build.shape(source)[axis])[::-1])
    return source


@rewrites("operation:Repeat")
def _repeat(node: Node, build: Builder) -> str:
    repeats, (axis,) = node.config["repeats"], axes_of(node, build)
    if not isinstance(repeats, int):
        raise Unsupported("its repeats differ from place to place", "use one number")
    side = build.shape()[axis]
    return build.take(build.inputs[0], axis, [i for i in range(side) for _ in range(repeats)])


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
            source = build.append("Concatenate", {"axis": axis + 1}, inputs=copies, suffix="tiled")
    return source


@rewrites("operation:Pad")
def _pad(node: Node, build: Builder) -> str:
    widths = [list(map(int, each)) for each in node.config["pad_width"]]
    if widths[0] != [0, 0]:
        raise Unsupported("it pads the batch", "let pad_width start with (0, 0)")
    mode = node.config.get("mode", "constant")
    source = build.inputs[0]
    fill = _fill_of(node)
    if not np.isfinite(fill):
        raise Unsupported(
            f"it pads with {fill}, and what follows it is not a maximum pooling that is wider",
            "pad with a number, or let a MaxPooling2D of padding='valid' follow",
        )
    for axis, (before, behind) in enumerate(widths[1:]):
        side = build.shape(source)[axis]
        if not before and not behind:
            continue
        if mode == "constant":
            source = _padded(build, source, axis, before, behind, fill)
        elif mode == "edge":
            source = _with_edges(build, source, axis, before, behind)
        else:
            indexes = np.pad(np.arange(side), (before, behind), mode=mode)
            source = build.take(source, axis, indexes.tolist())
    return source


def _fill_of(node: Node) -> float:
    """Return what a padding is filled with, which Keras records as an argument of the call."""
    given = node.config.get("arguments", [])
    numbers = [v for v in given if v is not None and not isinstance(v, (str, list, tuple))]
    return float(constant_of(numbers[-1])) if numbers else 0.0


def _with_edges(build: Builder, source: str, axis: int, before: int, behind: int) -> str:
    side = build.shape(source)[axis]
    first = [build.slice(source, axis, 0, 1)] * before if before else []
    last = [build.slice(source, axis, side - 1, side)] * behind if behind else []
    parts = [*first, source, *last]
    return build.append("Concatenate", {"axis": axis + 1}, inputs=parts, suffix="padded")


def _padded(build: Builder, source: str, axis: int, before: int, behind: int, fill: float) -> str:
    shape = build.shape(source)
    flat = build.reshape(
        source, (math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]))
    )
    if fill:
        flat = build.add_constant(flat, np.array(-fill))
    config = {"padding": [[0, 0], [before, behind]], "data_format": "channels_last"}
    padded = build.append("ZeroPadding2D", config, inputs=flat, suffix="padded")
    if fill:
        padded = build.add_constant(padded, np.array(fill))
    return build.reshape(padded, (*shape[:axis], shape[axis] + before + behind, *shape[axis + 1 :]))


@rewrites("operation:Take")
def _take(node: Node, build: Builder) -> str:
    (axis,) = axes_of(node, build)
    places = next((v for v in node.config.get("arguments", []) if v is not None), None)
    if places is None:
        raise Unsupported("its indices are a tensor", "use constant indices")
    indexes = np.atleast_1d(np.asarray(constant_of(places), np.int64)) % build.shape()[axis]
    result = build.take(build.inputs[0], axis, indexes.tolist())
    if np.ndim(constant_of(places)) == 1:
        return result
    shape = build.shape(result)
    return build.reshape(result, [*shape[:axis], *shape[axis + 1 :]] or [1])


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
            source = build.slice(source, axis, places.start, places[-1] + 1, places.step)
        else:
            source = build.take(source, axis, list(places))
        if _is(item, "__slice__"):
            shape.append(build.shape(source)[axis])
        axis += 1
    return build.reshape(source, [*shape, *build.shape(source)[axis:]] or [1])


def _is(item: Any, name: str) -> bool:
    return isinstance(item, Mapping) and item.get("class_name") == name
