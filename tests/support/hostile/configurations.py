"""Pieces of configurations as Keras 3 and Keras 2 write them, and code as `Lambda` holds it."""

from __future__ import annotations

import base64
import marshal
from typing import Any

from support.hostile.corpus import Json, Place


def layer(class_name: str, name: str, **config: Any) -> Json:
    """A layer as Keras 3 writes it into an archive."""
    return {
        "module": "keras.layers",
        "class_name": class_name,
        "config": {"name": name, **config},
        "registered_name": None,
    }


def source(*sides: Any) -> Json:
    return layer("InputLayer", "pixels", batch_shape=[None, *(sides or (4, 4, 3))])


def dense(**config: Any) -> Json:
    return layer("Dense", "dense", **{"units": 2, "activation": "softmax", **config})


def sequential(*layers: Any, name: str = "model", **config: Any) -> Json:
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": name, "layers": list(layers), **config},
        "registered_name": None,
    }


def classifier(*layers: Any) -> Json:
    """A model that would be exported but for what is put into its middle."""
    return sequential(
        source(),
        layer("Rescaling", "rescaling", scale=0.1, offset=0.0),
        *layers,
        layer("Flatten", "flatten"),
        dense(),
    )


def called(entry: Json, *calls: Any) -> Json:
    """A layer in a functional model of Keras 3."""
    inbound = [{"args": list(call), "kwargs": {}} for call in calls]
    return {**entry, "name": entry["config"]["name"], "inbound_nodes": inbound}


def tensor(name: str, node: int = 0) -> Json:
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 4, 4, 3], "dtype": "float32", "keras_history": [name, node, 0]},
    }


def functional(*layers: Json, output: str, name: str = "model") -> Json:
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": name,
            "layers": list(layers),
            "input_layers": [["pixels", 0, 0]],
            "output_layers": [[output, 0, 0]],
        },
        "registered_name": None,
    }


def legacy(model: Any) -> Any:
    """A configuration without what only Keras 3 writes."""
    if isinstance(model, dict):
        return {
            {"batch_shape": "batch_input_shape"}.get(key, key): legacy(value)
            for key, value in model.items()
            if key not in ("module", "registered_name")
        }
    return [legacy(each) for each in model] if isinstance(model, list) else model


def recorded(function: str, *arguments: Any, class_name: str = "TFOpLambda") -> Json:
    """A functional model of Keras 2 in which a function of TensorFlow was recorded."""
    operation = {
        "class_name": class_name,
        "name": "operation",
        "config": {"name": "operation", "trainable": True, "function": function},
        "inbound_nodes": [["pixels", 0, 0, {"contents": "canary", "name": None}]],
    }
    model = functional(called(source()), output="operation")
    content: Json = legacy(model)
    content["config"]["layers"][0]["inbound_nodes"] = []
    content["config"]["layers"].append(operation)
    return content


def code(place: Place) -> list[Any]:
    """A function as Keras' `Lambda` holds it, which writes the canary when it is called."""
    text = f"(lambda x: open({str(place.canary)!r}, 'w').close() or x)"
    function = compile(text, "payload", "eval").co_consts[0]
    return [base64.b64encode(marshal.dumps(function)).decode(), None, None]


def lambda_layer(place: Place) -> Json:
    return layer("Lambda", "payload", function=code(place), function_type="lambda")
