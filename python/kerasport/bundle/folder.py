"""Open an exported folder: metadata, integrity, topology, weights and samples."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.document import parse_document, read_document
from kerasport.bundle.file_names import (
    METADATA_FILE,
    MODEL_FILE,
    MODEL_SCRIPT,
    PARITY_FILE,
    SAMPLES_FILE,
)
from kerasport.bundle.metadata import Interface, Metadata
from kerasport.bundle.parity import Parity
from kerasport.bundle.samples import Sample, Samples
from kerasport.bundle.topology import LayerEntry, Topology, read_topology
from kerasport.bundle.weights import ManifestProblem, read_weights
from kerasport.errors import BundleError
from kerasport.files import put_back, sha256_of

__all__ = ["MOST_SHOWN", "Bundle"]

MOST_SHOWN = 300
"""Characters of a value that a message shows; a thousand class names would hide the rest."""


@dataclass(frozen=True)
class Bundle:
    """An exported classifier on disk, checked against its own hashes."""

    path: Path
    metadata: Metadata

    @classmethod
    def open(cls, path: str | Path, *, check_files: bool = True) -> Bundle:
        """Return the bundle in the folder `path`.

        Args:
            path: the folder that `kerasport export` wrote.
            check_files: compare every listed file with its size and SHA-256.

        Raises:
            BundleError: the folder or a file is missing, damaged or newer than this version.
        """
        path = Path(path)
        put_back(path)
        if not path.is_dir():
            raise BundleError(
                f"There is no bundle folder at '{path}'. "
                "Write one with: kerasport export RUN --out FOLDER"
            )
        bundle = cls(path, read_document(Metadata, path / METADATA_FILE))
        if check_files:
            bundle._check_files()
            bundle._check_interface()
        return bundle

    def _check_files(self) -> None:
        for entry in self.metadata.files:
            file = self.path / entry.path
            if not file.is_file():
                raise BundleError(
                    f"The bundle '{self.path}' misses its file '{entry.path}'. "
                    "Copy the folder again, whole, or export it again."
                )
            size = file.stat().st_size
            if size != entry.bytes:
                raise BundleError(
                    f"The file '{entry.path}' in '{self.path}' has {size:,} bytes; "
                    f"expected {entry.bytes:,}. Copy the folder again, whole."
                )
            if sha256_of(file) != entry.sha256:
                raise BundleError(
                    f"The file '{entry.path}' in '{self.path}' was changed after the export: its "
                    f"SHA-256 is not the one in {METADATA_FILE}. Export the bundle again."
                )

    def _check_interface(self) -> None:
        """Compare with what `model.json` keeps for itself; metadata.json has no hash of its own."""
        own = self.model().get("userDefinedMetadata")
        content = own.get("kerasport") if isinstance(own, dict) else None
        if content is None:  # written by another program
            return
        expected = parse_document(
            Interface, json.dumps(content), f"{self.path / MODEL_FILE}: userDefinedMetadata"
        ).to_dict()
        found = self.metadata.interface.to_dict()
        for field, value in expected.items():
            if found[field] != value:
                raise BundleError(
                    f"'{self.path / METADATA_FILE}' does not belong to the model: {field} is "
                    f"{_quoted(found[field])}, but the model was exported with {_quoted(value)}. "
                    "Copy the folder again, whole, or export it again."
                )

    @property
    def script(self) -> Path:
        """The classic script that holds the whole bundle."""
        return self.path / MODEL_SCRIPT

    def samples(self) -> list[Sample]:
        """Return the sample pictures with Keras' answers."""
        return read_document(Samples, self.path / SAMPLES_FILE).samples

    def parity(self) -> Parity | None:
        """Return what verify measured, or None when it has not run yet."""
        file = self.path / PARITY_FILE
        return read_document(Parity, file) if file.exists() else None

    def model(self) -> dict[str, Any]:
        """Return the content of `model.json`, which is read once; do not change it."""
        return self._model

    def layers(self) -> tuple[LayerEntry, ...]:
        """Return the model's layers in the order of computation."""
        return self.topology().layers

    def topology(self) -> Topology:
        """Return the graph of layers that `model.json` describes."""
        return self._topology

    @functools.cached_property
    def _topology(self) -> Topology:
        return read_topology(self._model.get("modelTopology", {}))

    @functools.cached_property
    def _model(self) -> dict[str, Any]:
        try:
            content = json.loads((self.path / MODEL_FILE).read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError) as error:
            raise BundleError(
                f"'{self.path / MODEL_FILE}' cannot be read: {error}. Export the bundle again."
            ) from None
        if not isinstance(content, dict) or content.get("format") != "layers-model":
            raise BundleError(
                f"'{self.path / MODEL_FILE}' is not a TensorFlow.js layers model. "
                "Export the bundle again."
            )
        return content

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Return all weights by their name in the manifest, as the float32 of TensorFlow.js."""
        try:
            arrays = read_weights(self.model().get("weightsManifest"), self._read_listed)
        except ManifestProblem as problem:
            raise BundleError(
                f"The weights of '{self.path}' cannot be read. {problem} Export the bundle again."
            ) from None
        other = next((name for name, array in arrays.items() if array.dtype != np.float32), None)
        if other is not None:
            raise BundleError(
                f"The weight {other!r} in '{self.path}' is {arrays[other].dtype}. Expected "
                "float32, or fewer bits that stand for it. Export the bundle again."
            )
        return {name: array.astype(np.float32, copy=False) for name, array in arrays.items()}

    def _read_listed(self, name: str) -> bytes:
        # Only listed paths were checked: to stay inside the folder, and by their hash.
        if name not in {entry.path for entry in self.metadata.files}:
            raise BundleError(
                f"{MODEL_FILE} in '{self.path}' names the file {name!r}, which {METADATA_FILE} "
                "does not list. Export the bundle again."
            )
        return (self.path / name).read_bytes()


def _quoted(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
