"""The scaling of a model's input: found in the graph, or given, put in, and what is usual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.metadata import Rescaling
from kerasport.errors import ExportError
from kerasport.exporter.graph.edits import readers_of
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.lowering.values import Values, activation_of, affine_numbers
from kerasport.runtime.layers import LAYERS

__all__ = [
    "InputScaling",
    "find_scaling",
    "parse_rescaling",
    "settle_scaling",
    "usual_rescaling",
]

_MOVING = (
    "AveragePooling2D",
    "Concatenate",
    "Cropping2D",
    "Flatten",
    "MaxPooling2D",
    "Permute",
    # One that scales by 1; the others are no longer looked for here.
    "Rescaling",
    "Reshape",
    "UpSampling2D",
    "ZeroPadding2D",
)
"""Layers that leave it to the next ones to scale what they are given."""

_LARGEST = 1.5
"""Factor above which pixels of 0 to 255 are not what a model was made for."""

_FORM = (
    "Expected scale,offset such as 1/127.5,-1 for x/127.5 - 1, the scale alone such as 1/255, or "
    "one value per channel such as 1/58.4,1/57.1,1/57.4;-2.12,-2.04,-1.80. Numbers may be "
    "fractions"
)

_SYMMETRIC = "--rescaling 1/127.5,-1"
_CHANNELS = "--rescaling '1/58.395,1/57.12,1/57.375;-0.485/0.229,-0.456/0.224,-0.406/0.225'"
_CAFFE = (
    "BGR with the means taken off, which no scaling expresses: put "
    "keras.applications.*.preprocess_input's steps into the model as layers"
)
_USUAL = (
    ("expanded_conv_depthwise", "MobileNetV2", _SYMMETRIC),
    ("conv_dw_1", "MobileNet", _SYMMETRIC),
    ("conv_7b", "InceptionResNetV2", _SYMMETRIC),
    ("mixed10", "InceptionV3", _SYMMETRIC),
    ("block14_sepconv2", "Xception", _SYMMETRIC),
    ("stem_conv1", "NASNet", _SYMMETRIC),
    ("conv2_block1_preact_relu", "ResNetV2", _SYMMETRIC),
    ("conv2_block1_0_relu", "DenseNet", _CHANNELS),
    ("conv5_block1_1_conv", "ResNet", _CAFFE),
    ("block5_conv3", "VGG", _CAFFE),
)
"""A layer's name -> architecture -> its preprocess_input (keras/src/applications/*.py)."""


def parse_rescaling(given: Rescaling | str | float | Sequence[float]) -> Rescaling:
    """Return the scaling in `scale,offset`, or in `scale,scale,scale;offset,offset,offset`.

    A number is the scale, two numbers are scale and offset.

    Raises:
        ExportError: it cannot be read as such, or makes pixels larger.

    >>> parse_rescaling("1/4,-1").scale
    0.25
    """
    scaling = given if isinstance(given, Rescaling) else _parsed(given)
    if _largest(scaling) > _LARGEST:
        number = f"{_largest(scaling):g}"
        offset = "" if scaling.offset == 0 else f",{scaling.offset}"
        raise ExportError(
            f"A scaling by {number} makes pixels of 0 to 255 larger. Expected a factor of at most "
            f"1: --rescaling 1/{number}{offset} divides by {number}."
        )
    return scaling


