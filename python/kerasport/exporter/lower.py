"""Rewrite Keras 3 layers into the layers that stock TensorFlow.js runs correctly.

One rewriter per Keras class, in a table. A rewriter gets a node and returns the nodes that
replace it, in order: the first takes the old inputs, the last takes over the old name; an empty
list removes the layer. Configurations are written anew field by field, so that nothing that
TensorFlow.js would ignore or misread can slip through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasport.errors import ExportError
from kerasport.exporter.gate import Refusal, refuse
from kerasport.exporter.graph import Graph, Node, Weights

__all__ = ["ACTIVATIONS", "REWRITERS", "Rewriter", "end_in_probabilities", "lower", "rewrites"]

Rewriter = Callable[[Node], list[Node]]

REWRITERS: dict[str, Rewriter] = {}
"""Keras class name -> rewriter."""

ACTIVATIONS = {
    "linear": "linear",
    "relu": "relu",
    "relu6": "relu6",
    "elu": "elu",
    "selu": "selu",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
    "softplus": "softplus",
    "softsign": "softsign",
    "tanh": "tanh",
    "silu": "swish",
    "swish": "swish",
}
"""Keras 3's names of activations -> TensorFlow.js' names, where both compute the same."""

TRAINING_ONLY = (
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "SpatialDropout2D",
)
"""Layers that are the identity outside training. `RandomCrop` is not: it crops or resizes."""


def rewrites(*class_names: str) -> Callable[[Rewriter], Rewriter]:
    """Register the decorated function as the rewriter of these Keras classes."""

    def register(rewriter: Rewriter) -> Rewriter:
        for class_name in class_names:
            REWRITERS[class_name] = rewriter
        return rewriter

    return register


def lower(graph: Graph) -> Graph:
    """Return a new graph that holds only layers of TensorFlow.js and ends in probabilities.

    Raises:
        ExportError: some layers cannot be expressed; all of them are listed.
    """
    lowered = Graph(name=graph.name, nodes={}, input=graph.input, output="")
    renamed: dict[str, str] = {}
    refusals: list[Refusal] = []
    for node in graph:
        inputs = [renamed[name] for name in node.inputs]
        rewriter = REWRITERS.get(node.class_name)
        if rewriter is None:
            refusals.append(Refusal(node, "no rewriter knows this layer"))
            replacement: list[Node] = []
        else:
            try:
                replacement = rewriter(node)
            except _Unsupported as error:
                refusals.append(Refusal(node, str(error), error.remedy))
                replacement = []
        for new in replacement:
            new.inputs = inputs
            lowered.nodes[new.name] = new
            inputs = [new.name]
        # A source without inputs that was refused has nothing to stand in for it.
        renamed[node.name] = inputs[0] if inputs else node.name
    refuse(refusals)
    lowered.output = renamed[graph.output]
    return lowered


def end_in_probabilities(graph: Graph) -> str:
    """Append a softmax when the model ends in logits; return the name of the last activation.

    Raises:
        ExportError: the last layer is neither logits, softmax nor sigmoid.
    """
    last = graph.nodes[graph.output]
    activation = last.config.get("activation", "linear")
    if last.class_name == "Softmax":
        activation = "softmax"
    if last.class_name not in ("Dense", "Activation", "Softmax", "GlobalAveragePooling2D"):
        raise ExportError(
            f"The model ends in the layer {last.name!r} of class {last.class_name}. Expected a "
            "Dense layer or an activation that gives one logit or probability per class."
        )
    if activation == "linear":
        name = graph.fresh_name("probabilities")
        graph.append(Node(name, "Softmax", {"name": name, "axis": -1}))
        return "softmax"
    if activation not in ("softmax", "sigmoid"):
        raise ExportError(
            f"The model ends in the activation {activation!r} (layer {last.name!r}). "
            "Expected logits, softmax or sigmoid."
        )
    return str(activation)


class _Unsupported(Exception):
    """What a rewriter raises for a setting that it cannot express."""

    def __init__(self, reason: str, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.remedy = remedy


def _replace(
    node: Node, class_name: str, config: dict[str, Any], weights: Weights | None = None
) -> list[Node]:
    config = {"name": node.name, "trainable": False, "dtype": "float32", **config}
    return [Node(node.name, class_name, config, weights=weights or {})]


def _channels_last(node: Node) -> dict[str, Any]:
    layout = node.config.get("data_format") or "channels_last"
    if layout != "channels_last":
        raise _Unsupported(
            f"its data_format is {layout!r}, and TensorFlow.js computes only channels_last",
            "rebuild the model with data_format='channels_last'",
        )
    return {"data_format": "channels_last"}


def _activation(value: Any) -> str:
    name = value.get("config") if isinstance(value, dict) else value
    if name is None:
        name = "linear"
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise _Unsupported(
            f"TensorFlow.js has no equal of its activation {name!r}",
            f"use one of: {', '.join(ACTIVATIONS)}",
        )
    return ACTIVATIONS[name]


def _ordered(node: Node, *names: str) -> Weights:
    """Return the node's arrays in TensorFlow.js' order, leaving out those it does not have."""
    return {name: node.weights[name] for name in names if name in node.weights}


def _pair(value: Any) -> list[int]:
    return [int(value), int(value)] if isinstance(value, int) else [int(item) for item in value]


@rewrites("InputLayer")
def _input(node: Node) -> list[Node]:
    shape = node.config.get("batch_shape") or node.config.get("batch_input_shape")
    if shape is None or len(shape) != 4 or any(side is None for side in shape[1:]):
        raise _Unsupported(
            f"its shape is {shape}, not [None, height, width, channels] in whole numbers",
            "give the model an input of fixed size: keras.Input(shape=(224, 224, 3))",
        )
    config = {"batch_input_shape": [None, *map(int, shape[1:])], "sparse": False}
    return [Node(node.name, "InputLayer", {"name": node.name, "dtype": "float32", **config})]


@rewrites("Rescaling")
def _rescaling(node: Node) -> list[Node]:
    values = {key: _plain(node.config[key]) for key in ("scale", "offset")}
    return _replace(node, "Rescaling", values)


def _plain(value: Any) -> float | list[float]:
    """Return a number or a flat list out of what Keras wrote, lists and arrays included."""
    if isinstance(value, dict):
        value = value.get("config", {}).get("value", value)
    if isinstance(value, (list, tuple)):
        flat = [_plain(item) for item in value]
        if len(flat) == 1 and isinstance(flat[0], list):
            return flat[0]
        return [float(item) for item in flat]  # type: ignore[arg-type]
    return float(value)


@rewrites("Conv2D")
def _conv2d(node: Node) -> list[Node]:
    config = node.config
    if config.get("groups", 1) != 1:
        raise _Unsupported(
            f"it has {config['groups']} groups, and TensorFlow.js computes ungrouped convolutions",
            "use groups=1, or a DepthwiseConv2D where each channel is its own group",
        )
    return _replace(
        node,
        "Conv2D",
        {
            "filters": int(config["filters"]),
            **_window(config, "kernel_size"),
            "dilation_rate": _pair(config.get("dilation_rate", 1)),
            "use_bias": bool(config["use_bias"]),
            "activation": _activation(config["activation"]),
            **_channels_last(node),
        },
        _ordered(node, "kernel", "bias"),
    )


@rewrites("DepthwiseConv2D")
def _depthwise_conv2d(node: Node) -> list[Node]:
    config = node.config
    weights = dict(node.weights)
    if "kernel" in weights:
        # TensorFlow.js kept the name of Keras 2.
        weights = {"depthwise_kernel": weights.pop("kernel"), **weights}
    return _replace(
        node,
        "DepthwiseConv2D",
        {
            "depth_multiplier": int(config.get("depth_multiplier", 1)),
            **_window(config, "kernel_size"),
            "dilation_rate": _pair(config.get("dilation_rate", 1)),
            "use_bias": bool(config["use_bias"]),
            "activation": _activation(config["activation"]),
            **_channels_last(node),
        },
        weights,
    )


def _window(config: dict[str, Any], size: str) -> dict[str, Any]:
    sides = _pair(config[size])
    return {
        size: sides,
        "strides": _pair(config.get("strides") or sides),
        "padding": str(config["padding"]),
    }


@rewrites("MaxPooling2D", "AveragePooling2D")
def _pooling(node: Node) -> list[Node]:
    return _replace(
        node, node.class_name, {**_window(node.config, "pool_size"), **_channels_last(node)}
    )


@rewrites("GlobalAveragePooling2D", "GlobalMaxPooling2D")
def _global_pooling(node: Node) -> list[Node]:
    if node.config.get("keepdims"):
        raise _Unsupported(
            "TensorFlow.js ignores keepdims=True", "use keepdims=False and a Reshape layer"
        )
    return _replace(node, node.class_name, _channels_last(node))


@rewrites("Flatten")
def _flatten(node: Node) -> list[Node]:
    return _replace(node, "Flatten", _channels_last(node))


@rewrites("Dense")
def _dense(node: Node) -> list[Node]:
    config = {
        "units": int(node.config["units"]),
        "use_bias": bool(node.config["use_bias"]),
        "activation": _activation(node.config["activation"]),
    }
    return _replace(node, "Dense", config, _ordered(node, "kernel", "bias"))


@rewrites("Activation")
def _activation_layer(node: Node) -> list[Node]:
    activation = _activation(node.config["activation"])
    return (
        [] if activation == "linear" else _replace(node, "Activation", {"activation": activation})
    )


@rewrites("ReLU")
def _relu(node: Node) -> list[Node]:
    for setting in ("negative_slope", "threshold"):
        # Measured: TensorFlow.js ignores both and answers with wrong numbers.
        if node.config.get(setting):
            raise _Unsupported(f"TensorFlow.js ignores {setting}={node.config[setting]}")
    maximum = node.config.get("max_value")
    return _replace(node, "ReLU", {} if maximum is None else {"max_value": float(maximum)})


@rewrites("Softmax")
def _softmax(node: Node) -> list[Node]:
    axis = node.config.get("axis", -1)
    if axis != -1:
        raise _Unsupported(f"its axis is {axis}", "use axis=-1, the classes")
    return _replace(node, "Softmax", {"axis": -1})


@rewrites("BatchNormalization")
def _batch_normalization(node: Node) -> list[Node]:
    config = node.config
    axis = config.get("axis", -1)
    axis = axis[0] if isinstance(axis, (list, tuple)) else axis
    return _replace(
        node,
        "BatchNormalization",
        {
            "axis": int(axis),
            "momentum": float(config["momentum"]),
            "epsilon": float(config["epsilon"]),
            "center": bool(config["center"]),
            "scale": bool(config["scale"]),
        },
        _ordered(node, "gamma", "beta", "moving_mean", "moving_variance"),
    )


@rewrites("ZeroPadding2D")
def _zero_padding(node: Node) -> list[Node]:
    padding = node.config["padding"]
    padding = [padding, padding] if isinstance(padding, int) else list(padding)
    sides = [_pair(side) for side in padding]
    return _replace(node, "ZeroPadding2D", {"padding": sides, **_channels_last(node)})


@rewrites("Add")
def _add(node: Node) -> list[Node]:
    return _replace(node, "Add", {})


@rewrites(*TRAINING_ONLY)
def _training_only(node: Node) -> list[Node]:
    return []
