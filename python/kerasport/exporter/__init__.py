"""Turn a trained Keras model into a bundle: read, lower, gate, write, read back, put in place."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kerasport import models
from kerasport.bundle import METADATA_FILE, MODEL_SCRIPT, SAMPLES_FILE, Bundle
from kerasport.errors import ExportError
from kerasport.exporter.embed import embed
from kerasport.exporter.gate import check_graph, input_scaling, minimum_tfjs_version
from kerasport.exporter.lower import end_in_probabilities, lower
from kerasport.exporter.optimise import optimise
from kerasport.exporter.patterns import pattern_files, patterns
from kerasport.exporter.read import read_keras_model
from kerasport.exporter.write import write_model
from kerasport.files import replaced_folder, sha256_of, write_bytes, write_text
from kerasport.labels import check_class_names
from kerasport.metadata import (
    FORMAT_VERSION,
    ClassifierDescription,
    FileEntry,
    Metadata,
    Output,
    Preprocessing,
    Rescaling,
    Sample,
    Samples,
)
from kerasport.preprocess import preprocess
from kerasport.run import Run
from kerasport.runtime import Runtime
from kerasport.schema import SCHEMA_FOLDER
from kerasport.version import VERSION

if TYPE_CHECKING:
    import keras

__all__ = ["READ_BACK_TOLERANCE", "export", "export_run"]

READ_BACK_TOLERANCE = 1e-5
"""Largest difference of a probability between Keras and the bundle read back in numpy.