def _parsed(given: str | float | Sequence[float]) -> Rescaling:
    if not isinstance(given, str):
        numbers = np.ravel(np.asarray(given, np.float64)).tolist()
        if len(numbers) > 2:
            raise ExportError(f"{given!r} is not a scaling. {_FORM}.")
        given = ",".join(map(repr, numbers))
    text = given
    scales, semicolon, offsets = text.partition(";")
    try:
        scale = [_number(part) for part in scales.split(",")]
        offset = [_number(part) for part in offsets.split(",")] if semicolon else [0.0]
    except (ValueError, ZeroDivisionError):
        raise ExportError(f"{text!r} is not a scaling. {_FORM}.") from None
    if not semicolon and len(scale) == 2:
        scale, offset = scale[:1], scale[1:]
    lengths = {len(scale), len(offset)}
    if not lengths <= {1, 3} or (not semicolon and len(scale) != 1):
        raise ExportError(
            f"{text!r} is not a scaling: it has {len(scale)} scales and {len(offset)} offsets. "
            f"{_FORM}."
        )
    if 0.0 in scale:
        raise ExportError(f"{text!r} is not a scaling: a scale of 0 makes every picture equal.")
    return Rescaling(
        scale=scale[0] if len(scale) == 1 else scale,
        offset=offset[0] if len(offset) == 1 else offset,
    )


def _number(text: str) -> float:
    numerator, slash, denominator = text.partition("/")
    # `/255` is taken for 1/255.
    value = float(numerator.strip() or 1) / float(denominator) if slash else float(numerator)
    if value - value != 0:
        raise ValueError(text)
    return value


@dataclass(frozen=True)
class InputScaling:
    """How a lowered graph scales its own input.

    Attributes:
        layers: those that scale, in the order of the data.
        rescaling: what they compute together, one value for all channels of the input or one per
            channel, in the order of the input; the mean over places where these differ.
    """

    layers: tuple[str, ...]
    rescaling: Rescaling

    @property
    def enlarges(self) -> bool:
        """Whether pixels of 0 to 255 leave it far apart, as where it was made for 0 to 1."""
        return _largest(self.rescaling) > _LARGEST


def find_scaling(graph: Graph) -> InputScaling | None:
    """Return how a lowered graph scales its input, found by following the data from it.

    Followed are layers that move, resize, clip or repeat pixels; None where other layers get them
    unscaled.
    """
    scaling, scaled = _follow(graph)
    if not scaling:
        return None
    path = _path(graph, scaled[-1])
    on_path = [node for node in path if node.name in scaling]
    rescaling = _composed(on_path, graph.input)
    if rescaling is None or len(on_path) < len(scaling):
        measured = _measure(graph, scaled[-1])
        if rescaling is None or not _close(rescaling, measured):
            rescaling = measured
    return InputScaling(tuple(scaling), rescaling)


def _close(one: Rescaling, other: Rescaling) -> bool:
    """Tell whether two scalings are the same up to rounding."""
    return np.allclose(one.scale, other.scale, rtol=1e-5) and np.allclose(
        one.offset, other.offset, rtol=1e-5, atol=1e-5
    )


def _path(graph: Graph, name: str) -> list[Node]:
    """Return the layers from the input to one, by the first input of each."""
    path: list[Node] = []
    while name != graph.input:
        path.insert(0, graph.nodes[name])
        name = path[0].inputs[0]
    return path


def _composed(layers: list[Node], source: str) -> Rescaling | None:
    """Return what layers compute in a row; None where channels may have moved in between."""
    pairs = [affine_numbers(node) for node in layers]
    alone = len(layers) == 1 and layers[0].inputs == [source]
    if not alone and any(each.size > 1 for pair in pairs for each in pair):
        return None
    scale, offset = np.ones(()), np.zeros(())
    for factor, summand in pairs:
        scale, offset = scale * factor, offset * factor + summand
    return Rescaling(scale=_listed(scale), offset=_listed(offset))


def _follow(graph: Graph) -> tuple[list[str], list[str]]:
    """Return the layers that scale, and all that give scaled pixels, in order."""
    values = Values(graph, given=(0.0, 255.0))
    scaled: dict[str, bool] = {graph.input: False}
    scaling = []
    for node in graph:
        if not node.inputs or any(name not in scaled for name in node.inputs):
            continue
        if _scales(node):
            scaling.append(node.name)
            scaled[node.name] = True
        elif node.class_name in _MOVING or _is_resizing(node) or values.keeps(node):
            scaled[node.name] = any(scaled[name] for name in node.inputs)
    return scaling, [name for name, is_scaled in scaled.items() if is_scaled]


