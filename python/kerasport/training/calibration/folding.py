"""Dividing a model's logits by a temperature, by a change of its weights."""

from __future__ import annotations

from typing import Any

from kerasport import models

__all__ = ["fold_temperature"]

# f(x / t) = f(x) / t for every t > 0, so a factor passes through them.
_PASS_SCALE = frozenset(
    {
        "AlphaDropout",
        "AveragePooling2D",
        "Dropout",
        "Flatten",
        "GaussianDropout",
        "GaussianNoise",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling2D",
        "LeakyReLU",
        "MaxPooling2D",
        "Permute",
        "Reshape",
        "SpatialDropout2D",
    }
)
_AFFINE = frozenset({"Conv1D", "Conv2D", "Dense", "DepthwiseConv2D"})


def fold_temperature(model: models.KerasModel, temperature: float) -> str | None:
    """Divide the logits of a Keras model by `temperature`, by a change of its weights.

    Kernel and bias of the last layer that has them are divided, so nothing is added to the model
    and whoever runs it gets the calibrated probabilities. The order of the classes, and with it
    the accuracy, stays as it is. The model may end in logits, in softmax, or in a single sigmoid.

    Returns:
        None, or why the model could not be changed exactly, a clause; it is then as it was.
    """
    if not temperature > 0:
        raise ValueError(f"The temperature is {temperature}. Expected a number above 0.")
    layer = _last_affine_layer(model)
    if isinstance(layer, str):
        return layer
    layer.kernel.assign(layer.kernel / temperature)
    if layer.bias is not None:
        layer.bias.assign(layer.bias / temperature)
    return None


def _last_affine_layer(model: models.KerasModel) -> Any:
    """Return the layer whose kernel and bias scale the logits, or the reason why there is none."""
    if len(getattr(model, "outputs", ())) != 1:
        return "it is not a functional or sequential model with one output"
    graph, tensor = model, model.outputs[0]
    # Only the very last activation turns logits into probabilities.
    allowed = {"linear", "relu", "softmax", "sigmoid"}
    while True:
        layer, node, index = tensor._keras_history
        kind = type(layer).__name__
        if _uses(graph, layer) > 1:
            return f"the layer '{layer.name}' is used more than once"
        if getattr(layer, "outputs", None):
            graph, tensor = layer, layer.outputs[index]
            continue
        activation = models.activation_of(layer)
        if activation not in allowed:
            return f"the activation '{activation}' of the layer '{layer.name}' is in the way"
        if activation == "sigmoid" and model.output_shape[-1] != 1:
            return "it ends in more than one sigmoid"
        if kind in _AFFINE:
            if getattr(layer, "lora_enabled", False) or "float" not in str(layer.kernel.dtype):
                return f"the kernel of the layer '{layer.name}' is not plain floating point"
            return layer
        if kind not in _PASS_SCALE | {"Activation", "Softmax"} and not _is_plain_relu(layer):
            return f"the layer '{layer.name}' of class {kind} is in the way"
        tensor = layer._inbound_nodes[node].input_tensors[0]
        allowed = {"linear", "relu"}


def _uses(graph: models.KerasModel, layer: Any) -> int:
    depths = (getattr(graph, "_functional", None) or graph)._nodes_by_depth.values()
    return sum(node.operation is layer for nodes in depths for node in nodes)


def _is_plain_relu(layer: Any) -> bool:
    return type(layer).__name__ == "ReLU" and layer.max_value is None and not layer.threshold
