"""A configuration out of a file, written anew for the Keras that builds it.

Nothing of the file's names is passed on but those of layers: where a class lies is looked up among
Keras' own, and of its settings only those that its constructor has are taken over. Whatever serves
training alone is left out, so that the model is built without drawing a single random number.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kerasport.errors import ModelError
from kerasport.exporter.lowering import EXPRESSED, TRAINING_ONLY
from kerasport.exporter.readers.configuration import MODEL_CLASSES, OPERATIONS
from kerasport.exporter.readers.legacy_operations import is_expressed

__all__ = ["Rewriting"]

Config = dict[str, Any]

_APPLICATIONS = {
    "CustomScaleLayer": "inception_resnet_v2",
    "LayerScale": "convnext",
}
"""Layers of `keras.applications` that `keras.layers` does not have -> the module they lie in."""

_RENAMED = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "GroupedQueryAttention": "GroupQueryAttention",
    "SyncBatchNormalization": "BatchNormalization",
}
"""Class in a file -> name in `keras.layers`."""

_WITHOUT_MEANING = {
    *("activity_regularizer", "adjustment", "autocast", "batch_input_shape", "batch_shape"),
    *("dtype", "dynamic", "fused", "implementation", "input_dtype", "input_shape", "name"),
    *("key_shape", "query_shape", "value_shape", "ragged", "renorm", "renorm_clipping"),
    *("renorm_momentum", "seed", "sparse", "synchronized", "trainable", "virtual_batch_size"),
}
"""Settings that change nothing outside training, and those that are written by this module."""

_NUMBERS = re.compile(r"bool|u?int(8|16|32|64)|b?float(16|32|64)")
"""Types of constants. numpy has others whose values take as much memory as their names say."""

_TRAINING_ENDS = ("_initializer", "_regularizer", "_constraint")


class Rewriting:
    """Writes configurations for one package.

    Args:
        package: the module `keras`, or `tf_keras`.
        keras_2: whether it is `tf_keras`, which takes the entries of Keras 2.
        dtype: `float32` or `float64`, in which everything is computed.
    """

    def __init__(self, package: Any, *, keras_2: bool, dtype: str) -> None:
        self._package = package
        self._keras_2 = keras_2
        self._dtype = dtype

    def model(self, entry: Mapping[str, Any]) -> Config:
        """Return the entry of a model, and of every layer in it, written anew.

        Raises:
            ModelError: it holds something that this Keras does not have.
        """
        config = entry["config"]
        if isinstance(config, list):
            config = {"layers": config}
        functional = entry["class_name"] != "Sequential"
        layers = [self._listed(layer) for layer in config["layers"]]
        name = str(config.get("name") or entry.get("name") or "model")
        written: Config = {"name": name, "trainable": True, "layers": layers}
        if functional:
            written |= {key: self._ends(config[key]) for key in ("input_layers", "output_layers")}
        elif config.get("build_input_shape"):
            written["build_input_shape"] = config["build_input_shape"]
        if self._keras_2:
            return {"class_name": entry["class_name"], "config": written}
        class_name = "Functional" if functional else "Sequential"
        module = "keras.src.models.functional" if functional else "keras"
        return self._entry(module, class_name, written)

    def _ends(self, ends: Any) -> Any:
        """Return inputs or outputs; the first releases of Keras 3 list a single one too."""
        single = isinstance(ends, list) and len(ends) == 1 and isinstance(ends[0], list)
        return ends[0] if single and not self._keras_2 else ends

    def _listed(self, layer: Mapping[str, Any]) -> Config:
        """Return a layer as it stands in the list of a model, with its calls."""
        if layer["class_name"] in MODEL_CLASSES:
            written = self.model(layer)
        elif self._keras_2 and layer["class_name"] in ("TFOpLambda", "SlicingOpLambda"):
            written = self._function(layer)
        else:
            written = self.layer(layer)
        written["name"] = str(layer["config"].get("name", layer.get("name")))
        if "inbound_nodes" in layer:
            calls = layer["inbound_nodes"]
            written["inbound_nodes"] = (
                self._recorded(calls) if self._keras_2 else self._arguments(calls)
            )
        return written

    def layer(self, layer: Mapping[str, Any]) -> Config:
        """Return the entry of a layer or an operation written anew."""
        class_name, config = str(layer["class_name"]), layer["config"]
        named: Config = {"name": config["name"]} if isinstance(config.get("name"), str) else {}
        if class_name == "InputLayer":
            shape = config.get("batch_shape", config.get("batch_input_shape"))
            key = "batch_input_shape" if self._keras_2 else "batch_shape"
            return self._of(self._class("InputLayer"), {**named, key: shape, "dtype": self._dtype})
        if str(layer.get("module", "")).startswith(OPERATIONS):
            kind = self._operation(class_name)
            return self._of(kind, {**named, **self._settings(kind, config, is_layer=False)})
        if class_name in TRAINING_ONLY and "Identity" in dir(self._package.layers):
            kept = self._input_shape(config) if self._keras_2 else {}
            identity = {**named, **kept, "dtype": self._dtype}
            return self._of(self._class("Identity"), identity)
        kind = self._class(class_name)
        settings = {**named, **self._settings(kind, config)}
        if _takes_dtype(kind):
            settings["dtype"] = self._dtype
        if self._keras_2:
            settings |= self._input_shape(config)
            # What tf_keras builds the layer from, and insists on.
            settings |= {key: config.get(key) for key in _BUILT_FROM.get(class_name, ())}
        return self._of(kind, settings)

    def _input_shape(self, config: Mapping[str, Any]) -> Config:
        """Keras 2 has no InputLayer in a Sequential model, but the shape in its first layer."""
        shape = config.get("batch_input_shape")
        return {} if shape is None else {"batch_input_shape": shape}

    def _function(self, layer: Mapping[str, Any]) -> Config:
        """Return a call of TensorFlow's that Keras 2 recorded; its name was recognized."""
        config = layer["config"]
        function = str(config["function"])
        if not is_expressed(function):
            raise ModelError(f"The function {function!r} is none that is expressed.")
        written = {"name": config["name"], "function": function, "dtype": self._dtype}
        return {"class_name": layer["class_name"], "config": {**written, "trainable": True}}

    def _settings(self, kind: type, config: Mapping[str, Any], *, is_layer: bool = True) -> Config:
        """Return the settings that a class knows, without those of training."""
        known = set(_parameters(kind))
        written: Config = {}
        for key, value in config.items():
            if is_layer and (key in _WITHOUT_MEANING or key.endswith(_TRAINING_ENDS)):
                continue
            if key == "name":
                continue
            if key not in known:
                # What is off is as good as not there.
                if value in (None, False) or (self._keras_2 and key in _DERIVED):
                    continue
                raise ModelError(
                    f"The setting {key!r:.100} of a {kind.__name__} is none of "
                    f"{self._package.__name__} {self._package.__version__}. Install the version "
                    "that the model was saved with, or a later one."
                )
            written[key] = self._value(value, key)
        if is_layer:
            written |= dict.fromkeys(
                (key for key in known if key.endswith("_initializer")), "zeros"
            )
        elif str(written.get("dtype", "")).startswith(("float", "bfloat")):
            written["dtype"] = self._dtype
        return written

    def _value(self, value: Any, key: str) -> Any:
        """Return a setting: plain values, activations, and layers in layers."""
        if isinstance(value, Mapping):
            class_name = value.get("class_name")
            if class_name is None:
                return {str(inner): self._value(each, key) for inner, each in value.items()}
            if class_name in ("__numpy__", "__tensor__", "__tuple__"):
                return _plain(value["config"])
            if class_name == "function":
                return _ACTIVATIONS.get(str(value["config"]), str(value["config"]))
            if class_name in MODEL_CLASSES:
                return self.model(value)
            return self.layer(value)
        if isinstance(value, list):
            return [self._value(each, key) for each in value]
        return value

    def _recorded(self, value: Any) -> Any:
        """Return what a layer of Keras 2 was called with, constants in the type computed in."""
        if isinstance(value, Mapping):
            return {
                str(key): self._dtype
                if key == "dtype" and str(each).startswith("float")
                else self._recorded(each)
                for key, each in value.items()
            }
        if not isinstance(value, list):
            return value
        if value[:1] == ["_CONSTANT_VALUE"] and len(value) > 2 and _is_floating(value[2]):
            # Of a number of its own Python's, Keras 2 would make one of float32.
            constant = np.asarray(value[2], self._dtype)
            return [*value[:2], constant if constant.ndim else constant[()], *value[3:]]
        return [self._recorded(each) for each in value]

    def _arguments(self, value: Any) -> Any:
        """Return what a layer of Keras 3 was called with."""
        if isinstance(value, list):
            return [self._arguments(each) for each in value]
        if not isinstance(value, Mapping):
            return value
        class_name = value.get("class_name")
        if class_name is None:
            return {str(key): self._arguments(each) for key, each in value.items()}
        config = value.get("config") or {}
        if class_name == "__keras_tensor__":
            shape = config.get("shape")
            written: Config = {"keras_history": config["keras_history"]}
            written |= {"shape": shape or [], "dtype": self._dtype}
        elif class_name in ("__numpy__", "__tensor__"):
            dtype = str(config["dtype"])
            if not _NUMBERS.fullmatch(dtype):
                raise ModelError(f"A layer is called with values of the type {dtype!r:.100}.")
            floating = dtype.startswith(("float", "bfloat"))
            written = {"value": config["value"], "dtype": self._dtype if floating else dtype}
        elif class_name == "__slice__":
            written = {key: config.get(key) for key in ("start", "stop", "step")}
        elif class_name == "__ellipsis__":
            written = {}
        else:
            raise ModelError(f"A layer is called with a {class_name!r:.100}.")
        return {"class_name": class_name, "config": written}

    def _class(self, class_name: str) -> type:
        """Return one of Keras' own layers by its name."""
        if class_name not in EXPRESSED and class_name not in _RENAMED:
            # Some layers of Keras read files when they are made.
            raise ModelError(f"The layer {class_name!r:.100} is none that is expressed.")
        layers = self._package.layers
        found = getattr(layers, class_name, None) or getattr(
            layers, _RENAMED.get(class_name, ""), None
        )
        if found is None and class_name in _APPLICATIONS:
            module = getattr(self._source().applications, _APPLICATIONS[class_name])
            found = getattr(module, class_name)
        if not inspect.isclass(found) or not issubclass(found, layers.Layer):
            raise ModelError(
                f"{self._package.__name__} {self._package.__version__} has no layer "
                f"{class_name!r:.100}."
            )
        return found

    def _operation(self, class_name: str) -> type:
        """Return one of Keras' own operations on tensors by its name."""
        if f"operation:{class_name}" not in EXPRESSED:
            raise ModelError(f"The operation {class_name!r:.100} is none that is expressed.")
        ops = self._source().ops
        for room in (ops.numpy, ops.nn, ops.math, ops.core, ops.image):
            found = getattr(room, class_name, None)
            if inspect.isclass(found) and found.__module__ == room.__name__:
                kind: type = found
                return kind
        raise ModelError(
            f"{self._package.__name__} {self._package.__version__} has no operation "
            f"{class_name!r:.100}."
        )

    def _source(self) -> Any:
        """Return the package in which Keras 3, or tf_keras, defines its classes."""
        return self._package.src

    def _of(self, kind: type, config: Config) -> Config:
        if self._keras_2:
            return {"class_name": kind.__name__, "config": config}
        return self._entry(kind.__module__, kind.__name__, config)

    def _entry(self, module: str, class_name: str, config: Config) -> Config:
        return {
            "module": module,
            "class_name": class_name,
            "config": config,
            "registered_name": None,
        }


