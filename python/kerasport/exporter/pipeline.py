"""Turn a trained Keras model into a bundle: read, lower, gate, write, read back, put in place."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import METADATA_FILE, MODEL_FILE, MODEL_SCRIPT, SAMPLES_FILE, Bundle
from kerasport.bundle.metadata import (
    FORMAT_VERSION,
    ClassifierDescription,
    FileEntry,
    Metadata,
    Output,
    Preprocessing,
    Quantization,
    Rescaling,
    Sample,
    Samples,
)
from kerasport.bundle.schema import SCHEMA_FOLDER
from kerasport.bundle.script import embed
from kerasport.errors import ExportError
from kerasport.exporter.answering.engines import GraphReference
from kerasport.exporter.answering.patterns import pattern_files, patterns
from kerasport.exporter.gate import check_graph, input_scaling, minimum_tfjs_version
from kerasport.exporter.lowering import end_in_probabilities, lower
from kerasport.exporter.lowering.input_scaling import parse_rescaling, put_rescaling
from kerasport.exporter.passes.optimize import Saving, optimize
from kerasport.exporter.quantize.step import Quantize, quantize_model
from kerasport.exporter.readers import ReadModel, Reference, ScaledReference, read_model
from kerasport.exporter.write import write_model
from kerasport.files import replaced_folder, sha256_of, write_bytes, write_text
from kerasport.labels import check_class_names
from kerasport.preprocess import ImageSpec, preprocess
from kerasport.progress import SILENT, Progress
from kerasport.runs.run import Run
from kerasport.runtime import Runtime
from kerasport.version import VERSION

if TYPE_CHECKING:
    import keras

__all__ = ["READ_BACK_TOLERANCE", "ExportedBundle", "Quantize", "export", "export_run"]

READ_BACK_TOLERANCE = 1e-5
"""Largest difference of a probability between Keras and the bundle read back in numpy.

