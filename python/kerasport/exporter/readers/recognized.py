"""What may stand in the configuration of a file: a closed list, checked before anything is built.

A configuration names classes, and whoever builds a model from it has to find them: by importing
the module that the file names, by looking among all functions of TensorFlow, or by unpacking code.
Nothing of that happens here. Every object at every depth is one that Keras itself defines and that
this package expresses, or it is refused by name; all that are refused are listed at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from kerasport.errors import ModelError
from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering import EXPRESSED, REFUSED
from kerasport.exporter.readers.configuration import MODEL_CLASSES, OPERATIONS
from kerasport.exporter.readers.legacy import OLDER_CLASSES
from kerasport.exporter.readers.legacy_operations import (
    RECORDED_CLASSES,
    REFUSED_FUNCTIONS,
    function_of,
    is_expressed,
)
from kerasport.exporter.refusal import Refusal, refuse

__all__ = ["check_recognized"]

_MAX_LAYERS = 5_000
"""Most layers of a model, inner ones counted. The deepest of keras.applications has 1,044."""

_MAX_SIDE = 1 << 24
"""Largest number of units, channels or places that a layer may be set to."""

_MAX_PICTURE = 1 << 24
"""Most values of an input: a picture of 2,300 x 2,300 in color."""

_MAX_FACTOR = 1 << 13
"""Largest side of a resized picture, and largest number of places that are added or repeated."""

_TENSORS = {"__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__"}
"""What Keras 3 writes among the arguments of a call."""

_CONSTANTS = {"__numpy__", "__tensor__", "__tuple__", "TensorShape"}
"""What Keras writes for values that JSON does not know."""

_POLICIES = {"DTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "Policy", "PolicyV1"}

_INITIALIZERS = {
    *("Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity"),
    *("IdentityInitializer", "LecunNormal", "LecunUniform", "Ones", "Orthogonal"),
    *("OrthogonalInitializer", "RandomNormal", "RandomUniform", "STFT", "STFTInitializer"),
    *("TruncatedNormal", "VarianceScaling", "Zeros"),
    *("constant", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity"),
    *("lecun_normal", "lecun_uniform", "ones", "orthogonal", "random_normal", "random_uniform"),
    *("truncated_normal", "variance_scaling", "zeros"),
}
_REGULARIZERS = {"L1", "L1L2", "L2", "OrthogonalRegularizer"}
_CONSTRAINTS = {"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"}

_TRAINING_OBJECTS = (
    ("initializer", _INITIALIZERS),
    ("regularizer", _REGULARIZERS),
    ("constraint", _CONSTRAINTS),
)
"""End of a setting's name -> the objects of Keras that it may hold; none of them is built."""

_NEVER_READ = {"build_config", "compile_config", "loss", "metrics", "optimizer", "training_config"}
"""Parts of a configuration for training or for Keras' own loader: nothing here reads them."""

_OWN_MODULE = re.compile(
    r"(tf_keras|keras|keras_core|tensorflow\.keras|tensorflow\.python\.keras|builtins)"
    r"(\.(src|api|_tf_keras|keras|engine|legacy))*"
    r"(\.(activations|applications|constraints|dtype_policies|initializers|layers|mixed_precision"
    r"|models|ops|regularizers)(\.\w+)*|\.(functional|sequential|training|input_layer|base_layer))?"
)
"""Modules in which Keras of any version defines what may stand in a configuration."""

_SIDES = {
    *("batch_input_shape", "batch_shape", "build_input_shape", "depth_multiplier", "dilation_rate"),
    *("filters", "groups", "head_dim", "input_shape", "kernel_size", "key_dim", "newshape"),
    *("num_heads", "num_key_value_heads", "num_query_heads", "output_shape", "pool_size", "shape"),
    *("strides", "target_shape", "units", "value_dim"),
}
_FACTORS = {
    *("block_size", "cropping", "height", "n", "output_padding", "output_size", "pad_width"),
    *("padding", "repeats", "size", "target_height", "target_width", "width"),
}

_FOREIGN = (
    "Keras does not bring it, and what a file names is neither imported nor run",
    "load the model yourself, register a rewriter for it and give kerasport.export the model "
    "object (docs/export.md)",
)
_UNKNOWN = (
    "no rewriter knows this layer",
    "replace it; or load the model yourself, register a rewriter for it (docs/export.md) and give "
    "kerasport.export the model object",
)
_CODE = (
    "it holds Python code, which cannot be read as layers and is not run",
    "rebuild the model with layers in its place (Rescaling for a scaling), or leave it out and "
    "give its scaling with --rescaling",
)

