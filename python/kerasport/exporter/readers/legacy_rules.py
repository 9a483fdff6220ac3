"""How the functions of TensorFlow that Keras 2 recorded are written in Keras 3, each by a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

__all__ = ["BATCH", "BEFORE", "RULES", "Call", "Inexpressible", "Step"]

Config: TypeAlias = dict[str, Any]

BATCH = object()
"""Stands in a shape for the number of pictures, which `tf.shape(x)[0]` gives."""

BEFORE = object()
"""Stands among the arguments of a step for what the step before gives."""


@dataclass(frozen=True)
class Step:
    """An operation of Keras 3, or a layer where `module` says so.

    Attributes:
        class_name: of the operation or layer.
        config: its settings, without the name.
        args: what it is called on, tensors and constants; `BEFORE` among them.
        module: where the class lives.
    """

    class_name: str
    config: Config
    args: list[Any]
    module: str = "keras.ops"


@dataclass
class Call:
    """One call of a recorded function: its first argument and the others by name.

    `first` is a list where the function takes several tensors as one argument.
    """

    first: Any
    keywords: Config

    def take(self, *names: str, default: Any = None) -> Any:
        """Return the argument by the first of its names that was given."""
        for name in names:
            if self.keywords.get(name) is not None:
                return self.keywords[name]
        return default


class Inexpressible(Exception):
    """Raised for arguments without an equal in Keras 3; the message is of no matter."""


Rule: TypeAlias = Callable[[Call], "Step | list[Step]"]


def _layer(class_name: str, config: Config, args: list[Any]) -> Step:
    return Step(class_name, config, args, module="keras.layers")


def _plain(class_name: str, **config: Any) -> Rule:
    """Return the rule of a function of one tensor with no settings that matter."""
    return lambda call: Step(class_name, dict(config), [call.first])


def _binary(class_name: str) -> Rule:
    return lambda call: Step(class_name, {}, [call.first, _given(call, "y", "b", "bias", "x")])


def _given(call: Call, *names: str) -> Any:
    value = call.take(*names)
    if value is None:
        raise Inexpressible
    return value


def _reduction(class_name: str) -> Rule:
    def rule(call: Call) -> Step:
        axis = call.take("axis", "reduction_indices")
        keepdims = bool(call.take("keepdims", "keep_dims", default=False))
        return Step(class_name, {"axis": axis, "keepdims": keepdims}, [call.first])

    return rule


def _activation(class_name: str, setting: str, default: float, *names: str) -> Rule:
    return lambda call: Step(
        class_name, {setting: _number(call.take(*names, default=default))}, [call.first]
    )


def _number(value: Any) -> float:
    array = np.asarray(value)
    if array.size != 1 or not np.issubdtype(array.dtype, np.number):
        raise Inexpressible
    return float(array.reshape(()))


def _integers(value: Any) -> list[int]:
    array = np.asarray(value)
    if not np.issubdtype(array.dtype, np.integer):
        raise Inexpressible
    return [int(each) for each in np.atleast_1d(array)]


def _sides(call: Call, *names: str, default: Any = None) -> list[int]:
    """Return rows and columns out of `2`, `[2, 2]` or `[1, 2, 2, 1]`."""
    _require_channels_last(call)
    sides = _integers(call.take(*names, default=default))
    if len(sides) == 4 and sides[0] == sides[3] == 1:
        sides = sides[1:3]
    if len(sides) not in (1, 2):
        raise Inexpressible
    return sides * 2 if len(sides) == 1 else sides


def _require_channels_last(call: Call) -> None:
    if str(call.take("data_format", default="NHWC")).startswith("NC"):
        raise Inexpressible


def _padding(call: Call) -> str:
    padding = call.take("padding", default="VALID")
    if not isinstance(padding, str) or padding.lower() not in ("same", "valid"):
        raise Inexpressible
    return padding.lower()


def _add_many(call: Call) -> Step:
    return _layer("Add", {}, [call.first]) if isinstance(call.first, list) else _same(call)


def _same(call: Call) -> Step:
    return Step("Copy", {}, [call.first])


def _bias(call: Call) -> Step:
    _require_channels_last(call)
    return Step("Add", {}, [call.first, _given(call, "bias")])


def _difference(call: Call) -> list[Step]:
    return [Step("Subtract", {}, [call.first, _given(call, "y")]), Step("Square", {}, [BEFORE])]


def _divide_no_nan(call: Call) -> Step:
    if not np.all(np.asarray(_given(call, "y"), dtype=object)):
        raise Inexpressible
    return Step("TrueDivide", {}, [call.first, call.take("y")])


def _cast(call: Call) -> Step:
    return Step("Cast", {"dtype": str(_given(call, "dtype"))}, [call.first])


def _softmax(class_name: str) -> Rule:
    return lambda call: Step(
        class_name, {"axis": call.take("axis", "dim", default=-1)}, [call.first]
    )


def _gelu(call: Call) -> Step:
    approximate = bool(call.take("approximate", default=False))
    return Step("Gelu", {"approximate": approximate}, [call.first])


def _crelu(call: Call) -> list[Step]:
    axis = call.take("axis", default=-1)
    return [
        Step("Negative", {}, [call.first]),
        Step("Concatenate", {"axis": axis}, [[call.first, BEFORE]]),
        Step("Relu", {}, [BEFORE]),
    ]


def _clip(call: Call) -> Step:
    low = _number(_given(call, "clip_value_min", "min_value"))
    high = _number(_given(call, "clip_value_max", "max_value"))
    return Step("Clip", {"x_min": low, "x_max": high}, [call.first])


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
        return _layer("Reshape", {"target_shape": shape[1:]}, [call.first])
    return Step("Reshape", {"newshape": _integers(shape)}, [call.first])


def _axis(class_name: str) -> Rule:
    def rule(call: Call) -> Step:
        axis = call.take("axis", "squeeze_dims")
        return Step(class_name, {"axis": axis if axis != [] else None}, [call.first])

    return rule


def _transpose(call: Call) -> Step:
    return Step("Transpose", {"axes": call.take("perm", "a", "pattern")}, [call.first])


def _tile(call: Call) -> Step:
    return Step("Tile", {"repeats": _integers(_given(call, "multiples", "n"))}, [call.first])


def _repeat(call: Call) -> Step:
    repeats = _integers(_given(call, "repeats"))
    config = {"repeats": repeats[0] if len(repeats) == 1 else repeats, "axis": call.take("axis")}
    return Step("Repeat", config, [call.first])


def _pad(call: Call) -> Step:
    mode = str(call.take("mode", default="CONSTANT")).lower()
    config = {"pad_width": _given(call, "paddings"), "mode": mode}
    fill = [_number(call.take("constant_values", default=0))] if mode == "constant" else []
    return Step("Pad", config, [call.first, *fill])


def _flip(axis: int | None) -> Rule:
    return lambda call: Step(
        "Flip", {"axis": _given(call, "axis") if axis is None else axis}, [call.first]
    )


def _gather(call: Call) -> Step:
    axis = call.take("axis", default=0)
    if call.take("batch_dims", default=0) != 0 or not isinstance(axis, int):
        raise Inexpressible
    return Step("Take", {"axis": axis}, [call.first, _given(call, "indices")])


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
    begin, size = _integers(_given(call, "begin")), _integers(_given(call, "size"))
    if begin[0] != 0 or size[0] != -1:
        raise Inexpressible
    limits = [
        _slice(first, None if length == -1 else first + length)
        for first, length in zip(begin[1:], size[1:], strict=True)
    ]
    return Step("GetItem", {}, [call.first, [_slice(None, None), *limits]])


def _crop(call: Call) -> Step:
    top, left = int(_given(call, "offset_height")), int(_given(call, "offset_width"))
    rows, columns = int(_given(call, "target_height")), int(_given(call, "target_width"))
    key = [_slice(None, None), _slice(top, top + rows), _slice(left, left + columns)]
    return Step("GetItem", {}, [call.first, key])


def _resize(call: Call) -> Step:
    if call.take("preserve_aspect_ratio", default=False):
        raise Inexpressible
    config = {
        "size": _integers(_given(call, "size")),
        "interpolation": str(call.take("method", default="bilinear")),
        "antialias": bool(call.take("antialias", default=False)),
    }
    return Step("Resize", config, [call.first])


def _pool(class_name: str) -> Rule:
    def rule(call: Call) -> Step:
        size = _sides(call, "ksize")
        config = {
            "pool_size": size,
            "strides": _sides(call, "strides", default=size),
            "padding": _padding(call),
        }
        return Step(class_name, config, [call.first])

    return rule


def _convolution(class_name: str) -> Rule:
    def rule(call: Call) -> Step:
        config = {
            "strides": _sides(call, "strides", default=1),
            "padding": _padding(call),
            "dilation_rate": _sides(call, "dilations", "rate", default=1),
        }
        return Step(class_name, config, [call.first, _given(call, "filter", "filters")])

    return rule


def _blocks(class_name: str) -> Rule:
    def rule(call: Call) -> Step:
        _require_channels_last(call)
        return Step(class_name, {"block_size": int(_given(call, "block_size"))}, [call.first])

    return rule


def _matmul(call: Call) -> Step | list[Step]:
    other = _given(call, "b", "y")
    turned = [
        bool(call.take(f"transpose_{side}") or call.take(f"adjoint_{side}")) for side in ("a", "b")
    ]
    if not any(turned):
        return Step("Matmul", {}, [call.first, other])
    if _is_constant(other) and not turned[0]:
        return Step("Matmul", {}, [call.first, np.swapaxes(np.asarray(other), -1, -2).tolist()])
    if _is_constant(other) or _is_constant(call.first):
        raise Inexpressible
    # Of a and b in [batch, rows, columns], the axis of each that is summed over.
    axes = [1 if turned[0] else 2, 2 if turned[1] else 1]
    return _layer("Dot", {"axes": axes, "normalize": False}, [[call.first, other]])


def _is_constant(value: Any) -> bool:
    return not (isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__")


def _tensordot(call: Call) -> Step:
    if call.take("axes") != 1 or not _is_constant(_given(call, "b")):
        raise Inexpressible
    return Step("Matmul", {}, [call.first, call.take("b")])


def _unit(call: Call) -> Step:
    axis = call.take("axis", "dim")
    if axis is None:
        raise Inexpressible
    return _layer("UnitNormalization", {"axis": axis}, [call.first])


def _split(call: Call) -> Step:
    sizes = _integers(_given(call, "num_or_size_splits"))
    parts: Any = sizes[0] if len(sizes) == 1 else np.cumsum(sizes)[:-1].tolist()
    config = {"indices_or_sections": parts, "axis": call.take("axis", default=0)}
    return Step("Split", config, [call.first])


_SOFTPLUS = _plain("Softplus")

RULES: dict[str, Rule] = {
    # Arithmetic
    "__operators__.add": _binary("Add"),
    "math.add": _binary("Add"),
    "math.add_n": _add_many,
    "math.subtract": _binary("Subtract"),
    "math.multiply": _binary("Multiply"),
    "math.scalar_mul": _binary("Multiply"),
    "math.divide": _binary("TrueDivide"),
    "math.truediv": _binary("TrueDivide"),
    "realdiv": _binary("TrueDivide"),
    "math.divide_no_nan": _divide_no_nan,
    "math.maximum": _binary("Maximum"),
    "math.minimum": _binary("Minimum"),
    "math.pow": _binary("Power"),
    "math.squared_difference": _difference,
    "math.negative": _plain("Negative"),
    "math.abs": _plain("Absolute"),
    "math.square": _plain("Square"),
    "math.sqrt": _plain("Sqrt"),
    "math.rsqrt": _plain("Rsqrt"),
    "math.exp": _plain("Exp"),
    "math.log": _plain("Log"),
    "math.sign": _plain("Sign"),
    "clip_by_value": _clip,
    "cast": _cast,
    "identity": _same,
    "stop_gradient": _plain("StopGradient"),
    "linalg.matmul": _matmul,
    "tensordot": _tensordot,
    "math.l2_normalize": _unit,
    "linalg.l2_normalize": _unit,
    "nn.l2_normalize": _unit,
    # Reductions
    "math.reduce_mean": _reduction("Mean"),
    "math.reduce_sum": _reduction("Sum"),
    "math.reduce_max": _reduction("Max"),
    "math.reduce_min": _reduction("Min"),
    "math.reduce_variance": _reduction("Var"),
    "math.reduce_std": _reduction("Std"),
    "math.reduce_prod": _reduction("Prod"),
    # Activations
    "math.sigmoid": _plain("Sigmoid"),
    "nn.sigmoid": _plain("Sigmoid"),
    "math.tanh": _plain("Tanh"),
    "nn.tanh": _plain("Tanh"),
    "math.softplus": _SOFTPLUS,
    "nn.softplus": _SOFTPLUS,
    "math.log_sigmoid": _plain("LogSigmoid"),
    "nn.softsign": _plain("Softsign"),
    "nn.relu": _plain("Relu"),
    "nn.relu6": _plain("Relu6"),
    "nn.selu": _plain("Selu"),
    "nn.silu": _plain("Silu"),
    "nn.swish": _plain("Silu"),
    "nn.elu": _activation("Elu", "alpha", 1.0, "alpha"),
    "nn.leaky_relu": _activation("LeakyRelu", "negative_slope", 0.2, "alpha"),
    "nn.gelu": _gelu,
    "nn.crelu": _crelu,
    "nn.softmax": _softmax("Softmax"),
    "nn.log_softmax": _softmax("LogSoftmax"),
    # Shapes
    "__operators__.getitem": _get_item,
    "slice": _slice_function,
    "concat": _joined("Concatenate", 0),
    "stack": _joined("Stack", 0),
    "split": _split,
    "reshape": _reshape,
    "expand_dims": _axis("ExpandDims"),
    "squeeze": _axis("Squeeze"),
    "transpose": _transpose,
    "linalg.matrix_transpose": _plain("Swapaxes", axis1=-2, axis2=-1),
    "tile": _tile,
    "repeat": _repeat,
    "pad": _pad,
    "reverse": _flip(None),
    "gather": _gather,
    "keras.backend.batch_flatten": lambda call: _layer("Flatten", {}, [call.first]),
    # Pictures
    "nn.bias_add": _bias,
    "nn.avg_pool": _pool("AveragePool"),
    "nn.avg_pool2d": _pool("AveragePool"),
    "nn.max_pool": _pool("MaxPool"),
    "nn.max_pool2d": _pool("MaxPool"),
    "nn.conv2d": _convolution("Conv"),
    "nn.convolution": _convolution("Conv"),
    "nn.depthwise_conv2d": _convolution("DepthwiseConv"),
    "nn.space_to_depth": _blocks("SpaceToDepth"),
    "nn.depth_to_space": _blocks("DepthToSpace"),
    "image.resize": _resize,
    "image.crop_to_bounding_box": _crop,
    "image.flip_left_right": _flip(-2),
    "image.flip_up_down": _flip(-3),
    "image.rgb_to_grayscale": _plain("RGBToGrayscale"),
}
"""Name of a function of TensorFlow, as Keras 2 recorded it -> how Keras 3 writes it."""
