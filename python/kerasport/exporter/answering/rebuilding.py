"""A model of Keras or tf_keras, built anew from its configuration in another float type.

The configuration is Keras' own and Keras reads it, so that nothing of the exporter takes part.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from kerasport import models
from kerasport.exporter.readers import LiveModel
from kerasport.exporter.readers.tf_keras_models import import_tf_keras
from kerasport.models.loading import KerasModel

__all__ = ["computes_in", "framework_of", "rebuilt", "single_layers", "single_operations"]

_FLOATS = ("float16", "bfloat16", "float32", "float64", "mixed_float16", "mixed_bfloat16")

_POLICIES = ("DTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "Policy", "QuantizedDTypePolicy")
"""Classes that stand for a float type in a configuration."""


def framework_of(original: LiveModel) -> Any:
    """Return the module that runs a model: `keras` or `tf_keras`."""
    return import_tf_keras() if original.framework == "tf_keras" else models.import_keras()


def computes_in(model: KerasModel, dtype: str) -> bool:
    """Return whether every layer computes and keeps its weights in that float type."""
    return all(
        {layer.compute_dtype or dtype, layer.variable_dtype or dtype} <= {dtype, "int32", "bool"}
        for layer in _leaves(model)
    )


def rebuilt(original: LiveModel, dtype: str) -> KerasModel:
    """Return the same model with the same weights that computes in another float type.

    Args:
        original: the model.
        dtype: `float32` or `float64`, for every layer, whatever its policy was.

    Raises:
        Exception: whatever Keras and the layers raise; a layer of a user's own may allow one type
            only.
    """
    framework, model = framework_of(original), original.model
    if type(model).__name__ not in ("Functional", "Sequential"):
        # A subclass of a functional model has arguments of its own; its layers are the same.
        model = framework.Model(model.inputs, model.outputs)
    kind = framework.Sequential if type(model).__name__ == "Sequential" else type(model)
    if original.framework == "tf_keras" and kind is not framework.Sequential:
        kind = framework.Model
    known = _own_classes(framework, model)
    with in_floats(framework, dtype), framework.utils.custom_object_scope(known):
        copy = kind.from_config(_in_dtype(model.get_config(), dtype))
        if not copy.built:
            copy.build(model.input_shape)
        _copy_weights(model, copy)
    if dtype == "float64":
        for layer in _operations(copy):
            _widen(layer)
    return copy


def _own_classes(framework: Any, model: KerasModel) -> dict[str, type]:
    """Return the classes of layers that a framework does not know by itself.

    Its own are left out: the layer `Add` would stand in for the operation `Add`.
    """
    kinds = {type(layer) for layer in _leaves(model)}
    return {
        kind.__name__: kind
        for kind in kinds
        if kind.__module__.partition(".")[0] != framework.__name__
    }


def _widen(layer: Any) -> None:
    """Keep a layer's numbers from being rounded to float32 on their way into float64.

    TensorFlow makes float32 of a number of Python's before it casts it, and leaves numpy's alone.
    """
    for name, value in list(vars(layer).items()):
        if type(value) is float:
            setattr(layer, name, np.float64(value))
    for name in ("scale", "offset") if type(layer).__name__ == "Rescaling" else ():
        setattr(layer, name, np.asarray(getattr(layer, name), np.float64))
    if type(layer).__name__ == "Normalization" and layer.input_mean is not None:
        for name in ("mean", "variance"):
            shape = tuple(getattr(layer, name).shape)
            given = np.asarray(getattr(layer, f"input_{name}"), np.float64)
            fits = given.size == math.prod(shape)
            setattr(layer, name, given.reshape(shape) if fits else np.broadcast_to(given, shape))


@contextlib.contextmanager
def in_floats(framework: Any, dtype: str) -> Iterator[None]:
    """Let a framework make constants and layers without a type of their own in this float type."""
    # `config` of Keras 3, `backend` of both.
    settings = getattr(framework, "config", None) or framework.mixed_precision
    read = getattr(settings, "dtype_policy", None) or settings.global_policy
    write = getattr(settings, "set_dtype_policy", None) or settings.set_global_policy
    # tf_keras makes its policy of the float type as long as nobody set one: before that changes.
    before, policy = framework.backend.floatx(), read()
    framework.backend.set_floatx(dtype)
    write(dtype)
    try:
        with _in_double(framework) if dtype == "float64" else contextlib.nullcontext():
            yield
    finally:
        write(policy)
        framework.backend.set_floatx(before)


def _runs_on_jax(framework: Any) -> bool:
    return framework.__name__ == "keras" and models.chosen_backend() == "jax"


def _in_double(framework: Any) -> AbstractContextManager[Any]:
    """Let what a framework computes with have arrays of float64, and round nothing on its way."""
    if not _runs_on_jax(framework):
        return _exact_activations()
    import jax

    wide: AbstractContextManager[Any] = jax.enable_x64(True)
    return wide


@contextlib.contextmanager
def _exact_activations() -> Iterator[None]:
    """Let TensorFlow compute in float64 what it computes with a number of float32.

    `tf.nn.leaky_relu` keeps its slope, and `tf.nn.gelu` its square root, in float32.
    """
    import tensorflow as tf

    def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Any:
        return tf.maximum(features, 0) + tf.minimum(features, 0) * np.float64(alpha)

    def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Any:
        if approximate:
            cubic = features + np.float64(0.044715) * features**3
            return features * (1 + tf.tanh(np.sqrt(2 / np.pi) * cubic)) / 2
        return features * (1 + tf.math.erf(features / np.sqrt(2))) / 2

    # Keras takes the first, tf_keras the second.
    rooms = (tf.nn, tf.compat.v2.nn)
    before = [(room, room.leaky_relu, room.gelu) for room in rooms]
    for room in rooms:
        room.leaky_relu, room.gelu = leaky_relu, gelu
    try:
        yield
    finally:
        for room, *functions in before:
            room.leaky_relu, room.gelu = functions


def _in_dtype(value: Any, dtype: str) -> Any:
    """Return a configuration with every float type in it, at any depth, replaced by one."""
    if isinstance(value, Mapping):
        return {
            key: dtype if key == "dtype" and _is_float(each) else _in_dtype(each, dtype)
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return type(value)(_in_dtype(each, dtype) for each in value)
    return value


def _is_float(dtype: Any) -> bool:
    if isinstance(dtype, Mapping):
        return dtype.get("class_name") in _POLICIES
    return str(getattr(dtype, "name", dtype)) in _FLOATS


def _copy_weights(model: KerasModel, copy: KerasModel) -> None:
    # Layer by layer: the order within a whole tf_keras model depends on what is trainable.
    for source, target in zip(_leaves(model), _leaves(copy), strict=True):
        if source.weights:
            target.set_weights([_wide(array) for array in source.get_weights()])
        if hasattr(target, "finalize_state"):
            # Normalization computes with what its weights were when it was built.
            target.finalize_state()


def _wide(array: Any) -> Any:
    # numpy knows no arithmetic of bfloat16; every value of it is one of float32.
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _leaves(model: Any) -> Iterator[Any]:
    """Yield the layers of a model; those of models inside it in their place."""
    for layer in model.layers:
        if hasattr(layer, "layers") and hasattr(layer, "inputs"):
            yield from _leaves(layer)
        else:
            yield layer


def single_layers(model: KerasModel) -> list[str]:
    """Return the names of layers that compute in float32 whatever they are told.

    Most run TensorFlow's `tf.image.resize`; only its nearest pixel needs no arithmetic.
    """
    return [str(layer.name) for layer in _operations(model) if _is_single(layer)]


def _operations(model: Any) -> Iterator[Any]:
    """Yield layers and operations of a model, those inside wrappers and other layers too."""
    for layer in getattr(model, "operations", None) or model.layers:
        inner = getattr(layer, "layer", None)
        if hasattr(layer, "layers") and hasattr(layer, "inputs"):
            yield from _operations(layer)
        elif inner is not None and hasattr(inner, "layers"):
            yield from _operations(inner)
        elif hasattr(layer, "_flatten_layers"):
            # Both frameworks know the layers inside a layer, the outer one among them.
            yield from layer._flatten_layers()
        else:
            yield layer


def single_operations(model: KerasModel, shape: tuple[int, ...]) -> list[str]:
    """Return where code that is not Keras' own computes in float32 inside a model of float64.

    A layer of somebody's own may cast its input. TensorFlow's trace of the model shows it.

    Args:
        model: computes in float64.
        shape: of its input, without the batch.
    """
    rooms = {type(layer).__module__.partition(".")[0] for layer in _operations(model)}
    if rooms <= {"keras", "tf_keras"}:
        return []
    if "tf_keras" not in rooms and models.chosen_backend() == "jax":
        return _single_operations_of_jax(model, shape)
    import tensorflow as tf

    def call(pixels: Any) -> Any:
        return model(pixels, training=False)

    traced = tf.function(call).get_concrete_function(tf.TensorSpec((1, *shape), tf.float64))
    places = [
        operation.name.rpartition("/")[0]
        for operation in traced.graph.get_operations()
        if operation.type == "Cast" and operation.outputs[0].dtype == tf.float32
    ]
    return sorted(set(places))


def _single_operations_of_jax(model: KerasModel, shape: tuple[int, ...]) -> list[str]:
    import jax

    def places(program: Any) -> Iterator[str]:
        for step in program.eqns:
            if step.params.get("new_dtype") == np.float32:
                yield str(step.source_info.name_stack) or step.primitive.name
            for inner in jax.tree.leaves(step.params, is_leaf=lambda each: hasattr(each, "eqns")):
                if hasattr(inner, "eqns"):
                    yield from places(inner)

    traced = jax.make_jaxpr(lambda pixels: model(pixels, training=False))
    return sorted(set(places(traced(np.zeros((1, *shape))))))


_SINGLE_FUNCTIONS = ("image.resize", "nn.gelu", "nn.leaky_relu")
"""Functions of TensorFlow that compute, or keep a number, in float32 whatever they are given."""


def _is_single(layer: Any) -> bool:
    kind = type(layer).__name__
    if kind == "CenterCrop":
        return True
    if kind == "TFOpLambda":
        # Recorded by Keras 2 as a function, which holds numbers of float32 of its own.
        return str(layer.get_config().get("function")).startswith(_SINGLE_FUNCTIONS)
    if kind not in ("Resize", "Resizing", "UpSampling2D"):
        return False
    return str(getattr(layer, "interpolation", "bilinear")) != "nearest"