_QUANTIZED = ("its weights are of a type that is not read", "save the model with float32 weights")


def check_recognized(model_config: Any) -> None:
    """Check every object in a model's configuration.

    Args:
        model_config: class name and configuration, as the file has them.

    Raises:
        ExportError: it has objects that are not on the list; all of them are named.
        ModelError: it is no configuration of layers, or has sizes beyond reason.
    """
    checker = _Checker()
    checker.layer(model_config, "model")
    refuse(list(checker.refusals.values()))


class _Checker:
    """Walks a configuration; `refusals` has what was found, by layer and class."""

    def __init__(self) -> None:
        self.refusals: dict[tuple[str, str], Refusal] = {}
        self._layers = 0

    def layer(self, entry: Any, owner: str) -> None:
        """Check the entry of a layer, an operation or a model, and everything inside it."""
        if not isinstance(entry, Mapping) or not isinstance(entry.get("class_name"), str):
            raise ModelError(
                f"The configuration of {owner!r:.100} is damaged: {entry!r:.80} stands where a "
                "layer is expected, an object with class_name and config. Save the model again."
            )
        class_name, config = str(entry["class_name"]), entry.get("config")
        self._layers += 1
        if self._layers > _MAX_LAYERS:
            raise ModelError(
                f"The model has more than {_MAX_LAYERS:,} layers. Expected fewer: the deepest of "
                "keras.applications has 1,044."
            )
        if class_name in MODEL_CLASSES and isinstance(config, list):
            config = {"layers": config}
        if not isinstance(config, Mapping):
            raise ModelError(
                f"The configuration of {owner!r:.100} is damaged: the settings of a {class_name} "
                f"are {config!r:.80}. Expected an object. Save the model again."
            )
        name = _name(entry, config, owner)
        self._class(class_name, entry, config, name)
        if class_name == "InputLayer":
            _check_picture(config, name)
        if class_name in MODEL_CLASSES:
            self._model(config, name)
        for key, value in config.items():
            if key not in _NEVER_READ and not (key == "layers" and class_name in MODEL_CLASSES):
                self._values(value, str(key), name, in_call=False)
        self._values(entry.get("inbound_nodes"), "inbound_nodes", name, in_call=True)

    def _model(self, config: Mapping[str, Any], name: str) -> None:
        layers = config.get("layers")
        if not isinstance(layers, list):
            raise ModelError(
                f"The configuration of the model {name!r:.100} is damaged: it has no list of "
                "layers. Save the model again."
            )
        names: set[str] = set()
        for layer in layers:
            self.layer(layer, name)
            own = _name(layer, layer["config"], "")
            if own and own in names:
                raise ModelError(
                    f"Two layers of the model {name!r:.100} have the name {own!r:.100}. Expected "
                    "names that are unique, as Keras writes them. Rename one and save it again."
                )
            names.add(own)

    def _class(
        self, class_name: str, entry: Mapping[str, Any], config: Mapping[str, Any], name: str
    ) -> None:
        """Check that a layer's class is one that is expressed, or refused with its reason later."""
        module = entry.get("module")
        if class_name == "Lambda":
            self._refuse(name, class_name, _CODE)
        elif not _is_own(class_name, entry):
            self._refuse(name, class_name, _FOREIGN)
        elif class_name in RECORDED_CLASSES:
            if not is_expressed(str(config.get("function"))):
                function = function_of(entry)
                why = REFUSED_FUNCTIONS.get(function, _UNKNOWN)
                self._refuse(name, f"operation:tf.{function}", why)
        elif isinstance(module, str) and module.startswith(OPERATIONS):
            self._operation(class_name, name)
        elif not (
            class_name in EXPRESSED
            or class_name in REFUSED
            or class_name in MODEL_CLASSES
            or class_name in OLDER_CLASSES
            # HDF5 and model.json of Keras 3 leave the module out.
            or (module is None and f"operation:{class_name}" in EXPRESSED)
        ):
            self._refuse(name, class_name, _UNKNOWN)

    def _operation(self, class_name: str, name: str) -> None:
        if f"operation:{class_name}" not in EXPRESSED:
            self._refuse(name, f"operation:{class_name}", _UNKNOWN)

    def _values(self, value: Any, key: str, name: str, *, in_call: bool) -> None:
        """Check what a setting, or the arguments of a call, hold; `key` is the setting's name."""
        if isinstance(value, Mapping):
            if "class_name" in value:
                self._object(value, key, name, in_call=in_call)
                return
            for inner, each in value.items():
                self._values(each, key if in_call else str(inner), name, in_call=in_call)
        elif isinstance(value, list):
            for each in value:
                self._values(each, key, name, in_call=in_call)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            _check_number(value, key, name, in_call=in_call)

    def _object(self, value: Mapping[str, Any], key: str, name: str, *, in_call: bool) -> None:
        class_name, config = value["class_name"], value.get("config")
        owner = name
        name = _name(value, config if isinstance(config, Mapping) else {}, owner)
        known: set[str] | None = None
        for end, objects in _TRAINING_OBJECTS:
            if key.endswith(end) and not in_call:
                known = objects
        if class_name in _CONSTANTS or (in_call and class_name in _TENSORS):
            inner = {each: part for each, part in value.items() if each != "class_name"}
            self._values(inner, key, owner, in_call=True)
        elif class_name in ("Lambda", "__lambda__"):
            self._refuse(name, str(class_name), _CODE)
        elif not isinstance(class_name, str) or not _is_own(class_name, value):
            self._refuse(name, str(class_name), _FOREIGN)
        elif known is not None:
            if class_name not in known and not (class_name == "function" and config in known):
                self._refuse(name, class_name, _FOREIGN)
        elif key == "dtype":
            if class_name not in _POLICIES:
                self._refuse(name, class_name, _QUANTIZED)
        elif class_name == "function":
            # The name of an activation; which of them are expressed is the rewriters' matter.
            if not isinstance(config, str) or not config.isidentifier():
                self._refuse(name, class_name, _FOREIGN)
        elif in_call or class_name.startswith("__"):
            self._refuse(name, class_name, _FOREIGN)
        else:
            self.layer(value, owner)

    def _refuse(self, name: str, class_name: str, why: tuple[str, str]) -> None:
        node = Node(name[:200], class_name[:200], {})
        self.refusals.setdefault((name, class_name), Refusal(node, *why))


