"""What a configuration means in TensorFlow.js, for models that were made there.

Most layers mean what they mean in Keras 2. Some settings are stored and never used, and some layers
compute otherwise. Pure: dictionaries in, dictionaries out. Compared with tfjs-layers 4.22.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.readers.configuration import MODEL_CLASSES
from kerasport.exporter.refusal import Refusal, refuse

__all__ = ["as_tensorflowjs_computes", "in_keras_spelling", "refuse_other_axes"]

Config: TypeAlias = dict[str, Any]

_UNUSED = {
    "Conv1D": ("groups",),
    "Conv2D": ("groups",),
    "Conv2DTranspose": ("dilation_rate", "output_padding"),
    "DepthwiseConv2D": ("dilation_rate",),
    "GlobalAveragePooling1D": ("keepdims",),
    "GlobalAveragePooling2D": ("keepdims",),
    "GlobalMaxPooling1D": ("keepdims",),
    "GlobalMaxPooling2D": ("keepdims",),
    "LayerNormalization": ("rms_scaling",),
    "ReLU": ("negative_slope", "threshold"),
    "SeparableConv2D": ("groups",),
}
"""Layer -> settings that Keras has and TensorFlow.js never looks at."""

_CORNERS = "TensorFlow.js, which made this model, {what} by other corners than Keras"
_RETRAIN = "train it {how}, or export the Keras model it came from"
_REFUSED = {
    "CenterCrop": (
        "TensorFlow.js, which made this model, crops beside the centre",
        "train it with cropped pictures, or with Cropping2D",
    ),
    "RandomHeight": (
        "TensorFlow.js, which made this model, resizes at random in predictions too",
        "take it out of the model and train again",
    ),
    "RandomWidth": (
        "TensorFlow.js, which made this model, resizes at random in predictions too",
        "take it out of the model and train again",
    ),
    "Resizing": (
        _CORNERS.format(what="resizes"),
        _RETRAIN.format(how="with pictures of the size that it resizes to"),
    ),
}
"""Layers that compute otherwise: why they are refused, and what to do."""


def in_keras_spelling(model_config: Any) -> Any:
    """Return a model's configuration with keys and layouts spelled as Keras does.

    TensorFlow.js reads `batchInputShape` and `batch_input_shape` alike, and so do files that were
    patched by hand. Of two spellings the last counts, as there.
    """
    if not isinstance(model_config, Mapping):
        return model_config
    entry = {_snake_case(str(key)): value for key, value in model_config.items()}
    config = entry.get("config")
    if entry.get("class_name") in MODEL_CLASSES and isinstance(config, Mapping):
        config = {_snake_case(str(key)): value for key, value in config.items()}
        if isinstance(config.get("layers"), list):
            config["layers"] = [in_keras_spelling(layer) for layer in config["layers"]]
        return {**entry, "config": config}
    if entry.get("class_name") in MODEL_CLASSES and isinstance(config, list):
        return {**entry, "config": [in_keras_spelling(layer) for layer in config]}
    return {**entry, "config": _settings(config)}


def _settings(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {_snake_case(str(k)): _settings(v, _snake_case(str(k))) for k, v in value.items()}
    if key in ("data_format", "activation") and isinstance(value, str):
        return _snake_case(value)
    return value


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def as_tensorflowjs_computes(model_config: Config) -> Config:
    """Return the configuration of a model that TensorFlow.js made, in which all settings count.

    Raises:
        ExportError: layers compute otherwise than in Keras.
    """
    refuse(list(_refusals(model_config)))
    return _with_used_settings(model_config)


def _with_used_settings(entry: Config) -> Config:
    class_name, config = str(entry["class_name"]), entry["config"]
    if class_name in MODEL_CLASSES:
        layers = config if isinstance(config, list) else config["layers"]
        used = [_with_used_settings(layer) for layer in layers]
        return {**entry, "config": used if isinstance(config, list) else {**config, "layers": used}}
    config = {key: value for key, value in config.items() if key not in _UNUSED.get(class_name, ())}
    if class_name == "Softmax" and config.get("axis") is None:
        config["axis"] = 1
    return {**entry, "config": config}


def _refusals(entry: Config) -> Iterator[Refusal]:
    class_name, config = str(entry["class_name"]), entry["config"]
    if class_name in MODEL_CLASSES:
        for layer in config if isinstance(config, list) else config["layers"]:
            yield from _refusals(layer)
        return
    node = Node(str(config.get("name", class_name)), class_name, config)
    if class_name in _REFUSED:
        yield Refusal(node, *_REFUSED[class_name])
    elif class_name == "UpSampling2D" and config.get("interpolation") == "bilinear":
        yield Refusal(
            node,
            _CORNERS.format(what="enlarges"),
            _RETRAIN.format(how="with interpolation='nearest'"),
        )


def refuse_other_axes(graph: Graph) -> None:
    """Refuse normalisations over another axis than the last, in a model that TensorFlow.js made.

    Its backends differ there: the cpu one takes the statistics in turns.
    """
    refuse(
        [
            Refusal(
                node,
                "TensorFlow.js, which made this model, normalises over another axis than the last "
                "in a way of each backend's own",
                "put Permute layers around it and train again",
            )
            for node in graph
            if node.class_name == "BatchNormalization"
            and _axis(node) not in (-1, _rank(graph, node) - 1)
        ]
    )


def _axis(node: Node) -> int:
    axis = node.config.get("axis", -1)
    return int(axis[0] if isinstance(axis, list) else axis)


def _rank(graph: Graph, node: Node) -> int:
    """Return the number of axes, the batch among them, that a layer works on."""
    while node.inputs:
        node = graph.nodes[node.inputs[0]]
        if node.class_name == "Flatten" or node.class_name.startswith("Global"):
            return 2
        if node.class_name.endswith("1D"):
            return 3
        if node.class_name == "Reshape":
            return 1 + len(node.config["target_shape"])
    return 4
