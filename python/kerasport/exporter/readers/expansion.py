"""Read a Keras 3 model in memory by following its calls.

A configuration names the layers of a model, but not what a layer of somebody's own computes. Such a
layer is code that calls other layers and `keras.ops`; called on symbolic tensors, it tells which.
Here the whole model is called so: layers of Keras and recorded operations become nodes, models and
layers that hold others are gone through. Only for models in memory, whose code runs already.

The batch is one picture while a model is followed: shapes are then whole numbers everywhere, and
every tensor has the values of one picture, however a layer arranges them.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Node, Weights
from kerasport.exporter.lowering import EXPRESSED, REWRITERS
from kerasport.exporter.readers.configuration import OPERATIONS
from kerasport.exporter.readers.places import with_one_axis_more
from kerasport.exporter.readers.variables import variable_names
from kerasport.models import import_keras

if TYPE_CHECKING:
    import keras

__all__ = ["expand", "is_plain"]


_MAKING = frozenset(
    {
        *("__doc__", "__init__", "__module__", "__qualname__", "__firstlineno__"),
        *("__static_attributes__", "__annotations__", "from_config", "get_config"),
    }
)
"""What a class of somebody's own may define and still compute as the one that it is made from."""

_PRODUCTS = ("__add__", "__sub__", "__mul__", "__truediv__", "__matmul__", "__pow__")
"""Operators that somebody's code may put between a variable and a tensor."""


def is_plain(model: keras.Model) -> bool:
    """Tell whether the configuration of a model says all: it holds nothing but layers of Keras."""
    if type(model) is not _functional() and type(model) is not import_keras().Sequential:
        return False
    return all(
        is_plain(layer)
        if isinstance(layer, import_keras().Model)
        else _class_of_keras(layer) == type(layer).__name__
        for layer in model.layers
    )


