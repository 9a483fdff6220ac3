"""SavedModel folders of Keras 2: the configuration that Keras wrote beside them, and variables.

A SavedModel is a program, and TensorFlow has no way to load one without preparing to run it. So it
is not loaded. `keras_metadata.pb` holds the configuration as JSON; the variables lie in a
checkpoint, whose table of objects tells which layer each belongs to. Both are data.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import ModelError
from kerasport.exporter.containers import ProtobufProblem, parse_json, read_fields
from kerasport.exporter.graph.graph import Weights
from kerasport.exporter.readers.configuration import MODEL_CLASSES
from kerasport.exporter.readers.layer_path import LayerPath
from kerasport.exporter.readers.stored import (
    StoredModel,
    recognized_config,
    relative_name,
    stored_model,
    without_old_name,
)
from kerasport.models import import_keras

__all__ = ["read_saved_model"]

_EXPECTED = "a SavedModel that Keras 2 saved with its layers"
_MODEL_IDENTIFIERS = ("_tf_keras_network", "_tf_keras_sequential", "_tf_keras_model")
_LAYER = re.compile(r"layer(_with_weights)?-\d+")
_MAX_OBJECTS = 200_000
_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"


@dataclass(frozen=True)
class _Described:
    """What Keras wrote of one of its objects.

    Attributes:
        path: how it is reached, `root.layer-3.layer-0`.
        identifier: its kind.
        metadata: JSON text.
    """

    path: str
    identifier: str
    metadata: str


@dataclass
class _Object:
    """One row of a checkpoint's table of objects.

    Attributes:
        children: name -> number of the row.
        variables: full name and key in the checkpoint, for each variable that it is.
    """

    children: dict[str, int] = field(default_factory=dict)
    variables: list[tuple[str, str]] = field(default_factory=list)


def read_saved_model(folder: Path) -> StoredModel:
    """Return the model in a SavedModel folder.

    Raises:
        ModelError: it holds no layers, or is damaged.
        ExportError: it holds what is not recognized.
        KerasportError: TensorFlow, whose format the variables have, is not installed.
    """
    described = {each.path: each for each in _described(folder)}
    root = described.get("root")
    if root is None or root.identifier not in _MODEL_IDENTIFIERS:
        raise ModelError(
            f"The SavedModel '{folder}' holds functions without layers, as model.export() and "
            "tf.saved_model.save() write it. Expected one that Keras 2 saved with its layers. "
            "Export the model itself: save it as a .keras file with model.save()."
        )
    names: dict[str, dict[str, str]] = {}
    for each in described.values():
        parent, _, child = each.path.rpartition(".")
        if _LAYER.fullmatch(child):
            name = _json(folder, each).get("name")
            names.setdefault(parent, {})[str(name)] = each.path
    content = _json(folder, root)
    config: Any = content.get("config")
    if not isinstance(config, (dict, list)):
        raise ModelError(
            f"The SavedModel '{folder}' holds a model of class {content.get('class_name')!r:.200}. "
            "Expected Sequential or Functional: a subclassed model has no list of layers to "
            "convert."
        )
    model_config = {"class_name": content.get("class_name"), "config": config}
    # Before TensorFlow is imported for the variables.
    _, modern = recognized_config(model_config, keras_2=True)
    arrays = _Variables(folder).by_layer(modern, names)
    return stored_model(model_config, arrays, keras_2=True, source="saved-model")


def _json(folder: Path, described: _Described) -> dict[str, Any]:
    what = f"What Keras wrote of {described.path!r} in '{folder}'"
    value = _plain(parse_json(described.metadata, what, expected=_EXPECTED))
    if not isinstance(value, dict):
        raise ModelError(f"{what} is not an object. Expected {_EXPECTED}; save it again.")
    return value


def _plain(value: Any) -> Any:
    """Return JSON with lists where Keras 2 wrote tuples and shapes."""
    if isinstance(value, dict):
        if value.get("class_name") in ("__tuple__", "TensorShape") and "items" in value:
            return _plain(value["items"])
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _described(folder: Path) -> list[_Described]:
    """Return what Keras wrote of its objects: in a file of its own from TensorFlow 2.5 on.

    tf_keras/protobuf/saved_metadata.proto; before, in the SavedModel's own table of objects:
    tensorflow/core/protobuf/saved_object_graph.proto.
    """
    own = folder / "keras_metadata.pb"
    file = own if own.is_file() else folder / "saved_model.pb"
    try:
        with file.open("rb") as stream:
            if not stream.seek(0, 2):
                return []
            data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        # It is unmapped with the last view into it; what is found is copied.
        view = memoryview(data)
        return list(_in_metadata(view) if file == own else _in_saved_model(view))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"'{file}' cannot be read: {error}. Expected {_EXPECTED}; copy or save it again."
        ) from None


def _in_metadata(data: memoryview) -> Iterator[_Described]:
    for number, node in read_fields(data):
        if number == 1 and isinstance(node, memoryview):
            found = dict(read_fields(node))
            yield _Described(_text(found.get(3)), _text(found.get(4)), _text(found.get(5)))


def _in_saved_model(data: memoryview) -> Iterator[_Described]:
    objects: list[tuple[dict[str, int], dict[int, Any]]] = []
    for graph in _messages(data, 2, 7):
        for node in _messages(graph, 1):
            user = next(_messages(node, 4), None)
            objects.append((_children(node), dict(read_fields(user)) if user is not None else {}))
    for path, number in _walk([children for children, _ in objects], _LAYER):
        found = objects[number][1]
        if _text(found.get(1)).startswith("_tf_keras"):
            yield _Described(path, _text(found.get(1)), _text(found.get(3)))


def _walk(children: list[dict[str, int]], wanted: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """Yield path and number of the root and of everything that names like `wanted` lead to."""
    waiting = [("root", 0)] if children else []
    seen = set()
    while waiting:
        path, number = waiting.pop()
        if number in seen or number >= len(children):
            continue
        seen.add(number)
        yield path, number
        waiting += [
            (f"{path}.{name}", each)
            for name, each in children[number].items()
            if wanted.fullmatch(name)
        ]


def _messages(data: memoryview, *numbers: int) -> Iterator[memoryview]:
    """Yield the inner messages that a path of field numbers leads to."""
    for number, value in read_fields(data):
        if number == numbers[0] and isinstance(value, memoryview):
            if len(numbers) == 1:
                yield value
            else:
                yield from _messages(value, *numbers[1:])


def _children(node: memoryview) -> dict[str, int]:
    found = {}
    for reference in _messages(node, 1):
        fields = dict(read_fields(reference))
        number = fields.get(1, 0)
        if isinstance(number, int):
            found[_text(fields.get(2))] = number
    return found


def _text(value: int | memoryview | None) -> str:
    return bytes(value).decode("utf-8") if isinstance(value, memoryview) else ""


class _Variables:
    """The variables of a SavedModel, read by TensorFlow's reader of checkpoints."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        import_keras()
        import tensorflow as tf

        prefix = folder / "variables" / "variables"
        try:
            self._reader = tf.train.load_checkpoint(str(prefix))
            self._check_sizes(prefix)
            self._objects = self._table(self._reader.get_tensor(_GRAPH_KEY))
        except ModelError:
            raise
        except Exception as error:
            # TensorFlow raises whatever its C++ code comes to.
            raise self._damaged(error) from None

    def by_layer(
        self, config: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]
    ) -> dict[LayerPath, Weights]:
        """Return the weights of each layer, in the order of Keras' variables.

        Args:
            config: the model's, as Keras 3 writes it.
            names: path of a model -> name of a layer in it -> path of that layer.
        """
        return dict(self._model(config, names, "root", ()))

    def _model(
        self,
        config: Mapping[str, Any],
        names: Mapping[str, Mapping[str, str]],
        place: str,
        prefix: LayerPath,
    ) -> Iterator[tuple[LayerPath, Weights]]:
        for layer in config["layers"]:
            name = str(layer["config"]["name"])
            inside = names.get(place, {}).get(name)
            if inside is None:
                continue
            if layer["class_name"] in MODEL_CLASSES:
                yield from self._model(layer["config"], names, inside, (*prefix, name))
                continue
            weights: Weights = {}
            for full_name, key in self._listed(inside):
                weights[relative_name(full_name, name)] = self._tensor(key)
            if weights:
                yield (*prefix, name), without_old_name(weights)

    def _listed(self, path: str) -> Iterator[tuple[str, str]]:
        """Yield name and key of the variables that an object lists."""
        row = self._objects[0]
        for name in [*path.split(".")[1:], "variables"]:
            if name not in row.children:
                return
            row = self._row(row.children[name])
        for number in sorted((int(name), each) for name, each in row.children.items()):
            yield from self._row(number[1]).variables

    def _row(self, number: int) -> _Object:
        if number >= len(self._objects):
            raise self._damaged("its table of objects points outside of itself")
        return self._objects[number]

    def _tensor(self, key: str) -> NDArray[np.generic]:
        try:
            return np.asarray(self._reader.get_tensor(key))
        except Exception as error:
            raise self._damaged(error) from None

    def _check_sizes(self, prefix: Path) -> None:
        """Refuse variables that say that they are larger than the files."""
        stored = sum(file.stat().st_size for file in prefix.parent.glob("variables.data-*"))
        types = self._reader.get_variable_to_dtype_map()
        wanted = sum(
            int(np.prod(shape, dtype=np.float64)) * max(types[name].size or 0, 1)
            for name, shape in self._reader.get_variable_to_shape_map().items()
        )
        if wanted > stored:
            raise self._damaged(
                f"they say that they have {wanted:,} bytes, and the files have {stored:,}"
            )

    def _table(self, data: bytes) -> list[_Object]:
        """tensorflow/core/protobuf/trackable_object_graph.proto."""
        objects = []
        for node in _messages(memoryview(data), 1):
            row = _Object(_children(node))
            for attribute in _messages(node, 2):
                fields = dict(read_fields(attribute))
                if _text(fields.get(1)) == "VARIABLE_VALUE":
                    row.variables.append((_text(fields.get(2)), _text(fields.get(3))))
            objects.append(row)
            if len(objects) > _MAX_OBJECTS:
                raise ProtobufProblem(f"it has more than {_MAX_OBJECTS:,} objects")
        if not objects:
            raise ProtobufProblem("its table of objects is empty")
        return objects

    def _damaged(self, reason: object) -> ModelError:
        text = " ".join(str(reason).split())[:300]
        return ModelError(
            f"The variables of the SavedModel '{self._folder}' cannot be read: {text}. Expected "
            f"{_EXPECTED}; copy or save the whole folder again."
        )
