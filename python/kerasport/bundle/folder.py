"""Open an exported folder: metadata, integrity, topology, weights, samples and script."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.document import (
    Document,
    check_is_file,
    parse_document,
    parse_json,
    read_document,
    read_text_file,
)
from kerasport.bundle.field import MISSING, Field, dimensions
from kerasport.bundle.file_names import (
    METADATA_FILE,
    MODEL_FILE,
    MODEL_SCRIPT,
    NOVELTY_FILE,
    PARITY_FILE,
    SAMPLES_FILE,
)
from kerasport.bundle.listing import check_listing, check_other_formats
from kerasport.bundle.manifest import read_manifest
from kerasport.bundle.metadata import Interface, Metadata
from kerasport.bundle.novelty import NoveltyScale, check_novelty
from kerasport.bundle.parity import Parity
from kerasport.bundle.plan import ModelPlan, plan_model
from kerasport.bundle.samples import Sample, Samples
from kerasport.bundle.script import embedded_names, is_script_of, script_parts
from kerasport.bundle.topology import LayerEntry, Topology, read_topology
from kerasport.bundle.weights import ManifestProblem, read_weights
from kerasport.bundle.winograd import check_tiles
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

        Its texts are checked before anything is reserved or run: files, layers, shapes, weights,
        and what they cost (`kerasport.bundle.limits`).

        Args:
            path: the folder that `kerasport export` wrote.
            check_files: compare every listed file with its size and SHA-256, and `model.js` with
                what the files make.

        Raises:
            BundleError: the folder or a file is missing, damaged, hostile or newer than this
                version.
        """
        path = Path(path)
        put_back(path)
        if not path.is_dir():
            raise BundleError(
                f"There is no bundle folder at '{path}'. "
                "Write one with: kerasport export RUN --out FOLDER"
            )
        bundle = cls(path, read_document(Metadata, _inside(path, METADATA_FILE)))
        _require_fields(bundle.metadata, str(path / METADATA_FILE))
        if check_files:
            bundle._check_files()
            bundle._check_interface()
            _ = bundle._plan
            bundle.samples()
            _ = bundle.novelty_scale
            bundle._check_script()
        return bundle

    def _check_files(self) -> None:
        entries = [{"path": entry.path, "bytes": entry.bytes} for entry in self.metadata.files]
        document = str(self.path / METADATA_FILE)
        check_listing(Field(document, "files", entries))
        formats = [each.model_dump(by_alias=True) for each in self.metadata.other_formats or ()]
        check_other_formats(Field(document, "otherFormats", formats))
        for entry in self.metadata.files:
            if not _is_file(_inside(self.path, entry.path)):
                raise BundleError(
                    f"The bundle '{self.path}' misses its file '{entry.path}'. "
                    "Copy the folder again, whole, or export it again."
                )
        # A site has the page's files only: what is there of other formats must be what it was.
        others = [entry for each in self.metadata.other_formats or () for entry in each.files]
        others = [entry for entry in others if _is_file(_inside(self.path, entry.path))]
        for entry in [*self.metadata.files, *others]:
            file = _inside(self.path, entry.path)
            check_is_file(file)
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
        kept = parse_document(
            Interface, json.dumps(content), f"{self.path / MODEL_FILE}: userDefinedMetadata"
        )
        expected, found = (
            each.model_dump(mode="json", by_alias=True) for each in (kept, self.metadata.interface)
        )
        for field, value in expected.items():
            if found[field] != value:
                raise BundleError(
                    f"'{self.path / METADATA_FILE}' does not belong to the model: {field} is "
                    f"{_quoted(found[field])}, but the model was exported with {_quoted(value)}. "
                    "Copy the folder again, whole, or export it again."
                )

    def _check_script(self) -> None:
        """Compare `model.js` with what the files make: it is code, and pages run it."""
        file = _inside(self.path, MODEL_SCRIPT)
        if not file.exists():
            return
        check_is_file(file)
        with file.open("rb") as script:
            is_own = is_script_of(
                script,
                self.metadata.name,
                self.metadata.format_version,
                self._embedded_names(),
                self._read,
            )
        if not is_own:
            raise BundleError(
                f"'{file}' is not what the files of its folder make: it may hold code of somebody "
                "else, or is from another export. Do not put it into a page. Export the bundle "
                "again."
            )

    def other_format(self, name: str) -> Path | None:
        """Return the model in another format; None where there is none, or it was left out."""
        for each in self.metadata.other_formats or ():
            file = _inside(self.path, each.files[0].path)
            if each.format == name and _is_file(file):
                return file
        return None

    def names(self) -> list[str]:
        """Return the paths of metadata.json and of all that it lists."""
        return [METADATA_FILE, *(entry.path for entry in self.metadata.files)]

    @property
    def script(self) -> Path:
        """The classic script that holds the whole bundle, where it lies in the folder."""
        return self.path / MODEL_SCRIPT

    def script_parts(self) -> Iterator[bytes]:
        """Yield `model.js`, part by part, written anew from the other files."""
        files = ((name, self._read(name)) for name in self._embedded_names())
        return script_parts(self.metadata.name, self.metadata.format_version, files)

    @functools.cached_property
    def integrity(self) -> str:
        """The digest of `model.js`, as `integrity` of a script element takes it.

        The script holds metadata.json, which has the SHA-256 of every other file: the digest
        stands for the whole bundle as it was exported. Where the folder has none, it is that of
        the script which would be written.
        """
        if not self.script.is_file():
            return self.written_integrity
        with self.script.open("rb") as script:
            return _integrity_of(iter(lambda: script.read(1 << 20), b""))

    @functools.cached_property
    def written_integrity(self) -> str:
        """The digest of `script_parts`: another one than of a script of an earlier version."""
        return _integrity_of(self.script_parts())

    def _embedded_names(self) -> list[str]:
        return embedded_names(entry.path for entry in self.metadata.files)

    def _read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def samples(self) -> list[Sample]:
        """Return the sample pictures with Keras' answers; none where the bundle has none.

        Raises:
            BundleError: one names a file that is not listed, or has not one answer for each class.
        """
        listed = {entry.path for entry in self.metadata.files}
        if SAMPLES_FILE not in listed:
            return []
        file = _inside(self.path, SAMPLES_FILE)
        found = read_document(Samples, file).samples
        count = len(self.metadata.class_names)
        for index, sample in enumerate(found):
            for key, answer in (
                ("probabilities", sample.probabilities),
                ("floatProbabilities", sample.float_probabilities),
            ):
                if answer is not None and len(answer) != count:
                    place = f"samples[{index}].{key}"
                    Field(str(file), place, answer).fail(f"{count} numbers, one per class")
            if sample.file not in listed:
                Field(str(file), f"samples[{index}].file", sample.file).fail(
                    f"a file that {METADATA_FILE} lists"
                )
        return found

    @functools.cached_property
    def novelty_scale(self) -> NoveltyScale | None:
        """What tells how far a picture is from those of the training; None where nothing does.

        Raises:
            BundleError: its file does not hold what the metadata says.
        """
        if self.metadata.novelty is None:
            return None
        _ = self._plan  # nothing is read before the sizes are known to fit
        file = _inside(self.path, NOVELTY_FILE)
        return NoveltyScale.read(self.metadata.novelty, file.read_bytes(), str(file))

    def parity(self) -> Parity | None:
        """Return what verify measured, or None when it has not run yet."""
        file = _inside(self.path, PARITY_FILE)
        return read_document(Parity, file) if file.exists() else None

    def is_measured_by(self, parity: Parity) -> bool:
        """Tell whether a measurement is of this bundle, and not of another export."""
        if parity.integrity is not None:
            return parity.integrity == self.integrity
        return parity.model_sha256 == sha256_of(self.path / MODEL_FILE)

    def model(self) -> dict[str, Any]:
        """Return the content of `model.json`, which is read once; do not change it."""
        return self._model

    def layers(self) -> tuple[LayerEntry, ...]:
        """Return the model's layers in the order of computation."""
        return self.topology().layers

    def topology(self) -> Topology:
        """Return the graph of layers that `model.json` describes."""
        return self._topology

    @property
    def live_values(self) -> int:
        """Values that are held at one time for one picture."""
        return self._plan.live_values

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shape of every layer's output for one picture, by the layer's name."""
        return self._plan.shapes

    @functools.cached_property
    def _topology(self) -> Topology:
        return read_topology(self._root.get("modelTopology"))

    @functools.cached_property
    def _plan(self) -> ModelPlan:
        """What running the model comes to, once everything about it was checked."""
        sizes = {entry.path: entry.bytes for entry in self.metadata.files}
        weights = read_manifest(self._root.get("weightsManifest"), sizes)
        plan = plan_model(self._topology, weights, str(self.path / MODEL_FILE))
        if plan.input_shape != self.metadata.input_shape:
            raise BundleError(
                f"The model in {MODEL_FILE} takes {dimensions(plan.input_shape)}. Expected "
                f"{dimensions(self.metadata.input_shape)}, as in {METADATA_FILE}. The files are "
                "from different exports: export the bundle again."
            )
        classes = len(self.metadata.class_names)
        if plan.output_shape != (classes,):
            raise BundleError(
                f"The model gives {dimensions(plan.output_shape)} probabilities for {classes} "
                "class names. Expected one for each. Export the bundle again."
            )
        if self.metadata.winograd is not None:
            document = str(self.path / METADATA_FILE)
            tiles = Field(document, "winograd.tiles", self.metadata.winograd.tiles)
            check_tiles(tiles, self._topology.layers)
        if self.metadata.novelty is not None:
            field = Field(
                str(self.path / METADATA_FILE), "novelty", self.metadata.novelty.model_dump()
            )
            layers = {layer.name: layer for layer in self._topology.layers}
            check_novelty(field, layers, plan.shapes, sizes)
        return plan

    @property
    def _root(self) -> Field:
        return Field(str(self.path / MODEL_FILE), "", self._model)

    @functools.cached_property
    def _model(self) -> dict[str, Any]:
        file = _inside(self.path, MODEL_FILE)
        content: Any = parse_json(read_text_file(file), str(file))
        Field(str(file), "", content).get("format").one_of("layers-model")
        model: dict[str, Any] = content
        return model

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Return all weights by their name in the manifest, as the float32 of TensorFlow.js."""
        _ = self._plan  # nothing is read before the sizes are known to fit
        try:
            arrays = read_weights(self.model()["weightsManifest"], self._read)
        except ManifestProblem as problem:
            raise BundleError(
                f"The weights of '{self.path}' cannot be read. {problem} Export the bundle again."
            ) from None
        return {name: array.astype(np.float32, copy=False) for name, array in arrays.items()}


def _integrity_of(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha384()
    for part in parts:
        digest.update(part)
    return f"sha384-{base64.b64encode(digest.digest()).decode('ascii')}"


def _require_fields(document: Document, source: str, place: str = "") -> None:
    """Refuse a document that leaves out what every writer writes: readers would have to guess."""
    for name, field in type(document).model_fields.items():
        value = getattr(document, name)
        inner = f"{place}.{field.alias}" if place else str(field.alias)
        if value is not None and name not in document.model_fields_set:
            Field(source, inner, MISSING).fail("it to be there")
        if isinstance(value, Document):
            _require_fields(value, source, inner)


def _inside(folder: Path, name: str) -> Path:
    """Return the path of a file of the bundle, which is no link that leads out of it."""
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise BundleError(
            f"'{file}' is a link to a place outside of the folder. Copy the folder together with "
            "what its links point to."
        )
    return file


def _is_file(file: Path) -> bool:
    """Tell whether there is such a file; there is none of a name that no system takes."""
    try:
        return file.is_file()
    except OSError:
        return False


def _quoted(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
