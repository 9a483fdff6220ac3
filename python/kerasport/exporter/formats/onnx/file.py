"""The file `model.onnx` of a bundle, with what else is known of the classifier inside."""

from __future__ import annotations

import json
from pathlib import Path

from kerasport.bundle.metadata import ClassifierDescription
from kerasport.exporter.formats.onnx.model import onnx_model
from kerasport.exporter.formats.subject import FormatSubject
from kerasport.files import write_bytes

__all__ = ["write_onnx"]


def write_onnx(folder: Path, subject: FormatSubject) -> list[Path]:
    """Write the file; return its path.

    Raises:
        ExportError: a layer cannot be expressed.
    """
    path = folder / "model.onnx"
    content = onnx_model(subject.graph, subject.stored, properties=_properties(subject.description))
    write_bytes(path, content)
    return [path]


def _properties(description: ClassifierDescription) -> dict[str, str]:
    """Return what `metadata_props` holds: the fields of `metadata.json`, each as JSON."""
    names = ("name", "class_names", "input_shape", "color_mode", "input_range", "preprocessing")
    fields = description.model_dump(mode="json", by_alias=True, include={*names, "output"})
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in fields.items()
    }
