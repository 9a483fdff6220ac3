"""From a path or a model in memory to the graph: what is read, and by which reader."""

from kerasport.exporter.readers.detection import ModelKind, check_exists, detect, is_model_folder
from kerasport.exporter.readers.keras3 import read_keras_model
from kerasport.exporter.readers.reading import LiveModel, Original, ReadModel, read_model
from kerasport.exporter.readers.stored import StoredModel

__all__ = [
    "LiveModel",
    "ModelKind",
    "Original",
    "ReadModel",
    "StoredModel",
    "check_exists",
    "detect",
    "is_model_folder",
    "read_keras_model",
    "read_model",
]
