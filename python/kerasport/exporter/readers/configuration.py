"""From a Keras 3 configuration and arrays to the graph.

Pure: it takes what `model.get_config()` returns and a dictionary of arrays. Nested models are
flattened here, because TensorFlow.js' own handling of nested configurations is one of the things
that fail, and every call of a shared layer becomes a node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Node, Weights
from kerasport.exporter.readers.layer_path import LayerPath

__all__ = ["MODEL_CLASSES", "OPERATIONS", "graph_from_config"]

_MAX_CALLS = 10_000
"""Most calls of layers in a model."""

OPERATIONS = ("keras.src.ops", "keras.ops")
"""Where the classes of recorded operations live."""

MODEL_CLASSES = ("Functional", "Sequential", "Model")
"""Classes of models whose layers are listed in their configuration."""


def graph_from_config(
    class_name: str, config: Mapping[str, Any], arrays: Mapping[LayerPath, Weights]
) -> Graph:
    """Return the graph of a model configuration.

    Args:
        class_name: `Sequential` or `Functional`.
        config: what `model.get_config()` returns.
        arrays: weights of each layer by its path of names.
    """
    reader = _Reader(arrays)
    graph = Graph(name=str(config["name"]), nodes=reader.nodes, input="", output="")
    graph.output = reader.model(class_name, config, prefix=(), source=None)
    inputs = [node.name for node in graph if node.class_name == "InputLayer"]
    if len(inputs) != 1:
        raise ExportError(
            f"The model {graph.name!r} has {len(inputs)} inputs. Expected exactly one: a picture."
        )
    graph.input = inputs[0]
    return graph


class _Reader:
    """Walks model configurations and fills `nodes` in topological order."""

    def __init__(self, arrays: Mapping[LayerPath, Weights]) -> None:
        self.nodes: dict[str, Node] = {}
        self._arrays = arrays
        # Name of a layer -> the number that its last call got.
        self._numbers: dict[str, int] = {}

    def model(
        self, class_name: str, config: Mapping[str, Any], *, prefix: LayerPath, source: str | None
    ) -> str:
        """Append all layers of a model that is fed by `source`; return its output's node name."""
        if class_name == "Sequential":
            return self._sequential(config, prefix, source)
        return self._functional(config, prefix, source)

    def _sequential(self, config: Mapping[str, Any], prefix: LayerPath, source: str | None) -> str:
        layers = list(config["layers"])
        if source is None and (not layers or layers[0]["class_name"] != "InputLayer"):
            shape = config.get("build_input_shape")
            if shape is None:
                raise ExportError(
                    f"The Sequential model {config['name']!r} has no input shape. "
                    "Give it keras.Input(shape=(height, width, channels)) as its first layer."
                )
            entry = {"name": "input", "batch_shape": shape}
            layers.insert(0, {"class_name": "InputLayer", "config": entry})
        # What feeds the next layer: nothing before the InputLayer.
        feeding = [] if source is None else [source]
        for layer in layers:
            if layer["class_name"] == "InputLayer" and source is not None:
                continue
            feeding = [self._call(layer, prefix, feeding)]
        return feeding[0]

    def _functional(self, config: Mapping[str, Any], prefix: LayerPath, source: str | None) -> str:
        outputs = _histories(config["output_layers"])
        if len(outputs) != 1:
            raise ExportError(
                f"The model {config['name']!r} has {len(outputs)} outputs. "
                "Expected exactly one: the class probabilities or logits."
            )
        produced: dict[tuple[str, int], str] = {}
        pending = [
            (layer, number, call)
            for layer in config["layers"]
            for number, call in enumerate(layer.get("inbound_nodes") or [None])
        ]
        # Keras lists layers in creation order; a layer that is called twice may come before
        # the inputs of its second call.
        while pending:
            waiting = []
            for layer, number, call in pending:
                wanted = _inputs(layer, call)
                if any((name, node) not in produced for name, node, _ in wanted):
                    waiting.append((layer, number, call))
                    continue
                key = (layer["config"]["name"], number)
                if layer["class_name"] == "InputLayer" and source is not None:
                    produced[key] = source
                else:
                    inputs = [
                        self._output(produced[name, node], each) for name, node, each in wanted
                    ]
                    produced[key] = self._call(layer, prefix, inputs, call)
            if len(waiting) == len(pending):
                names = ", ".join(repr(layer["config"]["name"]) for layer, _, _ in waiting[:5])
                raise ExportError(f"The layers {names} are not connected to the model's input.")
            pending = waiting
        name, node, each = outputs[0]
        classes = {layer["config"]["name"]: layer["class_name"] for layer in config["layers"]}
        # A nested Functional model was called once when it was made. Keras leaves this call out of
        # `inbound_nodes` but counts it in `output_layers`.
        built_in = 1 if classes[name] in ("Functional", "Model") else 0
        return self._output(produced[name, node - built_in], each)

    def _output(self, name: str, number: int) -> str:
        """Return the node of one output of a layer: each but the first becomes a node like it."""
        if not number or self.nodes[name].class_name == "InputLayer":
            return name
        other = f"{name}_output_{number}"
        if other not in self.nodes:
            node = self.nodes[name]
            config = {**node.config, "output_index": number}
            self.nodes[other] = replace(node, name=other, config=config)
        return other

    def _call(
        self,
        layer: Mapping[str, Any],
        prefix: LayerPath,
        inputs: list[str],
        call: Mapping[str, Any] | None = None,
    ) -> str:
        config = dict(layer["config"])
        path = (*prefix, str(config["name"]))
        if layer["class_name"] in MODEL_CLASSES:
            if len(inputs) != 1:
                raise ExportError(
                    f"The nested model {config['name']!r} takes {len(inputs)} inputs. Expected one."
                )
            return self.model(layer["class_name"], config, prefix=path, source=inputs[0])
        if len(self.nodes) >= _MAX_CALLS:
            # Models in models that are called twice at each level double with every level.
            raise ExportError(
                f"The layers of the model are called more than {_MAX_CALLS:,} times. Expected "
                "fewer: the largest of keras.applications has 1,044 calls."
            )
        name, number = path[-1], self._numbers.get(path[-1], 0)
        while name in self.nodes:
            number += 1
            name = f"{path[-1]}_{number}"
        self._numbers[path[-1]] = number
        class_name = str(layer["class_name"])
        if str(layer.get("module", "")).startswith(OPERATIONS):
            # An operation on tensors; some have the names of layers.
            class_name = f"operation:{class_name}"
            config["arguments"] = _arguments(call)
        self.nodes[name] = Node(
            name=name,
            class_name=class_name,
            config=config,
            inputs=inputs,
            weights=dict(self._arrays.get(path, {})),
        )
        return self._with_activation_layer(self.nodes[name])

    def _with_activation_layer(self, node: Node) -> str:
        """Give an activation that is itself a layer a node of its own; return the last one's name.

        `Dense(3, activation=LeakyReLU(0.1))` holds the other layer's whole entry, and
        `activation=tf.nn.softmax` the function's name in TensorFlow.
        """
        activation = node.config.get("activation")
        if not isinstance(activation, Mapping):
            return node.name
        inner = activation.get("config")
        if activation.get("class_name") == "function" or not isinstance(inner, Mapping):
            node.config["activation"] = inner
            return node.name
        node.config["activation"] = "linear"
        name, number = f"{node.name}_activation", 0
        while name in self.nodes:
            number += 1
            name = f"{node.name}_activation_{number}"
        weights = {key: node.weights.pop(key) for key in ("alpha",) if key in node.weights}
        class_name = str(activation["class_name"])
        if class_name == "PReLU" and not weights:
            raise ExportError(
                f"The layer {node.name!r} has a PReLU as its activation, whose weights Keras does "
                "not keep. Put the PReLU behind it as a layer of its own."
            )
        self.nodes[name] = Node(name, class_name, {**inner, "name": name}, [node.name], weights)
        return self._with_activation_layer(self.nodes[name])


