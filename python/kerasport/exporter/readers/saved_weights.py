"""The weights in a `.keras` archive, given the names of their layers and variables. Pure.

`model.weights.h5` numbers the variables of a layer and names its group after the layer's class, so
that the configuration is needed to tell which is which. Formats of the Keras versions:

| written by | a layer's group |
|---|---|
| Keras 3, tf_keras from 2.14 on | `layers/conv2d_1/vars/0` |
| Keras 2.12 and 2.13 | `_layer_checkpoint_dependencies/conv2d_1/vars/0`, with `\\` on Windows |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import ModelError
from kerasport.exporter.graph.graph import Weights
from kerasport.exporter.readers.configuration import MODEL_CLASSES, OPERATIONS
from kerasport.exporter.readers.layer_path import LayerPath

__all__ = ["name_saved_weights", "variable_names"]

Config = Mapping[str, Any]

_CONTAINERS = ("layers", "_layer_checkpoint_dependencies", "_layers")


def name_saved_weights(
    class_name: str, config: Config, arrays: Mapping[str, NDArray[np.generic]]
) -> dict[LayerPath, Weights]:
    """Return the weights of each layer by its path of names.

    Args:
        class_name: `Sequential` or `Functional`.
        config: the model's configuration, as Keras 3 writes it.
        arrays: path in `model.weights.h5` -> values.

    Raises:
        ModelError: a layer has more or fewer variables than its configuration says.
    """
    plain = {path.replace("\\", "/").strip("/"): array for path, array in arrays.items()}
    groups: dict[str, dict[int, NDArray[np.generic]]] = {}
    for path, array in plain.items():
        group, _, number = path.rpartition("/")
        if number.isdecimal() and (group == "vars" or group.endswith("/vars")):
            groups.setdefault(group.removesuffix("vars").rstrip("/"), {})[int(number)] = array
    return dict(_model(config, "", groups, ()))


def _model(
    config: Config,
    place: str,
    groups: Mapping[str, Mapping[int, NDArray[np.generic]]],
    prefix: LayerPath,
) -> Iterator[tuple[LayerPath, Weights]]:
    used: dict[str, int] = {}
    inside = f"{place}/" if place else ""
    container = next(
        (name for name in _CONTAINERS if any(g.startswith(f"{inside}{name}/") for g in groups)),
        _CONTAINERS[0],
    )
    for layer in config["layers"]:
        if str(layer.get("module", "")).startswith(OPERATIONS):
            continue
        class_name, inner = str(layer["class_name"]), layer["config"]
        name = _snake_case(_SAVED_AS.get(class_name, class_name))
        number = used[name] = used.get(name, -1) + 1
        group = f"{inside}{container}/{name}_{number}" if number else f"{inside}{container}/{name}"
        path = (*prefix, str(inner["name"]))
        if class_name in MODEL_CLASSES:
            yield from _model(inner, group, groups, path)
            continue
        weights: Weights = {}
        for sub, names in variable_names(class_name, inner).items():
            # Keras 2 kept the inner layers of attention as `_query_dense`.
            found = groups.get(f"{group}/{sub}".rstrip("/")) or groups.get(f"{group}/_{sub}", {})
            if len(found) != len(names) or sorted(found) != list(range(len(names))):
                raise ModelError(
                    f"The layer {path[-1]!r} ({class_name}) has {len(found)} saved variables in "
                    f"'{group}'. Expected {len(names)}: {', '.join(names) or 'none'}. Save the "
                    "model again, whole, with a release of Keras."
                )
            weights |= {variable: found[index] for index, variable in enumerate(names)}
        if weights:
            yield path, {name: array for name, array in weights.items() if name != _UNUSED}


def variable_names(class_name: str, config: Config) -> dict[str, list[str]]:
    """Return the variables of a layer: group inside the layer's own -> names in their order.

    Layers without variables, those that only training uses among them, have none.
    """
    return _VARIABLES[class_name](config) if class_name in _VARIABLES else {}


def _snake_case(name: str) -> str:
    # keras/src/utils/naming.py, to_snake_case.
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _own(*names: str | tuple[str, str, bool]) -> Callable[[Config], dict[str, list[str]]]:
    """Return the rule of a layer without inner layers.

    Args:
        names: a variable, or variable, setting that brings it, and that setting's default.
    """

    def rule(config: Config) -> dict[str, list[str]]:
        found = []
        for name in names:
            if isinstance(name, str):
                found.append(name)
            elif config.get(name[1], name[2]):
                found.append(name[0])
        return {"": found}

    return rule


def _normalization(config: Config) -> dict[str, list[str]]:
    given = config.get("mean") is not None
    return {"": [] if given else ["mean", "variance", "count"]}


def _einsum_dense(config: Config) -> dict[str, list[str]]:
    return {"": ["kernel", "bias"] if config.get("bias_axes") else ["kernel"]}


def _attention(config: Config) -> dict[str, list[str]]:
    names = ["scale"] if config.get("use_scale") else []
    if config.get("score_mode") == "concat":
        names.append("concat_score_weight")
    return {"": names}


def _heads(prefix: str) -> Callable[[Config], dict[str, list[str]]]:
    def rule(config: Config) -> dict[str, list[str]]:
        kinds = ["kernel", "bias"] if config.get("use_bias", True) else ["kernel"]
        parts = {"query": "query", "key": "key", "value": "value", "output": "attention_output"}
        return {
            f"{prefix}{group}_dense": [f"{name}/{kind}" for kind in kinds]
            for group, name in parts.items()
        }

    return rule


def _time_distributed(config: Config) -> dict[str, list[str]]:
    inner = config["layer"]
    rules = variable_names(str(inner["class_name"]), inner["config"])
    return {f"layer/{group}".rstrip("/"): names for group, names in rules.items()}


def _spectral(config: Config) -> dict[str, list[str]]:
    inner = config["layer"]
    rules = variable_names(str(inner["class_name"]), inner["config"])
    # The kernel is saved twice, by the wrapper and by the layer in it.
    own = {"": [_UNUSED, "vector_u"]}
    return {**own, **{f"layer/{group}".rstrip("/"): names for group, names in rules.items()}}


_UNUSED = "(unused)"

_SAVED_AS = {"GroupQueryAttention": "GroupedQueryAttention", "Model": "Functional"}
"""Class in the configuration -> class whose name the group has."""

_KERNEL = _own("kernel", ("bias", "use_bias", True))
_AFFINE = _own(("gamma", "scale", True), ("beta", "center", True))

_VARIABLES: dict[str, Callable[[Config], dict[str, list[str]]]] = {
    "AdditiveAttention": _own(("scale", "use_scale", True)),
    "Attention": _attention,
    "BatchNormalization": _own(
        ("gamma", "scale", True), ("beta", "center", True), "moving_mean", "moving_variance"
    ),
    "Conv1D": _KERNEL,
    "Conv1DTranspose": _KERNEL,
    "Conv2D": _KERNEL,
    "Conv2DTranspose": _KERNEL,
    "Dense": _KERNEL,
    "DepthwiseConv1D": _KERNEL,
    "DepthwiseConv2D": _KERNEL,
    "EinsumDense": _einsum_dense,
    "GroupNormalization": _AFFINE,
    "GroupQueryAttention": _heads("_"),
    "GroupedQueryAttention": _heads("_"),
    "LayerNormalization": _AFFINE,
    "LayerScale": _own("gamma"),
    "MultiHeadAttention": _heads(""),
    "Normalization": _normalization,
    "PReLU": _own("alpha"),
    "RMSNormalization": _own("scale"),
    "SeparableConv1D": _own("depthwise_kernel", "pointwise_kernel", ("bias", "use_bias", True)),
    "SeparableConv2D": _own("depthwise_kernel", "pointwise_kernel", ("bias", "use_bias", True)),
    "SpectralNormalization": _spectral,
    "TimeDistributed": _time_distributed,
}
"""Class of a layer that has variables -> which, in the order in which Keras builds them."""
