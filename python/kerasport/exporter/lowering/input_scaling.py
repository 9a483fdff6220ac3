"""The scaling of a model's input: found in the graph, or given, put in, and what is usual."""

from __future__ import annotations

from kerasport.bundle.metadata import Rescaling
from kerasport.errors import ExportError
from kerasport.exporter.graph.edits import readers_of
from kerasport.exporter.graph.graph import Graph, Node

__all__ = ["find_rescaling", "parse_rescaling", "put_rescaling", "usual_rescaling"]

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


def parse_rescaling(text: str) -> Rescaling:
    """Return the scaling in `scale,offset`, or in `scale,scale,scale;offset,offset,offset`.

    Raises:
        ExportError: it cannot be read as such.

    >>> parse_rescaling("1/4,-1").scale
    0.25
    """
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
    value = float(numerator) / float(denominator) if slash else float(numerator)
    if value - value != 0:
        raise ValueError(text)
    return value


def find_rescaling(graph: Graph) -> Node | None:
    """Return the layer that scales the model's input, or None when something else reads it."""
    readers = readers_of(graph, graph.input)
    if len(readers) == 1 and readers[0].class_name == "Rescaling":
        return readers[0]
    return None


def put_rescaling(graph: Graph, scaling: Rescaling) -> None:
    """Put a Rescaling layer behind the input of a lowered graph, in place.

    Raises:
        ExportError: the model has one already, or another number of channels.
    """
    source = graph.nodes[graph.input]
    own = find_rescaling(graph)
    if own is not None:
        raise ExportError(
            f"The model {graph.name!r} already scales its input: x * {own.config['scale']} + "
            f"{own.config['offset']} (layer {own.name!r}). A second scaling would be wrong; "
            "leave --rescaling out."
        )
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
