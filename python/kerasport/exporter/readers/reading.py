"""From a path or a model in memory to the graph: tells what it is, and reads it.

| what | how | the original is run by |
|---|---|---|
| Keras 3 model, `.keras` | Keras | Keras |
| whole-model HDF5 | configuration and arrays of the file | Keras, tf_keras, else nothing |
| SavedModel and `.keras` of Keras 2 | tf_keras | tf_keras |
| `model.json` of layers format | topology and shards | Keras, tf_keras, else nothing |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kerasport import models
from kerasport.bundle.metadata import Preprocessing, Rescaling
from kerasport.errors import KerasportError, ModelError
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.readers.archives import hdf5_arrays, peek_archive, peek_hdf5
from kerasport.exporter.readers.detection import ModelKind, detect
from kerasport.exporter.readers.keras3 import read_keras_model, rebuild_keras
from kerasport.exporter.readers.layers_model import read_layers_model
from kerasport.exporter.readers.neighbors import read_neighbors
from kerasport.exporter.readers.stored import StoredModel, read_stored, refuse_code
from kerasport.exporter.readers.tf_keras_models import (
    graph_from_tf_keras,
    load_tf_keras,
    rebuild_tf_keras,
)
from kerasport.models.loading import KerasModel

if TYPE_CHECKING:
    import keras

__all__ = ["Original", "ReadModel", "read_model"]


@dataclass(frozen=True)
class Original:
    """The model that was read, ready to be run.

    Attributes:
        framework: the package that runs it.
        model: a Keras 3 model, or one of tf_keras.
    """

    framework: Literal["keras", "tf_keras"]
    model: KerasModel


@dataclass(frozen=True)
class ReadModel:
    """A model as the exporter takes it.

    Attributes:
        name: what it is called where nothing else is said.
        graph: its layers, as Keras 3 would have them.
        original: the model itself; None where nothing on this machine can run it.
        rescaling: what the files beside the model say, None where they say nothing.
        preprocessing: likewise.
        notes: sentences for the user.
    """

    name: str
    graph: Graph
    original: Original | None = None
    rescaling: Rescaling | None = None
    preprocessing: Preprocessing | None = None
    notes: tuple[str, ...] = ()

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of the input without the batch; None for a side that is not fixed."""
        config = self.graph.nodes[self.graph.input].config
        return tuple(config.get("batch_shape") or (None,))[1:]


def read_model(source: keras.Model | str | Path) -> ReadModel:
    """Return the model in a file or folder, or a Keras 3 model in memory, ready to be exported.

    Raises:
        ModelError: the path holds no model, or one that holds no layers.
        ExportError: the model is not a plain classifier of layers.
    """
    if not isinstance(source, (str, Path)):
        return _in_memory(source)
    path = Path(source)
    kind, path = detect(path)
    return _READERS[kind](path)


def _in_memory(model: Any) -> ReadModel:
    rooms = {kind.__module__.partition(".")[0] for kind in type(model).__mro__}
    if not hasattr(model, "layers") or not rooms & {"keras", "tf_keras"}:
        raise ModelError(
            f"{model!r:.200} is a {type(model).__name__}. Expected a Keras model, a run, or the "
            "path of one."
        )
    if "tf_keras" in rooms:
        return ReadModel(str(model.name), graph_from_tf_keras(model), Original("tf_keras", model))
    return ReadModel(str(model.name), read_keras_model(model), Original("keras", model))


def _keras_archive(path: Path) -> ReadModel:
    stored = peek_archive(path)
    refuse_code(stored.model_config)
    if stored.keras_2:
        return _through_tf_keras(path)
    return replace(_in_memory(models.load_model(path)), name=path.stem)


def _hdf5(path: Path) -> ReadModel:
    stored = peek_hdf5(path)
    refuse_code(stored.model_config)
    model = read_stored(stored.model_config, hdf5_arrays(path), keras_2=stored.keras_2)

    def load() -> KerasModel:
        # Keras 3 cannot read back every HDF5 file that it writes: not one with operations.
        if stored.keras_2:
            return load_tf_keras(path)
        return rebuild_keras(model.model_config, model.arrays)

    original, notes = _built(model, load)
    return ReadModel(path.stem, model.graph, original, notes=notes)


def _saved_model(path: Path) -> ReadModel:
    for file in ("keras_metadata.pb", "saved_model.pb"):
        # The configuration is JSON text inside; loading would run the code of a Lambda layer.
        if (path / file).is_file() and b'"class_name": "Lambda"' in (path / file).read_bytes():
            refuse_code({"class_name": "Lambda", "config": {"name": "lambda"}})
    return _through_tf_keras(path)


def _through_tf_keras(path: Path) -> ReadModel:
    model = load_tf_keras(path)
    if not hasattr(model, "layers"):
        raise ModelError(
            f"The SavedModel '{path}' holds functions without layers, as model.export() and "
            "tf.saved_model.save() write it. Expected one that Keras 2 saved with its layers. "
            "Export the model itself: save it as a .keras file with model.save()."
        )
    return ReadModel(path.stem, graph_from_tf_keras(model), Original("tf_keras", model))


def _layers_model(path: Path) -> ReadModel:
    model = read_layers_model(path)

    def rebuild() -> KerasModel:
        build = rebuild_tf_keras if model.keras_2 else rebuild_keras
        return build(model.model_config, model.arrays)

    original, notes = _built(model, rebuild)
    beside = read_neighbors(path, model.graph)
    return ReadModel(
        beside.name or path.resolve().parent.name or model.graph.name,
        model.graph,
        original,
        rescaling=beside.rescaling,
        preprocessing=beside.preprocessing,
        notes=(*beside.notes, *notes),
    )


def _built(
    model: StoredModel, build: Callable[[], KerasModel]
) -> tuple[Original | None, tuple[str, ...]]:
    """Return a stored model as Keras or tf_keras builds it; None, and why, where neither can."""
    try:
        built = build()
    except Exception as error:
        # Whatever Keras, tf_keras and their layers raise. The export goes on, and says so.
        reason = str(error) if isinstance(error, KerasportError) else f"{error!r:.300}"
        return None, (f"The original cannot be run here. {reason}",)
    return Original("tf_keras" if model.keras_2 else "keras", built), ()


_READERS: dict[ModelKind, Callable[[Path], ReadModel]] = {
    "hdf5": _hdf5,
    "keras": _keras_archive,
    "layers-model": _layers_model,
    "saved-model": _saved_model,
}
