"""Functions of TensorFlow that cut, join and turn, as Keras 3 writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasport.exporter.readers.legacy_functions.step import (
    BATCH,
    Call,
    Config,
    Inexpressible,
    Rule,
    Step,
    given,
    integers,
    layer,
    number,
    plain,
)

__all__ = ["SHAPES"]


def _joined(class_name: str, default: int) -> Rule:
    def rule(call: Call) -> Step:
        tensors = call.first if isinstance(call.first, list) else [call.first]
        return Step(class_name, {"axis": call.take("axis", default=default)}, [tensors])

    return rule


def _reshape(call: Call) -> Step:
    shape = call.take("shape")
    if not isinstance(shape, list) or not shape:
        raise Inexpressible
    if shape[0] is BATCH:
        if not all(isinstance(side, int) for side in shape[1:]):
            raise Inexpressible
        return layer("Reshape", {"target_shape": shape[1:]}, [call.first])
    return Step("Reshape", {"newshape": integers(shape)}, [call.first])


def _axis(class_name: str) -> Rule:
    def rule(call: Call) -> Step:
        axis = call.take("axis", "squeeze_dims")
        return Step(class_name, {"axis": axis if axis != [] else None}, [call.first])

    return rule


def _transpose(call: Call) -> Step:
    return Step("Transpose", {"axes": call.take("perm", "a", "pattern")}, [call.first])


def _tile(call: Call) -> Step:
    return Step("Tile", {"repeats": integers(given(call, "multiples", "n"))}, [call.first])


def _repeat(call: Call) -> Step:
    repeats = integers(given(call, "repeats"))
    config = {"repeats": repeats[0] if len(repeats) == 1 else repeats, "axis": call.take("axis")}
    return Step("Repeat", config, [call.first])


def _pad(call: Call) -> Step:
    mode = str(call.take("mode", default="CONSTANT")).lower()
    config = {"pad_width": given(call, "paddings"), "mode": mode}
    fill = [number(call.take("constant_values", default=0))] if mode == "constant" else []
    return Step("Pad", config, [call.first, *fill])


def _flip(axis: int | None) -> Rule:
    return lambda call: Step(
        "Flip", {"axis": given(call, "axis") if axis is None else axis}, [call.first]
    )


def _gather(call: Call) -> Step:
    axis = call.take("axis", default=0)
    if call.take("batch_dims", default=0) != 0 or not isinstance(axis, int):
        raise Inexpressible
    return Step("Take", {"axis": axis}, [call.first, given(call, "indices")])


def _get_item(call: Call) -> Step:
    key = call.take("slice_spec")
    spec = key if isinstance(key, list) else [key]
    return Step("GetItem", {}, [call.first, [_index(each) for each in spec]])


def _index(value: Any) -> Any:
    if isinstance(value, Mapping) and "start" in value:
        return _slice(value["start"], value["stop"], value["step"])
    return value


def _slice(start: Any, stop: Any, step: Any = None) -> Config:
    return {
        "class_name": "__slice__",
        "config": {"start": start, "stop": stop, "step": step},
    }


def _slice_function(call: Call) -> Step:
    begin, size = integers(given(call, "begin")), integers(given(call, "size"))
    if begin[0] != 0 or size[0] != -1:
        raise Inexpressible
    limits = [
        _slice(first, None if length == -1 else first + length)
        for first, length in zip(begin[1:], size[1:], strict=True)
    ]
    return Step("GetItem", {}, [call.first, [_slice(None, None), *limits]])


def _crop(call: Call) -> Step:
    top, left = int(given(call, "offset_height")), int(given(call, "offset_width"))
    rows, columns = int(given(call, "target_height")), int(given(call, "target_width"))
    key = [_slice(None, None), _slice(top, top + rows), _slice(left, left + columns)]
    return Step("GetItem", {}, [call.first, key])


def _strided_slice(call: Call) -> Step:
    begin, end = integers(given(call, "begin")), integers(given(call, "end"))
    strides = integers(call.take("strides", default=[1] * len(begin)))
    masks = {
        name: int(call.take(f"{name}_mask", default=0))
        for name in ("begin", "end", "shrink_axis", "ellipsis", "new_axis")
    }
    if masks["ellipsis"] or masks["new_axis"]:
        raise Inexpressible
    key: list[Any] = []
    for axis, (first, last, stride) in enumerate(zip(begin, end, strides, strict=True)):
        marked = {name: bool(mask >> axis & 1) for name, mask in masks.items()}
        if marked["shrink_axis"]:
            key.append(first)
        else:
            start = None if marked["begin"] else first
            stop = None if marked["end"] else last
            key.append(_slice(start, stop, None if stride == 1 else stride))
    return Step("GetItem", {}, [call.first, key])


def _roll(call: Call) -> Step:
    config = {"shift": integers(given(call, "shift")), "axis": integers(given(call, "axis"))}
    return Step("Roll", config, [call.first])


def _unstack(call: Call) -> Step:
    return Step("Unstack", {"axis": call.take("axis", default=0), "num": None}, [call.first])


def _split(call: Call) -> Step:
    sizes = integers(given(call, "num_or_size_splits"))
    parts: Any = sizes[0] if len(sizes) == 1 else np.cumsum(sizes)[:-1].tolist()
    config = {"indices_or_sections": parts, "axis": call.take("axis", default=0)}
    return Step("Split", config, [call.first])


SHAPES: dict[str, Rule] = {
    "__operators__.getitem": _get_item,
    "slice": _slice_function,
    "strided_slice": _strided_slice,
    "image.crop_to_bounding_box": _crop,
    "concat": _joined("Concatenate", 0),
    "stack": _joined("Stack", 0),
    "split": _split,
    "unstack": _unstack,
    "roll": _roll,
    "reshape": _reshape,
    "expand_dims": _axis("ExpandDims"),
    "squeeze": _axis("Squeeze"),
    "transpose": _transpose,
    "linalg.matrix_transpose": plain("Swapaxes", axis1=-2, axis2=-1),
    "tile": _tile,
    "repeat": _repeat,
    "pad": _pad,
    "reverse": _flip(None),
    "image.flip_left_right": _flip(-2),
    "image.flip_up_down": _flip(-3),
    "gather": _gather,
    "keras.backend.batch_flatten": lambda call: layer("Flatten", {}, [call.first]),
}
"""Name of a function of TensorFlow, as Keras 2 recorded it -> how Keras 3 writes it."""
