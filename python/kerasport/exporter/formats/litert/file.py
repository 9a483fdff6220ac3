"""The file `model.tflite`, with its metadata and its class names inside."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from kerasport.bundle.metadata import ClassifierDescription
from kerasport.displayed import displayable
from kerasport.exporter.formats.litert.conversion import converted
from kerasport.exporter.formats.litert.halving import halve_weights
from kerasport.exporter.formats.litert.metadata import LABELS_FILE, metadata_of
from kerasport.exporter.formats.subject import FormatSubject
from kerasport.files import write_bytes

__all__ = ["write_litert", "write_litert_int8"]

_IDENTIFIER = b"TFL3"
_METADATA = b"TFLITE_METADATA"
_NO_DATE = (1980, 1, 1, 0, 0, 0)
"""Of the file of names, so that equal exports give equal bytes."""


def write_litert(folder: Path, subject: FormatSubject) -> list[Path]:
    """Write the model in float32, or in float16 where the bundle is; return its path.

    Raises:
        ExportError: LiteRT cannot express it.
    """
    content = converted(subject.graph, subject.description.input_shape)
    kinds = {each.data.dtype for each in (subject.stored or {}).values()}
    return _written(folder, content, subject.description, halved=np.dtype("<f2") in kinds)


def write_litert_int8(folder: Path, subject: FormatSubject) -> list[Path]:
    """Write the model in whole numbers of 8 bits, for boards; return its path.

    Raises:
        ExportError: LiteRT cannot express it.
        DataError: there are no pictures to find the ranges of values on.
    """
    shape = subject.description.input_shape
    content = converted(subject.graph, shape, typical=np.asarray(subject.typical()))
    return _written(folder, content, subject.description, halved=False)


def _written(
    folder: Path, content: bytes, description: ClassifierDescription, *, halved: bool
) -> list[Path]:
    path = folder / "model.tflite"
    write_bytes(path, _with_names(_completed(content, description, halved), description))
    return [path]


def _completed(content: bytes, description: ClassifierDescription, halved: bool) -> bytes:
    """Return the model with its metadata, and its weights in float16 where the bundle's are."""
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated

    # It has no types.
    schema: Any = schema_py_generated
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    if halved:
        halve_weights(schema, model)
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(metadata_of(description), np.uint8)
    entry.name, entry.buffer = _METADATA, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    model.description = b"kerasport"
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=_IDENTIFIER)
    return bytes(builder.Output())


def _with_names(content: bytes, description: ClassifierDescription) -> bytes:
    """Return the model with an archive behind it, which readers of models do not see."""
    stream = io.BytesIO(content)
    # A name is one line there.
    text = "".join(f"{displayable(name)}\n" for name in description.class_names)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(LABELS_FILE, _NO_DATE), text)
    return stream.getvalue()
