"""The front door of the exporter: tells what a path is, and reads it.

| what | how | answers for it |
|---|---|---|
| Keras 3 model, `.keras` | Keras | Keras |
| whole-model HDF5 | configuration and arrays of the file | Keras, tf_keras, else numpy |
| SavedModel and `.keras` of Keras 2 | tf_keras | tf_keras |
| `model.json` of layers format | topology and shards | Keras, tf_keras, else numpy |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasport import models
from kerasport.bundle.metadata import Preprocessing, Rescaling
from kerasport.errors import KerasportError, ModelError
from kerasport.exporter.answering.references import (
    KerasReference,
    Reference,
    ScaledReference,
    run_as_read,
)
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.readers.archives import hdf5_arrays, peek_archive, peek_hdf5
from kerasport.exporter.readers.detection import ModelKind, detect, is_model_folder
from kerasport.exporter.readers.keras3 import read_keras_model, rebuild_keras
from kerasport.exporter.readers.layers_model import read_layers_model
from kerasport.exporter.readers.neighbors import read_neighbors
from kerasport.exporter.readers.stored import StoredModel, read_stored, refuse_code
from kerasport.exporter.readers.tf_keras_models import (
    graph_from_tf_keras,
    load_tf_keras,
    rebuild_tf_keras,
    tf_keras_reference,
)

if TYPE_CHECKING:
    import keras

__all__ = [
    "ModelKind",
    "ReadModel",
    "Reference",
    "ScaledReference",
    "detect",
    "is_model_folder",
    "read_keras_model",
    "read_model",
]


@dataclass(frozen=True)
class ReadModel:
    """A model as the exporter takes it, and who answers for the original.

    `rescaling` and `preprocessing` are what the files beside the model say, None where they say
    nothing; `notes` are sentences for the user.
    """

    name: str
    graph: Graph
    reference: Reference
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


def _in_memory(model: keras.Model) -> ReadModel:
    return ReadModel(str(model.name), read_keras_model(model), KerasReference(model))


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

    def load() -> Any:
        # Keras 3 cannot read back every HDF5 file that it writes: not one with operations.
        if stored.keras_2:
            return load_tf_keras(path)
        return rebuild_keras(model.model_config, model.arrays)

    reference, notes = _answering(model, load)
    return ReadModel(path.stem, model.graph, reference, notes=notes)


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
    graph = graph_from_tf_keras(model)
    return ReadModel(path.stem, graph, tf_keras_reference(model, graph))


def _layers_model(path: Path) -> ReadModel:
    model = read_layers_model(path)

    def rebuild() -> Any:
        build = rebuild_tf_keras if model.keras_2 else rebuild_keras
        return build(model.model_config, model.arrays)

    reference, notes = _answering(model, rebuild)
    beside = read_neighbors(path, model.graph)
    return ReadModel(
        beside.name or path.resolve().parent.name or model.graph.name,
        model.graph,
        reference,
        rescaling=beside.rescaling,
        preprocessing=beside.preprocessing,
        notes=(*beside.notes, *notes),
    )


def _answering(model: StoredModel, build: Callable[[], Any]) -> tuple[Reference, tuple[str, ...]]:
    """Return who answers for a stored model: Keras or tf_keras, else the layers as they are."""
    try:
        built = build()
    except Exception as error:
        # Whatever Keras, tf_keras and their layers raise. The export goes on, and says so.
        reason = str(error) if isinstance(error, KerasportError) else f"{error!r:.300}"
        reference = run_as_read(model.graph)
        return reference, (f"The original cannot be run here. {reason}",)
    if model.keras_2:
        return tf_keras_reference(built, model.graph), ()
    return KerasReference(built), ()


_READERS: dict[ModelKind, Callable[[Path], ReadModel]] = {
    "hdf5": _hdf5,
    "keras": _keras_archive,
    "layers-model": _layers_model,
    "saved-model": _saved_model,
}
