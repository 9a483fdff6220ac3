"""From a path or a model in memory to the graph: tells what it is, and reads it.

Files are read without the framework that wrote them: nothing in them is run, and nothing that is
not recognized is built.

| what | how |
|---|---|
| Keras 3 model in memory | asked for its configuration and its arrays |
| `.keras` | `config.json`, and the arrays of `model.weights.h5` |
| whole-model HDF5 | attributes and arrays |
| SavedModel of Keras 2 | `keras_metadata.pb`, and the checkpoint of its variables |
| `model.json` of layers format | topology and shards |
| `model.to_json()`, unzipped `.keras` | the weights beside it |
| weights alone | an architecture of `keras.applications` that is named |
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from kerasport.bundle.metadata import Preprocessing, Rescaling
from kerasport.bundle.output import LabelsOutput, ProbabilitiesOutput
from kerasport.errors import KerasportError, ModelError, missing_extra
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.readers.archives import read_archive
from kerasport.exporter.readers.detection import ModelKind, detect
from kerasport.exporter.readers.half_models import read_architecture, read_weights_of
from kerasport.exporter.readers.hdf5_models import read_hdf5_model
from kerasport.exporter.readers.keras3 import read_keras_model
from kerasport.exporter.readers.keras_hub import pictures_of
from kerasport.exporter.readers.layers_model import read_layers_model
from kerasport.exporter.readers.neighbors import read_neighbors
from kerasport.exporter.readers.saved_models import read_saved_model
from kerasport.exporter.readers.stored_model import StoredModel
from kerasport.exporter.readers.tf_keras_models import graph_from_tf_keras
from kerasport.models.loading import KerasModel

if TYPE_CHECKING:
    import keras

__all__ = ["LiveModel", "Original", "ReadModel", "read_model"]


@dataclass(frozen=True)
class LiveModel:
    """A model that was given in memory, ready to be run.

    Attributes:
        framework: the package that runs it.
        model: a Keras 3 model, or one of tf_keras.
    """

    framework: Literal["keras", "tf_keras"]
    model: KerasModel


Original: TypeAlias = "LiveModel | StoredModel"
"""What answers for the model that was read, or what it can be built from anew."""


@dataclass(frozen=True)
class ReadModel:
    """A model as the exporter takes it.

    Attributes:
        name: what it is called where nothing else is said.
        graph: its layers, as Keras 3 would have them.
        original: the model itself, or what it can be built from; None where there is neither.
        rescaling: what the files beside the model say, None where they say nothing.
        preprocessing: likewise.
        output: whether several labels may hold, where the files beside the model say it.
        notes: sentences for the user.
    """

    name: str
    graph: Graph
    original: Original | None = None
    rescaling: Rescaling | None = None
    preprocessing: Preprocessing | None = None
    output: ProbabilitiesOutput | LabelsOutput | None = None
    notes: tuple[str, ...] = ()

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of the input without the batch; None for a side that is not fixed."""
        config = self.graph.nodes[self.graph.input].config
        return tuple(config.get("batch_shape") or (None,))[1:]


_DAMAGE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


def read_model(source: keras.Model | str | Path, *, architecture: str | None = None) -> ReadModel:
    """Return the model in a file or folder, or a Keras 3 model in memory, ready to be exported.

    Args:
        source: the model, or its path.
        architecture: name of the model in `keras.applications` whose weights alone are in a file.

    Raises:
        ModelError: the path holds no model, or one that holds no layers.
        ExportError: the model is not a plain classifier of layers.
    """
    if not isinstance(source, (str, Path)):
        return _in_memory(source)
    kind, path = detect(Path(source))
    try:
        if architecture is not None:
            return _from_file(partial(read_weights_of, architecture))(path)
        return _READERS[kind](path)
    except KerasportError:
        raise
    except _DAMAGE as error:
        # What a setting of a wrong type, or one that is missing, comes to while it is used.
        raise ModelError(
            f"The model in '{path}' is damaged: {type(error).__name__}: {error!s:.200}. Expected a "
            "model as Keras or TensorFlow.js saved it; save or convert it again."
        ) from error


def _in_memory(model: Any) -> ReadModel:
    rooms = {kind.__module__.partition(".")[0] for kind in type(model).__mro__}
    if not hasattr(model, "layers") or not rooms & {"keras", "tf_keras"}:
        raise ModelError(
            f"{model!r:.200} is a {type(model).__name__}. Expected a Keras model, a run, or the "
            "path of one."
        )
    if "tf_keras" in rooms:
        return ReadModel(str(model.name), graph_from_tf_keras(model), LiveModel("tf_keras", model))
    pictures = pictures_of(model)
    if pictures is None:
        return ReadModel(str(model.name), read_keras_model(model), LiveModel("keras", model))
    graph = read_keras_model(model, image_size=pictures.image_size)
    scaling = pictures.rescaling
    if scaling is None and not any(node.class_name == "Rescaling" for node in graph):
        # The model was made for what its preprocessor gives: pixels as they are.
        scaling = Rescaling(scale=1.0, offset=0.0)
    return ReadModel(
        str(model.name),
        graph,
        LiveModel("keras", model),
        rescaling=scaling,
        preprocessing=pictures.preprocessing,
        notes=(pictures.note,),
    )


def _from_file(read: Callable[[Path], StoredModel]) -> Callable[[Path], ReadModel]:
    def reader(path: Path) -> ReadModel:
        model = read(path)
        # What lies unzipped in a folder is called as the folder.
        name = path.resolve().parent.name if path.name == "config.json" else path.stem
        return ReadModel(name, model.graph, model, notes=_notes(model))

    return reader


def _layers_model(path: Path) -> ReadModel:
    model = read_layers_model(path)
    beside = read_neighbors(path, model.graph)
    return ReadModel(
        beside.name or path.resolve().parent.name or model.graph.name,
        model.graph,
        model,
        rescaling=beside.rescaling,
        preprocessing=beside.preprocessing,
        output=beside.output,
        notes=(*beside.notes, *_notes(model)),
    )


def _notes(model: StoredModel) -> tuple[str, ...]:
    """Say what is missing here to build the model anew."""
    if not model.keras_2 or importlib.util.find_spec("tf_keras") is not None:
        return ()
    missing = missing_extra("legacy", "Running a model of Keras 2")
    return (f"The original cannot be run here. {missing}",)


_READERS: dict[ModelKind, Callable[[Path], ReadModel]] = {
    "architecture": _from_file(read_architecture),
    "hdf5": _from_file(read_hdf5_model),
    "keras": _from_file(read_archive),
    "layers-model": _layers_model,
    "saved-model": _from_file(read_saved_model),
}