_ATTENTION = {
    "MultiHeadAttention",
    "GroupQueryAttention",
    "GroupedQueryAttention",
}
"""Layers that are called on a query, a value and a key by position or by name."""

_ASKING = ("attention_mask", "query_mask", "value_mask", "key_mask", "mask", "use_causal_mask")


def _inputs(layer: Mapping[str, Any], call: Mapping[str, Any] | None) -> list[tuple[str, int, int]]:
    """Return the tensors that a layer is called on, in the order of its own arguments.

    Raises:
        ExportError: the call has arguments that change what the layer computes.
    """
    if not call:
        return []
    keywords = dict(call.get("kwargs") or {})
    if str(layer.get("module", "")).startswith(OPERATIONS):
        return _histories([call["args"], keywords])
    asked = [key for key in _ASKING if keywords.get(key)]
    if keywords.get("return_attention_scores"):
        asked.append("return_attention_scores")
    if asked:
        raise ExportError(
            f"The layer {layer['config']['name']!r} ({layer['class_name']}) is called with "
            f"{', '.join(asked)}. Expected a call on tensors alone, as in predictions; call it "
            "without and save the model again."
        )
    if layer["class_name"] in _ATTENTION:
        named = {key: keywords.pop(key) for key in ("query", "value", "key") if key in keywords}
        return _histories([*_positional(call["args"]), *named.values(), *keywords.values()])
    return _histories([call["args"], keywords])


def _positional(args: Any) -> list[Any]:
    return list(args) if isinstance(args, (list, tuple)) else [args]


def _arguments(call: Mapping[str, Any] | None) -> list[Any]:
    """Return the arguments of an operation, None in the place of each tensor."""
    if call is None:
        return []
    values = [*call["args"], *call.get("kwargs", {}).values()]
    return [None if _histories([value]) else value for value in values]


def _histories(value: Any) -> list[tuple[str, int, int]]:
    """Return layer name, node and tensor index of every Keras tensor inside `value`, in order."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            name, node, tensor = value["config"]["keras_history"]
            return [(name, node, tensor)]
        return [history for child in value.values() for history in _histories(child)]
    if isinstance(value, (list, tuple)):
        if len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
            return [(value[0], value[1], value[2])]
        return [history for child in value for history in _histories(child)]
    return []