def _is_own(class_name: str, entry: Mapping[str, Any]) -> bool:
    """Tell whether an object says that it is Keras' own."""
    module, registered = entry.get("module"), entry.get("registered_name")
    own_module = module is None or (
        isinstance(module, str) and _OWN_MODULE.fullmatch(module) is not None
    )
    return own_module and registered in (None, class_name, "function")


def _name(entry: Mapping[str, Any], config: Mapping[str, Any], owner: str) -> str:
    for name in (config.get("name"), entry.get("name")):
        if isinstance(name, str):
            return name
    return owner


def _check_picture(config: Mapping[str, Any], name: str) -> None:
    """Refuse an input that alone would fill the memory, or whose shape is none."""
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    if isinstance(shape, Mapping):
        shape = shape.get("items")
    if shape is None:
        return
    if not isinstance(shape, list) or not all(
        side is None or (isinstance(side, int) and not isinstance(side, bool) and side > 0)
        for side in shape
    ):
        raise ModelError(
            f"The input {name!r:.100} has the shape {shape!r:.80}. Expected whole numbers above 0, "
            "or null for a side that is not fixed."
        )
    size = math.prod(side or 1 for side in shape[1:])
    if size > _MAX_PICTURE:
        raise ModelError(
            f"The input {name!r:.100} has the shape {shape}, which is {size:,} values. Expected a "
            f"picture of at most {_MAX_PICTURE:,}."
        )


def _check_number(value: float, key: str, name: str, *, in_call: bool) -> None:
    """Refuse what is no number, and sizes for which no memory is large enough."""
    if value != value or (abs(value) == math.inf and not in_call):
        raise ModelError(
            f"The layer {name!r:.100} has {key}={value}. Expected a finite number. Save the model "
            "again."
        )
    limit = _MAX_SIDE if key in _SIDES else _MAX_FACTOR if key in _FACTORS else None
    if limit is not None and not in_call and abs(value) > limit:
        raise ModelError(
            f"The layer {name!r:.100} has {key}={value:,}. Expected at most {limit:,}: no model "
            "for pictures is larger."
        )
