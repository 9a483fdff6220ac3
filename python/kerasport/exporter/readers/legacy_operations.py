"""TensorFlow's functions, as Keras 2 recorded them, in the form that Keras 3 would have recorded.

Keras 2 made a layer of every function called on its tensors: `TFOpLambda` with the function's name
in the configuration and its arguments in the graph. Pure: dictionaries in, dictionaries out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from kerasport.exporter.readers.legacy_functions import BEFORE, RULES, Call, Inexpressible, Step

__all__ = [
    "RECORDED_CLASSES",
    "REFUSED_FUNCTIONS",
    "function_of",
    "is_expressed",
    "modern_operation",
]

Config: TypeAlias = dict[str, Any]

RECORDED_CLASSES = ("TFOpLambda", "SlicingOpLambda")
"""Classes of the layers that Keras 2 made of functions."""


def function_of(layer: Mapping[str, Any]) -> str:
    """Return the name of a recorded function: `math.add`, `nn.relu`, `__operators__.getitem`."""
    return _plain_name(str(layer["config"].get("function", layer["class_name"])))


def is_expressed(function: str) -> bool:
    """Tell whether a function is on the list, by the name that a file has for it.

    >>> is_expressed("math.multiply"), is_expressed("io.write_file")
    (True, False)
    """
    return _plain_name(function) in (*RULES, "shape")


def _plain_name(name: str) -> str:
    # The functions of TensorFlow 1 that TensorFlow 2 calls inside; those on pictures compute
    # otherwise than their namesakes.
    plain = name.removeprefix("compat.v1.")
    return name if "image." in plain and plain != name else plain


def modern_operation(layer: Config, calls: list[Config]) -> list[Config]:
    """Return the layers of a Keras 3 configuration that stand for a recorded function.

    What has no equal comes back as an operation `tf.NAME`, which no rewriter knows.

    Args:
        layer: of class `TFOpLambda` or `SlicingOpLambda`.
        calls: its `inbound_nodes` in Keras 3's form: `args`, `kwargs`.
    """
    function, name = function_of(layer), str(layer["config"]["name"])
    rule = RULES.get(function)
    found = []
    for call in calls:
        first = call["args"][0] if len(call["args"]) == 1 else call["args"]
        try:
            if rule is None:
                raise Inexpressible(function)
            made = rule(Call(first, dict(call["kwargs"])))
        except Inexpressible:
            made = Step(f"tf.{function}", {}, [first, *call["kwargs"].values()])
        found.append(made if isinstance(made, list) else [made])
    return _chained(name, found)


def _chained(name: str, calls: list[list[Step]]) -> list[Config]:
    """Return the layers of one call or more, each a chain of which the last has the name."""
    layers: list[Config] = []
    for place, step in enumerate(calls[0]):
        last = place == len(calls[0]) - 1
        own = name if last else f"{name}_step_{place + 1}"
        nodes = []
        for number, steps in enumerate(calls):
            before = tensor(f"{name}_step_{place}", number)
            args = [_filled(each, before) for each in steps[place].args]
            nodes.append({"args": args, "kwargs": {}})
        layers.append(
            {
                "class_name": step.class_name,
                "module": step.module,
                "config": {"name": own, **step.config},
                "name": own,
                "inbound_nodes": nodes,
            }
        )
    return layers


def _filled(value: Any, before: Config) -> Any:
    if isinstance(value, list):
        return [_filled(each, before) for each in value]
    return before if value is BEFORE else value


def tensor(name: str, node: int, index: int = 0) -> Config:
    """Return a tensor of a graph as Keras 3 writes it."""
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, node, index]}}


REFUSED_FUNCTIONS = {
    "einsum": (
        "Keras 2 wrote the equation into the file without the tensors",
        "use matmul, a Dot layer or an EinsumDense layer, and save the model again",
    ),
    "nn.dropout": (
        "it drops values at random in predictions too",
        "use a Dropout layer",
    ),
    "image.convert_image_dtype": (
        "it scales whole numbers and leaves others as they are",
        "use a Rescaling layer",
    ),
    "image.per_image_standardization": (
        "it divides by the deviation of each picture or by a lower limit, whichever is larger",
        "use LayerNormalization, or apply it before training and before classifying",
    ),
    "image.central_crop": (
        "its size follows from a fraction",
        "use a CenterCrop layer",
    ),
}
"""Function without an equal -> why, and what to do; all that is on neither list is unknown."""