_ACTIVATIONS = {"softmax_v2": "softmax", "log_softmax_v2": "log_softmax"}
"""Functions of TensorFlow that Keras 3 writes by their inner names -> activations of Keras."""

_BUILT_FROM = {"MultiHeadAttention": ("query_shape", "key_shape", "value_shape")}
"""Layer of Keras 2 -> settings that are no arguments of its constructor."""

_DERIVED = {"filters", "kernel_initializer", "groups"}
"""Settings that Keras 2 writes for a depthwise layer from those of its base class."""


def _parameters(kind: type) -> Iterator[str]:
    """Yield the names of what the constructors of a class and of its bases take."""
    for each in kind.__mro__:
        if "__init__" in vars(each):
            yield from inspect.signature(vars(each)["__init__"]).parameters


def _takes_dtype(kind: type) -> bool:
    """Tell whether a layer can be told what it computes in; a Pipeline cannot."""
    parameters = inspect.signature(kind).parameters.values()
    return any(each.name == "dtype" or each.kind is each.VAR_KEYWORD for each in parameters)


def _is_floating(value: Any) -> bool:
    """Tell whether a constant is a number with a fraction, or holds one."""
    if isinstance(value, list):
        return any(map(_is_floating, value))
    return isinstance(value, float)


def _plain(value: Any) -> Any:
    """Return the numbers in what Keras writes for an array."""
    return value["value"] if isinstance(value, Mapping) and "value" in value else value
