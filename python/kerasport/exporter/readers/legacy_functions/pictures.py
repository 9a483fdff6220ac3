"""Convolutions, pooling and `tf.image`, as Keras 3 writes them."""

from __future__ import annotations

from typing import Any

from kerasport.exporter.readers.legacy_functions.step import (
    Call,
    Inexpressible,
    Rule,
    Step,
    given,
    integers,
    plain,
    require_channels_last,
)

__all__ = ["PICTURES"]


def _sides(call: Call, *names: str, default: Any = None) -> list[int]:
    """Return rows and columns out of `2`, `[2, 2]` or `[1, 2, 2, 1]`."""
    require_channels_last(call)
    sides = integers(call.take(*names, default=default))
    if len(sides) == 4 and sides[0] == sides[3] == 1:
        sides = sides[1:3]
    if len(sides) not in (1, 2):
        raise Inexpressible
    return sides * 2 if len(sides) == 1 else sides


def _padding(call: Call) -> str:
    padding = call.take("padding", default="VALID")
    if not isinstance(padding, str) or padding.lower() not in ("same", "valid"):
        raise Inexpressible
    return padding.lower()


def _bias(call: Call) -> Step:
    require_channels_last(call)
    return Step("Add", {}, [call.first, given(call, "bias")])


def _resize(call: Call) -> Step:
    if call.take("preserve_aspect_ratio", default=False):
        raise Inexpressible
    config = {
        "size": integers(given(call, "size")),
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
        return Step(class_name, config, [call.first, given(call, "filter", "filters")])

    return rule


def _blocks(class_name: str) -> Rule:
    def rule(call: Call) -> Step:
        require_channels_last(call)
        return Step(class_name, {"block_size": int(given(call, "block_size"))}, [call.first])

    return rule


PICTURES: dict[str, Rule] = {
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
    "image.rgb_to_grayscale": plain("RGBToGrayscale"),
}
"""Name of a function of TensorFlow, as Keras 2 recorded it -> how Keras 3 writes it."""
