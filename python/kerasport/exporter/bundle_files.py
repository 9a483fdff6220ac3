"""All files of a bundle: the model, and schema, samples, metadata and script beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import (
    METADATA_FILE,
    MODEL_SCRIPT,
    NOVELTY_FILE,
    SCHEMA_FILE,
    NoveltyScale,
)
from kerasport.bundle.metadata import (
    LABELS_FORMAT_VERSION,
    ClassifierDescription,
    FileEntry,
    Metadata,
)
from kerasport.bundle.schema import SCHEMA_FOLDER
from kerasport.bundle.script import embed, embedded_names
from kerasport.exporter.gate import minimum_tfjs_version
from kerasport.exporter.quantize import Storage
from kerasport.exporter.samples import SampleFile, write_samples
from kerasport.exporter.write import write_model
from kerasport.files import sha256_of, write_bytes, write_text
from kerasport.version import VERSION

__all__ = ["write_files", "write_metadata"]


def write_files(
    folder: Path,
    storage: Storage,
    description: ClassifierDescription,
    samples: Sequence[SampleFile],
    pixels: NDArray[np.uint8],
    *,
    layer_names: Mapping[str, str],
    scale: NoveltyScale | None = None,
) -> Metadata:
    """Write all files of a bundle into an empty folder but what describes them, and return that.

    Args:
        folder: where to write.
        storage: the graph with its weights as they are stored, and its answers for the samples.
        description: the classifier.
        samples: n pictures.
        pixels: uint8 `[n, height, width, channels]`, what the pictures become.
        layer_names: names of layers -> the model's own, of those that were renamed.
        scale: tells strange pictures, if something does; not what the description says of a run.
    """
    write_model(
        storage.graph,
        folder,
        generated_by=f"kerasport {VERSION}",
        interface=description.interface,
        stored=storage.weights,
    )
    write_bytes(folder / SCHEMA_FILE, (SCHEMA_FOLDER / SCHEMA_FILE).read_bytes())
    write_samples(folder, samples, pixels, storage.answers, storage.exact_answers)
    if scale is not None:
        write_bytes(folder / NOVELTY_FILE, scale.to_bytes())
    novelty = scale.novelty if scale is not None else None
    return Metadata(
        **description.model_copy(update={"novelty": novelty}).model_dump(),
        format_version=1 if description.labels_output is None else LABELS_FORMAT_VERSION,
        kerasport_version=VERSION,
        minimum_tfjs_version=minimum_tfjs_version(storage.graph),
        quantization=storage.quantization,
        layer_names=dict(layer_names) or None,
        files=_file_entries(folder),
    )


def write_metadata(folder: Path, metadata: Metadata) -> None:
    """Write what describes the files of a bundle, and the script that holds all of them."""
    write_text(folder / METADATA_FILE, metadata.to_json())
    _write_script(folder, metadata)


def _file_entries(folder: Path) -> list[FileEntry]:
    return [
        FileEntry(
            path=path.relative_to(folder).as_posix(),
            bytes=path.stat().st_size,
            sha256=sha256_of(path),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


def _write_script(folder: Path, metadata: Metadata) -> None:
    names = embedded_names(entry.path for entry in metadata.files)
    files = {name: (folder / name).read_bytes() for name in names}
    write_bytes(folder / MODEL_SCRIPT, embed(metadata.name, metadata.format_version, files))