def expand(model: keras.Model, input_shape: Sequence[int | None]) -> Graph:
    """Return the graph of a model of which the configuration does not say all.

    Args:
        model: a Functional or Sequential model, or one of a class derived from them.
        input_shape: height, width and channels.

    Raises:
        ExportError: the input is not of a fixed size, there are several inputs or outputs, or a
            layer is called as in training.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ExportError(
            f"The model {model.name!r} has {len(model.inputs)} inputs and {len(model.outputs)} "
            "outputs. Expected exactly one of each: a picture, and the class probabilities or "
            "logits."
        )
    if None in input_shape:
        raise ExportError(
            f"The model {model.name!r} takes pictures of any size, {tuple(input_shape)}. Expected "
            "height and width in whole numbers, to which pictures are brought: build it with "
            "keras.Input(shape=(224, 224, 3)), or give it a preprocessor with an image_size."
        )
    expansion = _Expansion(model.name)
    name = str(model.inputs[0]._keras_history.operation.name)
    source = expansion.input(name, input_shape)
    with _followed(expansion):
        output = expansion.call(model, (source,), {})
    if isinstance(output, (list, tuple)):
        (output,) = output
    graph = expansion.graph
    graph.output = expansion.name_of(output)
    return graph


def _functional() -> Any:
    return import_keras().src.models.functional.Functional


def _class_of_keras(operation: Any) -> str | None:
    """Return the class of Keras that a layer is, or that it is but for its making.

    None where somebody's own code computes: in the class, or as an activation.
    """
    for kind in type(operation).__mro__:
        if kind.__module__.partition(".")[0] == "keras":
            break
        if set(vars(kind)) - _MAKING:
            return None
    if kind in (import_keras().Layer, import_keras().Operation, import_keras().Model):
        return None
    activation = getattr(operation, "activation", None)
    module = getattr(activation, "__module__", "")
    known = inspect.isfunction(activation) and module.partition(".")[0] == "keras"
    return kind.__name__ if activation is None or known else None


@contextlib.contextmanager
def _followed(expansion: _Expansion) -> Iterator[None]:
    """Have every call on symbolic tensors told to `expansion`, instead of recorded by Keras.

    Keras would write its record into the user's layers.
    """
    keras = import_keras()
    layer_call, symbolic_call = keras.Layer.__call__, keras.Operation.symbolic_call
    variable = next(kind for kind in keras.Variable.__mro__ if "__mul__" in vars(kind))
    products = {name: vars(variable)[name] for name in _PRODUCTS if name in vars(variable)}

    def left_to_the_tensor(product: Any) -> Any:
        # Keras' variables know no symbolic tensor on their right; tensors know variables.
        return lambda self, other: NotImplemented if _is_tensor(other) else product(self, other)

    def call_layer(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if any(_is_tensor(value) for value in keras.tree.flatten((args, kwargs))):
            return expansion.call(layer, args, kwargs)
        return layer_call(layer, *args, **kwargs)

    def call_operation(operation: Any, *args: Any, **kwargs: Any) -> Any:
        return expansion.call(operation, args, kwargs)

    keras.Layer.__call__, keras.Operation.symbolic_call = call_layer, call_operation
    for name, product in products.items():
        setattr(variable, name, left_to_the_tensor(product))
    try:
        yield
    finally:
        keras.Layer.__call__, keras.Operation.symbolic_call = layer_call, symbolic_call
        for name, product in products.items():
            setattr(variable, name, product)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, import_keras().KerasTensor)


class _Expansion:
    """The graph that grows while a model is followed."""

    def __init__(self, name: str) -> None:
        self.graph = Graph(name=name, nodes={}, input="", output="")
        self._keras = import_keras()
        self._names: dict[int, str] = {}
        # Keeps the tensors alive, so that no two get one id.
        self._tensors: list[Any] = []
        self._enclosing: list[str] = []

    def input(self, name: str, shape: Sequence[int | None]) -> Any:
        """Append the input and return its tensor, of one picture."""
        config = {"name": name, "batch_shape": [None, *shape]}
        self.graph.nodes[name] = Node(name, "InputLayer", config)
        self.graph.input = name
        return self._known(self._keras.KerasTensor((1, *shape), "float32"), name)

    def name_of(self, tensor: Any) -> str:
        """Return the name of the node that gives a tensor."""
        return self._names[id(tensor)]

    def call(self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Append what an operation, a layer or a model does, and return its symbolic output."""
        training = kwargs.get("training")
        # Keras too keeps it from layers that do not ask for it.
        kwargs = {name: value for name, value in kwargs.items() if name != "training"}
        if training:
            raise ExportError(
                f"The layer {operation.name!r} ({type(operation).__name__}) is called with "
                "training=True, as it is when a model is trained. Expected a model that only "
                "answers; leave training out."
            )
        kind = type(operation)
        if isinstance(operation, _functional()) and kind.call is _functional().call:
            return self._through(operation, args[0] if args else kwargs["inputs"])
        sequential = self._keras.Sequential
        if isinstance(operation, sequential) and kind.call is sequential.call:
            output = args[0] if args else kwargs["inputs"]
            for layer in operation.layers:
                output = layer(output)
            return output
        # What a rewriter of the user's own knows is not gone through.
        is_kept = kind.__name__ in REWRITERS.keys() - EXPRESSED
        class_name = kind.__name__ if is_kept else _class_of_keras(operation)
        if class_name is not None:
            return self._append(class_name, operation, args, kwargs)
        return self._inside(operation, args, kwargs)

    def _through(self, model: Any, inputs: Any) -> Any:
        if isinstance(inputs, Mapping):
            inputs = list(inputs.values())
        return model._run_through_graph(inputs, operation_fn=lambda operation: operation)

    def _inside(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Go through a layer of somebody's own; one that cannot be gone through stays whole."""
        before = len(self.graph.nodes)
        call = {**kwargs}
        parameters = list(inspect.signature(layer.call).parameters)
        if "training" in parameters[len(args) :]:
            call["training"] = False
        self._enclosing.append(str(layer.name))
        try:
            return layer.call(*args, **call)
        except ExportError:
            raise
        except Exception:
            # Whatever somebody's code raises on symbolic tensors, in TensorFlow for instance.
            for name in list(self.graph.nodes)[before:]:
                del self.graph.nodes[name]
        finally:
            self._enclosing.pop()
        return self._append(type(layer).__name__, layer, args, kwargs)

    def _append(
        self, class_name: str, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Append one layer or operation as a node, or as one for each of its outputs."""
        output = operation.compute_output_spec(*args, **kwargs)
        sources, results = self._tensors_in((args, kwargs)), self._tensors_in(output)
        config, weights = self._described(operation)
        if type(operation).__module__.startswith(OPERATIONS):
            class_name = f"operation:{class_name}"
        name = "_".join([*self._enclosing, str(config.get("name", operation.name))])
        if class_name.startswith("operation:"):
            config["arguments"] = [_plain(each) for each in [*args, *kwargs.values()]]
        inputs = [self.name_of(each) for each in sources]
        whole = any(each.shape[:1] != (1,) for each in [*sources, *results])
        if class_name == "operation:Reshape":
            config["newshape"] = _sides(results[0])
        elif whole:
            # Part of the picture lies where the batch was: all axes are of the picture now.
            inputs = [self._reshaped(each, [1, *each.shape], f"{name}_whole") for each in sources]
            config = with_one_axis_more(class_name, config)
        for number, tensor in enumerate(results):
            part = config if len(results) == 1 else {**config, "output_index": number}
            fresh = self._add(name, class_name, part, list(inputs), weights)
            self._known(tensor, fresh)
            if whole and class_name != "operation:Reshape" and tensor.shape[0] == 1:
                self._known(tensor, self._reshaped(tensor, _sides(tensor), f"{name}_picture"))
        return output

    def _tensors_in(self, value: Any) -> list[Any]:
        return [each for each in self._keras.tree.flatten(value) if _is_tensor(each)]

    def _reshaped(self, tensor: Any, sides: Sequence[int], name: str) -> str:
        config = {"newshape": list(sides), "arguments": [None]}
        return self._add(name, "operation:Reshape", config, [self.name_of(tensor)], {})

    def _add(
        self,
        name: str,
        class_name: str,
        config: dict[str, Any],
        inputs: list[str],
        weights: Weights,
    ) -> str:
        fresh = self.graph.fresh_name(name)
        self.graph.nodes[fresh] = Node(fresh, class_name, dict(config), inputs, dict(weights))
        return fresh

    def _described(self, operation: Any) -> tuple[dict[str, Any], Weights]:
        """Return configuration and weights, as a configuration would name them."""
        if not isinstance(operation, self._keras.Layer):
            return _settings(operation), {}
        try:
            config = self._keras.saving.serialize_keras_object(operation)["config"]
        except Exception:
            # A layer of somebody's own that has no configuration; lowering refuses it by name.
            config = {"name": operation.name}
        weights = {
            name: np.asarray(weight)
            for name, weight in zip(variable_names(operation), operation.weights, strict=True)
        }
        return config, weights

    def _known(self, tensor: Any, name: str) -> Any:
        self._names[id(tensor)] = name
        self._tensors.append(tensor)
        return tensor


def _sides(tensor: Any) -> list[int]:
    """Return the shape of a tensor with the batch of one picture before it."""
    shape = list(tensor.shape)
    return shape if shape[:1] == [1] else [1, *shape]


def _settings(operation: Any) -> dict[str, Any]:
    """Return the settings of a recorded operation, which are its attributes."""
    try:
        return dict(operation.get_config())
    except NotImplementedError:
        # Keras writes down settings of Python's own types only, and not numpy's numbers.
        return {
            name.lstrip("_"): _plain(value)
            for name, value in vars(operation).items()
            if isinstance(value, (str, int, float, bool, list, tuple, np.generic, type(None)))
        }


def _plain(value: Any) -> Any:
    """Return an argument as a configuration would write it: None for each tensor."""
    if _is_tensor(value):
        return None
    if isinstance(value, slice):
        limits = {"start": value.start, "stop": value.stop, "step": value.step}
        return {"class_name": "__slice__", "config": limits}
    if value is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(value, (list, tuple)):
        return None if value and all(map(_is_tensor, value)) else [_plain(each) for each in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (str, int, float, bool, np.ndarray)):
        return value
    # Variables and tensors with values: constants, as far as an answer is concerned.
    return np.asarray(import_keras().ops.convert_to_numpy(value))
