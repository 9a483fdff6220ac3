"""Configurations of Keras 2 and of TensorFlow.js, rewritten as Keras 3 would write them.

Pure: dictionaries in, dictionaries out. What only shows in the graph (an activation whose formula
changed, the name of a weight) is the matter of `legacy_graph`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kerasport.errors import ExportError
from kerasport.exporter.readers.configuration import MODEL_CLASSES
from kerasport.exporter.readers.legacy_functions import BATCH
from kerasport.exporter.readers.legacy_operations import (
    RECORDED_CLASSES,
    function_of,
    modern_operation,
    tensor,
)

__all__ = ["OLDER_CLASSES", "modern_config"]

Config = dict[str, Any]

_CLASSES = {
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "RandomHeight": "Identity",
    "RandomWidth": "Identity",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "ThresholdedReLU": "ReLU",
}

OLDER_CLASSES = frozenset(_CLASSES)
"""Layers of former versions, and other names of layers, that are read as layers of Keras 3."""

_ACTIVATIONS = {
    "hardSigmoid": "hard_sigmoid",
    "logSoftmax": "log_softmax",
}
"""TensorFlow.js' spelling -> Keras'."""

_WINDOW = {"strides": 1, "padding": "valid", "data_format": "channels_last"}
_CONVOLUTION = {**_WINDOW, "dilation_rate": 1, "use_bias": True, "activation": "linear"}
_DEPTHWISE = {**_CONVOLUTION, "depth_multiplier": 1}
_POOLING = {"pool_size": 2, "strides": None, "padding": "valid", "data_format": "channels_last"}
_DEFAULTS: dict[str, Config] = {
    "Conv1D": _CONVOLUTION,
    "Conv1DTranspose": _CONVOLUTION,
    "Conv2D": _CONVOLUTION,
    "Conv2DTranspose": _CONVOLUTION,
    "DepthwiseConv1D": _DEPTHWISE,
    "DepthwiseConv2D": _DEPTHWISE,
    "SeparableConv1D": _DEPTHWISE,
    "SeparableConv2D": _DEPTHWISE,
    "Dense": {"use_bias": True, "activation": "linear"},
    "AveragePooling1D": _POOLING,
    "AveragePooling2D": _POOLING,
    "MaxPooling1D": _POOLING,
    "MaxPooling2D": _POOLING,
    "BatchNormalization": {
        "axis": -1,
        "momentum": 0.99,
        "epsilon": 1e-3,
        "center": True,
        "scale": True,
    },
    "LayerNormalization": {"axis": -1, "epsilon": 1e-3, "center": True, "scale": True},
    "Rescaling": {"scale": 1.0, "offset": 0.0},
    "UpSampling1D": {"size": 2},
    "UpSampling2D": {"size": 2, "interpolation": "nearest"},
    "ZeroPadding1D": {"padding": 1},
    "ZeroPadding2D": {"padding": 1},
    "Cropping1D": {"cropping": 1},
    "Cropping2D": {"cropping": 0},
    "Resizing": {"interpolation": "bilinear"},
    "Softmax": {"axis": -1},
}
"""Settings that writers leave out when they are Keras' own defaults."""


def modern_config(class_name: str, config: Any) -> Config:
    """Return a model's configuration as Keras 3 writes it; one of Keras 3 comes back as it is.

    Args:
        class_name: `Sequential`, `Functional` or `Model`.
        config: a dictionary; the bare list of layers that Keras wrote before 2.2.3 will do.
    """
    if isinstance(config, list):
        config = {"name": "sequential", "layers": config}
    config = {"name": class_name.lower(), **config}
    layers = [_modern_layer(layer) for layer in config["layers"]]
    if class_name == "Sequential":
        return {**config, "layers": _with_input(layers)}
    if any(_is_legacy(layer) for layer in layers):
        return _modern_functional(config, layers)
    return {**config, "layers": layers}


def _is_legacy(layer: Mapping[str, Any]) -> bool:
    return any(isinstance(call, list) for call in layer.get("inbound_nodes") or [])


def _modern_layer(layer: Mapping[str, Any]) -> Config:
    class_name = str(layer["class_name"])
    if class_name in MODEL_CLASSES:
        config = modern_config(class_name, layer["config"])
    else:
        class_name = _CLASSES.get(class_name, class_name)
        # A setting of null is one that was left out.
        given = {key: _number(v) for key, v in layer["config"].items() if v is not None}
        config = {**layer["config"], **_DEFAULTS.get(class_name, {}), **given}
        if "batch_input_shape" in config:
            config.setdefault("batch_shape", config["batch_input_shape"])
        if isinstance(config.get("activation"), str):
            config["activation"] = _ACTIVATIONS.get(config["activation"], config["activation"])
        elif _is_layer(config.get("activation")):
            config["activation"] = _modern_layer(config["activation"])
        if class_name == "LeakyReLU":
            config.setdefault("negative_slope", given.get("alpha", 0.3))
        if layer["class_name"] == "ThresholdedReLU":
            config["threshold"] = given.get("theta", 1.0)
    config.setdefault("name", layer.get("name", class_name.lower()))
    return {**layer, "class_name": class_name, "config": config}


def _number(value: Any) -> Any:
    """Return the number in what Keras 2.12 writes for one that numpy made."""
    if isinstance(value, dict) and value.get("class_name") == "__numpy__":
        return value["config"]["value"]
    return value