Both compute in float32 and differ in the order of their sums only; `verify` allows the same for
the browser's cpu and wasm backends.
"""

SCHEMA_FILE = "metadata.schema.json"


class HasRun(Protocol):
    """A classifier that was just trained, see `kerasport.train_classifier`."""

    @property
    def run(self) -> Run:
        """Where it is."""


@dataclass(frozen=True)
class ExportedBundle(Bundle):
    """A bundle as it was just written, with what the passes saved."""

    saving: Saving | None = None


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
    quantize: str | Quantize = "float32",
    force: bool = False,
    without: Collection[str] = (),
    progress: Progress = SILENT,
) -> ExportedBundle:
    """Export the model of a run folder with its description and sample pictures.

    Args:
        run: what `kerasport.train` wrote.
        out: the bundle folder to write.
        quantize: type of the stored weights, `auto`, or more choices.
        force: replace a bundle that is already there.
        without: passes of `exporter.optimize` to leave out; `["all"]` leaves out every one.
        progress: told what is done.

    Raises:
        ExportError: the model cannot be expressed, or `out` must not be replaced.
    """
    samples = [
        _Picture(sample.path.suffix.lower(), sample.path.read_bytes(), sample.label)
        for sample in run.samples
    ]
    model = read_model(run.model_path)
    return _export(
        model,
        run.description,
        samples,
        Path(out),
        run=run,
        quantize=quantize,
        force=force,
        without=without,
        progress=progress,
    )


def export(
    model: keras.Model | str | Path | ReadModel | Run | HasRun,
    out: str | Path = "web/model",
    *,
    class_names: Sequence[str] | None = None,
    name: str | None = None,
    preprocessing: Preprocessing | None = None,
    rescaling: Rescaling | str | None = None,
    quantize: str | Quantize = "float32",
    force: bool = False,
    without: Collection[str] = (),
    progress: Progress = SILENT,
) -> ExportedBundle:
    """Export a model that takes pixels of 0 to 255, or that `rescaling` makes take them.

    Args:
        model: a Keras 3 model, or the file or folder of a model (docs/export.md lists which);
            or a run, or what `kerasport.train_classifier` returned, which need nothing else.
        out: the bundle folder to write.
        class_names: one name per output, in the order of the outputs; a run brings its own.
        name: what the model is called on the page; the model's own name by default.
        preprocessing: how pictures become its input; what the files beside the model say by
            default, else stretched, bilinear.
        rescaling: the scaling of a model that brings none, like `"1/127.5,-1"`.
        quantize: type of the stored weights, `auto`, or more choices.
        force: replace a bundle that is already there.
        without: passes of `exporter.optimize` to leave out; `["all"]` leaves out every one.
        progress: told what is done.

    Raises:
        ModelError: there is no model that can be read.
        ExportError: the model cannot be expressed, or `out` must not be replaced.

    >>> export(model, "web/model", class_names=["cat", "dog"])  # doctest: +SKIP
    """
    run = model if isinstance(model, Run) else getattr(model, "run", None)
    if isinstance(run, Run):
        if any(choice is not None for choice in (class_names, name, preprocessing, rescaling)):
            raise ExportError(
                "A run brings its class names, name, preprocessing and rescaling from its "
                "training. Leave these arguments out."
            )
        return export_run(
            run, out, quantize=quantize, force=force, without=without, progress=progress
        )
    if class_names is None:
        raise ExportError(
            f"The model {model!r} does not know its classes. Give class_names, one per output, in "
            "the order of the outputs."
        )
    if not isinstance(model, ReadModel):
        model = read_model(model)
    shape = model.input_shape
    if len(shape) != 3 or None in shape or shape[2] not in (1, 3):
        raise ExportError(
            f"The model takes inputs of shape {(None, *shape)}. "
            "Expected [None, height, width, 1 or 3] in whole numbers."
        )
    description = ClassifierDescription(
        name=name or model.name,
        class_names=check_class_names(class_names),
        input_shape=shape,
        color_mode="rgb" if shape[2] == 3 else "grayscale",
        rescaling=Rescaling(scale=1.0, offset=0.0),
        preprocessing=preprocessing or model.preprocessing or Preprocessing(),
        output=Output(activation="softmax"),
    )
    samples = [
        _Picture(".png", content) for content in pattern_files(description.image_spec).values()
    ]
    if isinstance(rescaling, str):
        rescaling = parse_rescaling(rescaling)
    return _export(
        model,
        description,
        samples,
        Path(out),
        rescaling=rescaling or model.rescaling,
        quantize=quantize,
        force=force,
        without=without,
        progress=progress,
    )


def _export(
    model: ReadModel,
    description: ClassifierDescription,
    pictures: Sequence[_Picture],
    out: Path,
    *,
    run: Run | None = None,
    rescaling: Rescaling | None = None,
    quantize: str | Quantize,
    force: bool,
    without: Collection[str],
    progress: Progress,
) -> ExportedBundle:
    _check_target(out, force=force)
    options = Quantize(quantize) if isinstance(quantize, str) else quantize
    graph = lower(model.graph)
    reference = model.reference
    if rescaling is not None:
        put_rescaling(graph, rescaling)
        reference = ScaledReference(reference, rescaling)
    activation = end_in_probabilities(graph)
    saving = optimize(graph, without=without)
    check_graph(graph, num_classes=len(description.class_names))
    scaling = input_scaling(graph)
    assert scaling is not None, "the gate has seen it"
    description = description.model_copy(
        update={
            "rescaling": Rescaling(scale=scaling.config["scale"], offset=scaling.config["offset"]),
            "output": Output(activation=activation),
        }
    )
    spec = description.image_spec
    pixels = np.stack([preprocess(picture.content, spec) for picture in pictures])
    answers = _answers(reference, description, pixels)
    exact, stored, quantization = None, None, Quantization()
    if options.weights != "float32":
        _compare(GraphReference(graph, description.input_shape), reference, spec, pixels)
        quantized = quantize_model(graph, options, description, pixels, run=run, progress=progress)
        if quantized.weights != "float32":
            graph, stored = quantized.graph, quantized.stored
            # The original model is no measure any more: the stored weights answer for themselves.
            reference = GraphReference(graph, description.input_shape)
            exact, answers = answers, reference.probabilities(pixels)
        quantization = quantized.describe(exact, answers)
    with replaced_folder(out) as folder:
        write_model(
            graph,
            folder,
            generated_by=f"kerasport {VERSION}",
            interface=description.interface,
            stored=stored,
        )
        write_bytes(folder / SCHEMA_FILE, (SCHEMA_FOLDER / SCHEMA_FILE).read_bytes())
        _write_samples(pictures, pixels, answers, exact, folder)
        metadata = Metadata(
            **description.model_dump(),
            kerasport_version=VERSION,
            minimum_tfjs_version=minimum_tfjs_version(graph),
            quantization=quantization,
            files=_file_entries(folder),
        )
        write_text(folder / METADATA_FILE, metadata.to_json())
        _write_script(metadata, folder)
        _compare(_BundleReference(Bundle.open(folder)), reference, spec, pixels)
    return ExportedBundle(out, Bundle.open(out, check_files=False).metadata, saving)


def _check_target(out: Path, *, force: bool) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / METADATA_FILE).is_file() or not (out / MODEL_FILE).is_file():
        raise ExportError(
            f"'{out}' exists and is not a bundle, so it is left as it is. "
            "Choose another folder with --out."
        )
    if not force:
        raise ExportError(f"There is a bundle at '{out}' already. Replace it with --force.")


def _answers(
    reference: Reference, description: ClassifierDescription, pixels: NDArray[np.uint8]
) -> NDArray[np.float32]:
    answers = reference.probabilities(pixels)
    if answers.shape[1] != len(description.class_names):
        raise ExportError(
            f"The model {description.name!r} has {answers.shape[1]} outputs, but there are "
            f"{len(description.class_names)} class names. Expected one name per output."
        )
    return answers


def _write_samples(
    pictures: Sequence[_Picture],
    pixels: NDArray[np.uint8],
    answers: NDArray[np.float32],
    exact: NDArray[np.float32] | None,
    folder: Path,
) -> None:
    samples = []
    for number, (picture, array, answer) in enumerate(zip(pictures, pixels, answers, strict=True)):
        file = f"samples/{number + 1:02d}{picture.suffix}"
        write_bytes(folder / file, picture.content)
        samples.append(
            Sample(
                file=file,
                label=picture.label,
                probabilities=_listed(answer),
                float_probabilities=None if exact is None else _listed(exact[number]),
                pixels_sha256=hashlib.sha256(array.tobytes()).hexdigest(),
            )
        )
    write_text(folder / SAMPLES_FILE, Samples(samples=samples).to_json())


def _listed(answer: NDArray[np.float32]) -> list[float]:
    # Nine significant digits are enough to restore every float32 exactly.
    return [float(f"{value:.9g}") for value in answer]


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
    names = [METADATA_FILE, MODEL_FILE, SAMPLES_FILE]
    names += [e.path for e in metadata.files if e.path not in names and e.path != SCHEMA_FILE]
    files = {name: (folder / name).read_bytes() for name in names}
    write_bytes(folder / MODEL_SCRIPT, embed(metadata.name, FORMAT_VERSION, files))


class _BundleReference:
    """Answers for the files as they were written, in numpy."""

    name = "the bundle"

    def __init__(self, bundle: Bundle) -> None:
        self._runtime = Runtime(bundle)

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._runtime.predict(pixels)


def _compare(
    exported: Reference, reference: Reference, spec: ImageSpec, samples: NDArray[np.uint8]
) -> None:
    """Compare what is exported with what it was made from, on patterns and on the samples."""
    inputs = patterns(spec)
    names = [*inputs, *(f"sample {number + 1}" for number in range(len(samples)))]
    pixels = np.concatenate([np.stack(list(inputs.values())), samples])
    expected = reference.probabilities(pixels)
    received = exported.probabilities(pixels)
    if received.shape != expected.shape:
        raise ExportError(
            f"The exported model gives outputs of shape {received.shape}, {reference.name} "
            f"{expected.shape}. Nothing was put in place. Please report this model as a bug of "
            "kerasport."
        )
    differences = np.abs(received - expected).max(axis=1)
    worst = int(differences.argmax())
    if not differences[worst] <= READ_BACK_TOLERANCE:
        raise ExportError(
            f"The exported model differs from {reference.name} by {differences[worst]:.2g} on the "
            f"input '{names[worst]}'. Allowed are {READ_BACK_TOLERANCE:g}. Nothing was put in "
            "place. A deep network that was not trained can enlarge the rounding of float32 that "
            "much; if yours was trained, please report it as a bug of kerasport."
        )