def _scales(node: Node) -> bool:
    """Tell whether a layer multiplies or adds constants; a trained normalisation does not count."""
    if node.class_name == "BatchNormalization":
        # As the lowering writes constants, one per channel (`Builder.scale_channels`).
        weights = node.weights
        if node.config["epsilon"] or weights["moving_mean"].any():
            return False
        if (weights["moving_variance"] != 1).any():
            return False
    elif node.class_name != "Rescaling":
        return False
    factor, offset = affine_numbers(node)
    return bool((factor != 1).any() or offset.any())


def _is_resizing(node: Node) -> bool:
    """Tell whether a Dense layer resizes, picks or turns pixels, or makes them gray."""
    if node.class_name != "Dense" or activation_of(node) != "linear" or "bias" in node.weights:
        return False
    sums = np.asarray(node.weights["kernel"], np.float64).sum(axis=0)
    return bool(np.allclose(sums, 1, rtol=0, atol=1e-3))


def _measure(graph: Graph, name: str) -> Rescaling:
    """Return what the layers up to one make of each channel of the input, by running them.

    A black picture shows the offsets, one with a single channel at 255 the factor of that channel.
    """
    shape = graph.nodes[graph.input].config["batch_input_shape"][1:]
    pictures = np.zeros((1 + shape[-1], *shape), np.float32)
    for channel in range(shape[-1]):
        pictures[1 + channel, ..., channel] = 255
    needed = {name}
    for node in reversed(list(graph)):
        needed.update(node.inputs if node.name in needed else ())
    found = {graph.input: pictures}
    for node in graph:
        if node.name in needed and node.inputs:
            given = [found[source] for source in node.inputs]
            weights = {key: array.astype(np.float32) for key, array in node.weights.items()}
            found[node.name] = LAYERS[node.class_name](node.config, weights, given)
    flat = found[name].reshape(len(pictures), -1).astype(np.float64)
    scale, offset = [], []
    for channel in range(shape[-1]):
        change = flat[1 + channel] - flat[0]
        # Where something else is mixed in, as in resizing, the largest change is the channel's.
        places = np.abs(change) >= np.abs(change).max() * (1 - 1e-3)
        scale.append(float(f"{change[places].mean() / 255:.7g}"))
        offset.append(float(f"{flat[0][places].mean():.7g}"))
    return Rescaling(scale=_single(scale), offset=_single(offset))


def _listed(values: NDArray[Any]) -> float | list[float]:
    return _single([float(value) for value in values.reshape(-1)])


def _single(values: list[float]) -> float | list[float]:
    return values[0] if len(set(values)) == 1 else values


def _largest(scaling: Rescaling) -> float:
    return float(np.abs(np.asarray(scaling.scale)).max())


def settle_scaling(graph: Graph, given: Rescaling | None) -> Rescaling:
    """Put a Rescaling layer behind the input of a lowered graph where it is needed, in place.

    Scalings in a row behind the input become one.

    Args:
        graph: the lowered graph.
        given: what was said of a model that brings no scaling; a factor of 1 says that it takes
            0 to 255, whatever it does with them.

    Returns:
        What the graph now does with its input.

    Raises:
        ExportError: nothing scales the input and nothing was given; or the model scales it
            already; or the scaling has another number of channels.
    """
    _merge(graph)
    own = find_scaling(graph)
    if own is not None and given is not None and given.scale == 1 and given.offset == 0:
        return own.rescaling
    if given is None:
        if own is None:
            raise ExportError(
                f"The model {graph.name!r} has no Rescaling layer. Expected it to take pixels of "
                "0 to 255 and to scale them itself, so that no front end has to know how. Put the "
                "layer in with --rescaling (rescaling= in Python), by what the model was trained "
                f"with: {usual_rescaling(graph)}. --rescaling 1 says that it takes 0 to 255 as "
                "they are."
            )
        if own.enlarges:
            raise ExportError(
                f"The model {graph.name!r} scales its input by {_said(own)}, which makes "
                f"{_span(own.rescaling)} of 0 to 255: it seems to be made for 0 to 1. Say what it "
                "was trained with: --rescaling 1/255 for 0 to 1 in front of that, --rescaling 1 "
                "for 0 to 255."
            )
        return own.rescaling
    if own is not None and not own.enlarges:
        raise ExportError(
            f"The model {graph.name!r} already scales its input: {_said(own)}. A second scaling "
            "would be wrong; leave --rescaling out, or say --rescaling 1."
        )
    _put(graph, given)
    _merge(graph)
    settled = find_scaling(graph)
    return given if settled is None else settled.rescaling