def _is_layer(value: Any) -> bool:
    """Tell whether an activation is a layer, which has settings, and not a function's name."""
    return isinstance(value, dict) and isinstance(value.get("config"), dict)


def _with_input(layers: list[Config]) -> list[Config]:
    """Return the layers of a Sequential model with the InputLayer that Keras 2 leaves out."""
    if not layers or layers[0]["class_name"] == "InputLayer":
        return layers
    shape = _input_shape(layers[0])
    if shape is None:
        return layers
    entry = {"name": f"{layers[0]['config']['name']}_input", "batch_shape": shape}
    return [{"class_name": "InputLayer", "config": entry}, *layers]


def _input_shape(layer: Config) -> Any:
    """Return the shape that a layer, or the first layer of a nested model, was built for."""
    inner = layer["config"].get("layers")
    if not inner:
        return layer["config"].get("batch_shape")
    entries = [each for each in inner if each["class_name"] == "InputLayer"]
    return _input_shape((entries or inner)[0])


def _modern_functional(config: Config, layers: list[Config]) -> Config:
    by_name = {layer["config"]["name"]: layer for layer in layers}
    outputs = config["output_layers"]
    outputs = [outputs] if outputs and isinstance(outputs[0], str) else outputs
    used: dict[str, int] = {}
    for name, node, _ in [*_tensors([layer.get("inbound_nodes") for layer in layers]), *outputs]:
        used[name] = max(used.get(name, 0), int(node))
    # A nested model was called once when it was made: Keras 2 counts this call, but lists it
    # nowhere.
    offsets = {
        name: int(used.get(name, 0) >= len(layer.get("inbound_nodes") or [None]))
        for name, layer in by_name.items()
    }

    shapes, batches = _batch_sizes(layers)

    def referred(name: str, node: int, index: int = 0) -> Any:
        return BATCH if name in batches else tensor(name, int(node) - offsets.get(name, 0), index)

    modern: list[Config] = []
    for layer in layers:
        if layer["config"]["name"] in (shapes | batches):
            continue
        calls = [_modern_call(call, referred) for call in layer.get("inbound_nodes") or []]
        _refuse_training(layer, calls)
        if layer["class_name"] in RECORDED_CLASSES:
            modern += modern_operation(layer, calls)
        else:
            modern.append({**layer, "inbound_nodes": calls})
    return {
        **config,
        "layers": modern,
        "output_layers": [
            # Keras 3 counts the call that made a nested model in `output_layers` alone.
            [
                name,
                node - offsets[name] + (by_name[name]["class_name"] in ("Functional", "Model")),
                index,
            ]
            for name, node, index in outputs
        ],
    }


def _batch_sizes(layers: list[Config]) -> tuple[set[str], set[str]]:
    """Return the layers that are `tf.shape(x)` and those that are `tf.shape(x)[0]`, by name.

    Shapes that are also used otherwise are left out, and are refused like any unknown function.
    """
    recorded = [layer for layer in layers if layer["class_name"] in RECORDED_CLASSES]
    shapes = {each["config"]["name"] for each in recorded if function_of(each) == "shape"}
    batches, other = set(), set()
    for layer in layers:
        used = {name for name, _, _ in _tensors(layer.get("inbound_nodes"))} & shapes
        if used and layer["class_name"] == "SlicingOpLambda" and _takes_first(layer):
            batches.add(layer["config"]["name"])
        else:
            other |= used
    return shapes - other, batches


def _takes_first(layer: Config) -> bool:
    (call,) = layer["inbound_nodes"]
    return bool(call[3].get("slice_spec") in (0, [0]))


def _tensors(value: Any) -> Iterator[tuple[str, int, int]]:
    """Yield every tensor inside Keras 2's `inbound_nodes`."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        if _is_tensor(value):
            yield value[0], value[1], value[2]
            value = value[3:]
        for child in value:
            yield from _tensors(child)


def _is_tensor(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and all(isinstance(number, int) for number in value[1:3])
        and value[1] >= 0
    )


def _modern_call(call: Any, referred: Callable[..., Any]) -> Config:
    """Return one call of a layer, `[[name, node, tensor, kwargs], ...]`, in Keras 3's form."""
    if isinstance(call, dict):
        return call
    # An operation on tensors comes without the outer list.
    entries = [call] if call and isinstance(call[0], str) else call
    arguments, keywords = [], {}
    for entry in entries:
        if entry[0] == "_CONSTANT_VALUE":
            arguments.append(entry[2])
        else:
            arguments.append(referred(*entry[:3]))
        for key, value in (entry[3] if len(entry) > 3 else {}).items():
            keywords[key] = _keyword(value, referred)
    return {"args": arguments if len(arguments) == 1 else [arguments], "kwargs": keywords}


def _refuse_training(layer: Config, calls: list[Config]) -> None:
    """Refuse a layer that Keras 2 runs as in training always; Keras 3 overrules such a call."""
    if any(call.get("kwargs", {}).get("training") is True for call in calls):
        raise ExportError(
            f"The layer {layer['config']['name']!r} ({layer['class_name']}) is called with "
            "training=True, so that it works as in training when the model predicts. Call it "
            "without and save the model again."
        )


def _keyword(value: Any, referred: Callable[..., Any]) -> Any:
    if _is_tensor(value):
        return referred(*value[:3])
    if isinstance(value, list):
        return [_keyword(each, referred) for each in value]
    return value
