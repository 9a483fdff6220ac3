"""Open an exported folder: metadata, integrity, topology, weights and samples."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.metadata import (
    Interface,
    Metadata,
    Parity,
    Sample,
    Samples,
    parse_document,
    read_document,
)
from kerasport.errors import BundleError
from kerasport.files import sha256_of

__all__ = [
    "METADATA_FILE",
    "MODEL_FILE",
    "MODEL_SCRIPT",
    "PARITY_FILE",
    "SAMPLES_FILE",
    "Bundle",
    "dequantize",
]

METADATA_FILE = "metadata.json"
MODEL_FILE = "model.json"
MODEL_SCRIPT = "model.js"
PARITY_FILE = "parity.json"
SAMPLES_FILE = "samples/samples.json"


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
                    "SHA-256 is not the one in metadata.json. Export the bundle again."
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
        """Return the content of `model.json`."""
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
        arrays: dict[str, NDArray[np.float32]] = {}
        listed = {entry.path for entry in self.metadata.files}
        for group in self.model()["weightsManifest"]:
            for name in group["paths"]:
                # Only listed paths were checked: to stay inside the folder, and by their hash.
                if name not in listed:
                    raise BundleError(
                        f"model.json in '{self.path}' names the file {name!r}, which metadata.json "
                        "does not list. Export the bundle again."
                    )
            data = b"".join((self.path / name).read_bytes() for name in group["paths"])
            offset = 0
            for entry in group["weights"]:
                quantization = entry.get("quantization")
                kind = _stored_type(entry, quantization)
                count = int(np.prod(entry["shape"], dtype=np.int64))
                end = offset + kind.itemsize * count
                if end > len(data):
                    raise BundleError(
                        f"The weights of '{self.path}' end before {entry['name']!r} is complete. "
                        "Export the bundle again."
                    )
                array = np.frombuffer(data, kind, count, offset).reshape(entry["shape"])
                arrays[entry["name"]] = dequantize(array, quantization)
                offset = end
        return arrays


def dequantize(
    stored: NDArray[np.generic], quantization: Mapping[str, Any] | None
) -> NDArray[np.float32]:
    """Return stored values as float32, bit by bit what TensorFlow.js makes of them.

    Args:
        stored: values of the type on disk.
        quantization: the entry of the manifest, with `scale` and `min` for the affine types.
    """
    if quantization is None or "scale" not in quantization:
        return stored.astype(np.float32)
    # JavaScript multiplies and adds in double precision, and rounds once.
    scale, low = float(quantization["scale"]), float(quantization["min"])
    return (stored.astype(np.float64) * scale + low).astype(np.float32)


def _stored_type(entry: Mapping[str, Any], quantization: Mapping[str, Any] | None) -> np.dtype[Any]:
    name = entry["dtype"] if quantization is None else quantization["dtype"]
    if entry["dtype"] != "float32" or name not in _STORED_TYPES:
        raise BundleError(
            f"The weight {entry['name']!r} is stored as {name} of {entry['dtype']}. "
            f"Expected float32, as it is or as {', '.join(_STORED_TYPES)}. Export the bundle again."
        )
    return np.dtype(_STORED_TYPES[name])


def _quoted(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


_SHOWN = 300
"""Characters of a value that a message shows; a thousand class names would hide the rest."""
_STORED_TYPES = {"float32": "<f4", "float16": "<f2", "uint16": "<u2", "uint8": "|u1"}