def _said(own: InputScaling) -> str:
    layers = ", ".join(map(repr, own.layers[:3]))
    return (
        f"x * {own.rescaling.scale} + {own.rescaling.offset} "
        f"(layer{'s' if len(own.layers) > 1 else ''} {layers})"
    )


def _span(scaling: Rescaling) -> str:
    scale, offset = np.broadcast_arrays(scaling.scale, scaling.offset)
    ends = np.concatenate([offset.reshape(-1), (scale * 255 + offset).reshape(-1)])
    return f"{ends.min():.4g} to {ends.max():.4g}"


def _merge(graph: Graph) -> None:
    """Make one Rescaling of those in a row behind the input, in place."""
    while True:
        first = _only_reader(graph, graph.input)
        if first is None or not (first.class_name == "Rescaling" or _scales(first)):
            return
        second = _only_reader(graph, first.name)
        if second is None or not (second.class_name == "Rescaling" or _scales(second)):
            return
        if first.name == graph.output or second.name == graph.output:
            return
        (factor, offset), (factor_2, offset_2) = affine_numbers(first), affine_numbers(second)
        name = next((n.name for n in (first, second) if n.class_name == "Rescaling"), first.name)
        merged = {
            "scale": _listed(factor * factor_2),
            "offset": _listed(offset * factor_2 + offset_2),
        }
        config = {"name": name, "dtype": "float32", "trainable": False, **merged}
        node = Node(name, "Rescaling", config, [graph.input])
        nodes = [node if each is first else each for each in graph if each is not second]
        graph.nodes = {each.name: each for each in nodes}
        for each in graph:
            gone = (first.name, second.name)
            each.inputs = [name if source in gone else source for source in each.inputs]


def _only_reader(graph: Graph, name: str) -> Node | None:
    readers = readers_of(graph, name)
    return readers[0] if len(readers) == 1 and len(readers[0].inputs) == 1 else None


def _put(graph: Graph, scaling: Rescaling) -> None:
    source = graph.nodes[graph.input]
    channels = source.config["batch_input_shape"][-1]
    for values in (scaling.scale, scaling.offset):
        if isinstance(values, list) and len(values) != channels:
            raise ExportError(
                f"The scaling has {len(values)} values, but the model's input has {channels} "
                "channel(s). Give one value for all, or one per channel."
            )
    name = graph.fresh_name("rescaling")
    config = {"name": name, "dtype": "float32", "trainable": False}
    config |= {"scale": scaling.scale, "offset": scaling.offset}
    for reader in readers_of(graph, graph.input):
        reader.inputs = [name if each == graph.input else each for each in reader.inputs]
    nodes = {}
    for key, node in graph.nodes.items():
        nodes[key] = node
        if key == graph.input:
            nodes[name] = Node(name, "Rescaling", config, [graph.input])
    graph.nodes = nodes


def usual_rescaling(graph: Graph) -> str:
    """Return what an architecture of `keras.applications` usually takes, as half a sentence."""
    for layer, family, usual in _USUAL:
        if any(name == layer or name.startswith(f"{layer}_") for name in graph.nodes):
            return f"this looks like {family}, which takes {usual}"
    return "1/255 for 0 to 1 and 1/127.5,-1 for -1 to 1 are the usual ones"