Both compute in float32 and differ in the order of their sums only; `verify` allows the same for
the browser's cpu and wasm backends.
"""

SCHEMA_FILE = "metadata.schema.json"


@dataclass(frozen=True)
class _Picture:
    """A picture file to put into the bundle, with its true class where known."""

    suffix: str
    content: bytes
    label: str | None = None


def export_run(
    run: Run,
    out: str | Path = "web/model",
    *,
    force: bool = False,
    without: Collection[str] = (),
) -> Bundle:
    """Export the model of a run folder with its description and sample pictures.

    Args:
        run: what `kerasport.train` wrote.
        out: the bundle folder to write.
        force: replace a bundle that is already there.
        without: passes of `exporter.optimise` to leave out.

    Raises:
        ExportError: the model cannot be expressed, or `out` must not be replaced.
    """
    samples = [
        _Picture(sample.path.suffix.lower(), sample.path.read_bytes(), sample.label)
        for sample in run.samples
    ]
    model = models.load_model(run.model_path)
    return _export(model, run.description, samples, Path(out), force=force, without=without)


def export(
    model: keras.Model | str | Path,
    out: str | Path = "web/model",
    *,
    class_names: Sequence[str],
    name: str | None = None,
    preprocessing: Preprocessing | None = None,
    force: bool = False,
    without: Collection[str] = (),
) -> Bundle:
    """Export a Keras 3 model, or a `.keras` file, that takes pixels of 0 to 255.

    Args:
        model: the model or its file.
        out: the bundle folder to write.
        class_names: one name per output, in the order of the outputs.
        name: what the model is called on the page; the model's own name by default.
        preprocessing: how pictures become its input; stretched, bilinear by default.
        force: replace a bundle that is already there.
        without: passes of `exporter.optimise` to leave out.

    Raises:
        ExportError: the model cannot be expressed, or `out` must not be replaced.

    >>> export(model, "web/model", class_names=["cat", "dog"])  # doctest: +SKIP
    """
    if isinstance(model, (str, Path)):
        model = models.load_model(Path(model))
    shape = tuple(model.input_shape[1:])
    if len(shape) != 3 or None in shape or shape[2] not in (1, 3):
        raise ExportError(
            f"The model takes inputs of shape {model.input_shape}. "
            "Expected [None, height, width, 1 or 3] in whole numbers."
        )
    description = ClassifierDescription(
        name=name or model.name,
        class_names=check_class_names(class_names),
        input_shape=shape,
        color_mode="rgb" if shape[2] == 3 else "grayscale",
        rescaling=Rescaling(scale=1.0, offset=0.0),
        preprocessing=preprocessing or Preprocessing(),
        output=Output(activation="softmax"),
    )
    samples = [
        _Picture(".png", content) for content in pattern_files(description.image_spec).values()
    ]
    return _export(model, description, samples, Path(out), force=force, without=without)


def _export(
    model: keras.Model,
    description: ClassifierDescription,
    pictures: Sequence[_Picture],
    out: Path,
    *,
    force: bool,
    without: Collection[str],
) -> Bundle:
    _check_target(out, force=force)
    graph = lower(read_keras_model(model))
    activation = end_in_probabilities(graph)
    optimise(graph, without=without)
    check_graph(graph, num_classes=len(description.class_names))
    scaling = input_scaling(graph)
    assert scaling is not None, "the gate has seen it"
    description = description.model_copy(
        update={
            "rescaling": Rescaling(scale=scaling.config["scale"], offset=scaling.config["offset"]),
            "output": Output(activation=activation),
        }
    )
    with replaced_folder(out) as folder:
        write_model(graph, folder, generated_by=f"kerasport {VERSION}")
        write_bytes(folder / SCHEMA_FILE, (SCHEMA_FOLDER / SCHEMA_FILE).read_bytes())
        _write_samples(model, description, pictures, folder)
        metadata = Metadata(
            **description.model_dump(),
            kerasport_version=VERSION,
            minimum_tfjs_version=minimum_tfjs_version(graph),
            files=_file_entries(folder),
        )
        write_text(folder / METADATA_FILE, metadata.to_json())
        _write_script(metadata, folder)
        _read_back(model, Bundle.open(folder))
    return Bundle.open(out, check_files=False)


def _check_target(out: Path, *, force: bool) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / METADATA_FILE).is_file() or not (out / "model.json").is_file():
        raise ExportError(
            f"'{out}' exists and is not a bundle, so it is left as it is. "
            "Choose another folder with --out."
        )
    if not force:
        raise ExportError(f"There is a bundle at '{out}' already. Replace it with --force.")


def _write_samples(
    model: keras.Model,
    description: ClassifierDescription,
    pictures: Sequence[_Picture],
    folder: Path,
) -> None:
    spec = description.image_spec
    pixels = np.stack([preprocess(picture.content, spec) for picture in pictures])
    answers = models.probabilities(model, pixels)
    samples = []
    for number, (picture, array, answer) in enumerate(
        zip(pictures, pixels, answers, strict=True), start=1
    ):
        file = f"samples/{number:02d}{picture.suffix}"
        write_bytes(folder / file, picture.content)
        samples.append(
            Sample(
                file=file,
                label=picture.label,
                # Nine significant digits are enough to restore every float32 exactly.
                probabilities=[float(f"{value:.9g}") for value in answer],
                pixels_sha256=hashlib.sha256(array.tobytes()).hexdigest(),
            )
        )
    write_text(folder / SAMPLES_FILE, Samples(samples=samples).to_json())


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


def _write_script(metadata: Metadata, folder: Path) -> None:
    # Small files first: a page can show the model's name before the weights have arrived.
    names = [METADATA_FILE, "model.json", SAMPLES_FILE]
    names += [e.path for e in metadata.files if e.path not in names and e.path != SCHEMA_FILE]
    files = {name: (folder / name).read_bytes() for name in names}
    write_text(folder / MODEL_SCRIPT, embed(metadata.name, FORMAT_VERSION, files))


def _read_back(model: keras.Model, bundle: Bundle) -> None:
    """Compare the written files with Keras before they are put in place."""
    spec = bundle.metadata.image_spec
    inputs = dict(patterns(spec))
    for sample in bundle.samples():
        inputs[sample.file] = preprocess(bundle.path / sample.file, spec)
    pixels = np.stack(list(inputs.values()))
    expected = models.probabilities(model, pixels)
    received = Runtime(bundle).predict(pixels)
    if received.shape != expected.shape:
        raise ExportError(
            f"The exported model gives outputs of shape {received.shape}, Keras {expected.shape}. "
            "Nothing was put in place. Please report this model as a bug of kerasport."
        )
    differences = np.abs(received - expected).max(axis=1)
    worst = int(differences.argmax())
    if not differences[worst] <= READ_BACK_TOLERANCE:
        raise ExportError(
            f"The exported model differs from Keras by {differences[worst]:.2g} on the input "
            f"'{list(inputs)[worst]}'. Allowed are {READ_BACK_TOLERANCE:g}. Nothing was put in "
            "place. Please report this model as a bug of kerasport."
        )
