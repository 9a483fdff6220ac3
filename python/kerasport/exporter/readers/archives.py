"""The `.keras` archive of Keras 3 and of Keras 2 from 2.12 on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kerasport.errors import ModelError
from kerasport.exporter.containers import (
    extract_member,
    member_names,
    parse_json,
    read_hdf5,
    read_members,
)
from kerasport.exporter.readers.keras_hub import refuse_hub_file
from kerasport.exporter.readers.stored_model import StoredModel, read_stored, recognized_config
from kerasport.files import scratch_folder

__all__ = ["ArchiveHeader", "peek_archive", "read_archive"]

_EXPECTED = "a whole .keras file"
_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


class ArchiveHeader(NamedTuple):
    """The configuration in a file and the version of Keras that wrote it."""

    model_config: Mapping[str, Any]
    keras_version: str

    @property
    def keras_2(self) -> bool:
        return not self.keras_version.startswith("3")


def peek_archive(path: Path) -> ArchiveHeader:
    """Return what a `.keras` file says of itself.

    Raises:
        ModelError: the file is damaged, or a zip of something else.
    """
    members = read_members(path, (_CONFIG, _METADATA), expected=_EXPECTED)
    if _CONFIG not in members:
        names = sorted(member_names(path, expected=_EXPECTED))
        raise ModelError(
            f"'{path}' is a zip file without a Keras model in it; it holds "
            f"{', '.join(names[:5])}. Unpack it and give what is inside: "
            "model.json, keras_model.h5 or the SavedModel folder."
        )
    config = parse_json(members[_CONFIG], f"{_CONFIG} in '{path}'", expected=_EXPECTED)
    metadata = {}
    if _METADATA in members:
        metadata = parse_json(members[_METADATA], f"{_METADATA} in '{path}'", expected=_EXPECTED)
    if not isinstance(config, dict) or not isinstance(metadata, dict):
        raise ModelError(
            f"'{path}' holds no model: {_CONFIG} or {_METADATA} is not an object. Expected "
            f"{_EXPECTED}; copy or save it again."
        )
    return ArchiveHeader(config, str(metadata.get("keras_version", "3")))


def read_archive(path: Path) -> StoredModel:
    """Return the model in a `.keras` file.

    Raises:
        ModelError: the file is damaged, or a zip of something else.
        ExportError: it holds what is not recognized.
    """
    header = peek_archive(path)
    # Before the weights are unpacked, which takes time.
    refuse_hub_file(header.model_config)
    recognized_config(header.model_config, keras_2=header.keras_2)
    with scratch_folder() as folder:
        weights = folder / _WEIGHTS
        extract_member(path, _WEIGHTS, weights, expected=_EXPECTED)
        content = read_hdf5(
            weights,
            f"{_WEIGHTS} in '{path}'",
            expected=_EXPECTED,
            skip=("optimizer", "_optimizer"),
        )
    return read_stored(
        header.model_config, content.arrays, keras_2=header.keras_2, source="archive"
    )
