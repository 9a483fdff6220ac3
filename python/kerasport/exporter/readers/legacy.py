"""Configurations of Keras 2 and of TensorFlow.js, rewritten as Keras 3 would write them.

Pure: dictionaries in, dictionaries out. What only shows in the graph (an activation whose formula
changed, the name of a weight) is the matter of `legacy_graph`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kerasport.exporter.readers.configuration import MODEL_CLASSES

__all__ = ["modern_config", "operation_of"]

Config = dict[str, Any]

_CLASSES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "ThresholdedReLU": "ReLU",
}

_ACTIVATIONS = {
    "hardSigmoid": "hard_sigmoid",
    "logSoftmax": "log_softmax",
}
"""TensorFlow.js' spelling -> Keras'."""

_LINEAR = {"use_bias": True, "activation": "linear"}
_DEFAULTS: dict[str, Config] = {
    "Conv2D": _LINEAR,
    "Conv2DTranspose": _LINEAR,
    "Dense": _LINEAR,
    "DepthwiseConv2D": _LINEAR,
    "SeparableConv2D": _LINEAR,
    "BatchNormalization": {
        "axis": -1,
        "momentum": 0.99,
        "epsilon": 1e-3,
        "center": True,
        "scale": True,
    },
    "LayerNormalization": {"axis": -1, "epsilon": 1e-3, "center": True, "scale": True},
    "Rescaling": {"offset": 0.0},
}
"""Settings that writers leave out when they are Keras' own defaults."""

_FUNCTIONS = {
    "__operators__.add": "Add",
    "math.add": "Add",
    "math.divide": "TrueDivide",
    "math.maximum": "Maximum",
    "math.minimum": "Minimum",
    "math.multiply": "Multiply",
    "math.negative": "Negative",
    "math.reduce_max": "Max",
    "math.reduce_mean": "Mean",
    "math.sigmoid": "Sigmoid",
    "math.softplus": "Softplus",
    "math.subtract": "Subtract",
    "math.tanh": "Tanh",
    "math.truediv": "TrueDivide",
    "nn.relu": "Relu",
    "nn.relu6": "Relu6",
    "nn.sigmoid": "Sigmoid",
    "nn.silu": "Silu",
    "nn.softmax": "Softmax",
    "nn.tanh": "Tanh",
}
"""TensorFlow's functions, as Keras 2 recorded them -> operations of Keras 3."""


def operation_of(function: str) -> str:
    """Return the Keras 3 class of a TensorFlow function that Keras 2 recorded; `tf.NAME` if none.

    >>> operation_of("math.multiply"), operation_of("io.write_file")
    ('Multiply', 'tf.io.write_file')
    """
    return _FUNCTIONS.get(function, f"tf.{function}")


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
        config = {**_DEFAULTS.get(class_name, {}), **layer["config"]}
        if "batch_input_shape" in config:
            config.setdefault("batch_shape", config["batch_input_shape"])
        if isinstance(config.get("activation"), str):
            config["activation"] = _ACTIVATIONS.get(config["activation"], config["activation"])
        if class_name == "LeakyReLU":
            config.setdefault("negative_slope", config.get("alpha", 0.3))
        if class_name == "ReLU" and "theta" in config:
            config["threshold"] = config["theta"]
    config.setdefault("name", layer.get("name", class_name.lower()))
    return {**layer, "class_name": class_name, "config": config}


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

    def tensor(name: str, node: int, index: int = 0) -> Config:
        history = [name, int(node) - offsets.get(name, 0), int(index)]
        return {"class_name": "__keras_tensor__", "config": {"keras_history": history}}

    modern = []
    for layer in layers:
        calls = [_modern_call(call, tensor) for call in layer.get("inbound_nodes") or []]
        layer = {**layer, "inbound_nodes": calls}
        if layer["class_name"] in ("TFOpLambda", "SlicingOpLambda"):
            layer = _operation(layer)
        modern.append(layer)
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


def _modern_call(call: Any, tensor: Callable[..., Config]) -> Config:
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
            arguments.append(tensor(*entry[:3]))
        for key, value in (entry[3] if len(entry) > 3 else {}).items():
            keywords[key] = tensor(*value[:3]) if _is_tensor(value) else value
    return {"args": arguments if len(arguments) == 1 else [arguments], "kwargs": keywords}


def _operation(layer: Config) -> Config:
    """Return a recorded TensorFlow function as the operation that Keras 3 would have recorded."""
    function = str(layer["config"].get("function", layer["class_name"]))
    config = {"name": layer["config"]["name"]}
    calls = []
    for call in layer["inbound_nodes"]:
        keywords = dict(call["kwargs"])
        config |= {key: keywords.pop(key) for key in ("axis", "keepdims") if key in keywords}
        operands = [keywords[key] for key in ("y", "b", "bias") if key in keywords]
        calls.append({"args": [*call["args"], *operands], "kwargs": {}})
    return {
        "class_name": operation_of(function),
        "module": "keras.ops",
        "config": config,
        "inbound_nodes": calls,
    }
