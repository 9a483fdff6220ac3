"""What is exported: a run or a model, with its classes, its pictures and who answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kerasport.bundle.metadata import ClassifierDescription, Preprocessing, Rescaling
from kerasport.bundle.output import LabelsOutput, ProbabilitiesOutput
from kerasport.classifier import Classifier
from kerasport.errors import DataError, KerasportError, UsageError
from kerasport.exporter.answering import (
    ArrangedReference,
    Reference,
    ScaledReference,
    reference_of,
)
from kerasport.exporter.graph import Graph
from kerasport.exporter.lowering import arrange_input, find_ending, find_layout, lower
from kerasport.exporter.options import ExportOptions
from kerasport.exporter.readers import ReadModel, check_exists, is_model_folder, read_model
from kerasport.exporter.samples import SampleFile, pattern_samples, run_samples
from kerasport.labels import find_label_file, list_class_names, read_label_file
from kerasport.progress import Progress
from kerasport.runs.run import Run

if TYPE_CHECKING:
    import keras

__all__ = ["Subject", "read_subject"]

_OPTIONS = {
    "class_names": "--labels",
    "image_size": "--image-size",
    "output_kind": "--output-kind",
    "preprocessing": "--fit, --resample",
}
"""Argument of `export` -> the command line's name for it, where that is another."""


@dataclass(frozen=True)
class Subject:
    """A classifier that is to be exported.

    Attributes:
        graph: its layers as they were read.
        description: what is known of it; scaling and activation of the output are found later.
        rescaling: what has to be put before its layers; None where nothing has.
        reference: answers for it, from pixels of 0 to 255.
        samples: pictures that go into the bundle.
        output: what it returns, where that is known without looking at its layers.
        run: the run that it comes from, if it comes from one.
    """

    graph: Graph
    description: ClassifierDescription
    rescaling: Rescaling | None
    reference: Reference
    samples: tuple[SampleFile, ...]
    output: ProbabilitiesOutput | LabelsOutput | None = None
    run: Run | None = None


def read_subject(
    model: keras.Model | str | Path | ReadModel | Run | Classifier,
    options: ExportOptions,
    *,
    progress: Progress,
) -> Subject:
    """Return what is to be exported.

    Args:
        model: what `kerasport.export` takes.
        options: what the caller knows of it.
        progress: told what was found beside the model.

    Raises:
        ModelError: there is no model that can be read.
        UsageError: the classes of a model are not known, or something is given that a run knows.
    """
    if isinstance(model, Classifier):
        return _of_a_run(model.run, options, progress)
    if isinstance(model, Run):
        return _of_a_run(model, options, progress)
    if isinstance(model, (str, Path)):
        check_exists(Path(model))
        if Path(model).is_dir() and not is_model_folder(Path(model)):
            return _of_a_run(Run.open(Path(model)), options, progress)
    return _of_a_model(model, options, progress)


def _of_a_run(run: Run, options: ExportOptions, progress: Progress) -> Subject:
    given = options.of_the_model()
    if given:
        raise UsageError(
            "A run brings its class names, name, preprocessing and rescaling from its training. "
            f"Leave out: {', '.join(_spelled(name, value) for name, value in given.items())}."
        )
    model = read_model(run.model_path)
    reference = reference_of(model, progress=progress)
    description = run.description
    return Subject(
        model.graph,
        description,
        None,
        reference,
        run_samples(run),
        output=description.output,
        run=run,
    )


def _spelled(name: str, value: object) -> str:
    """Return an argument as Python and the command line call it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} (--{key})" for key in value)
    return f"{name} ({_OPTIONS.get(name, f'--{name}')})"


def _of_a_model(
    source: keras.Model | str | Path | ReadModel, options: ExportOptions, progress: Progress
) -> Subject:
    if options.name is not None and not str(options.name).strip():
        raise UsageError("The name of the model is empty. Expected what the page calls it.")
    class_names = _class_names(source, options, progress)
    if isinstance(source, ReadModel):
        model = source
    else:
        model = read_model(source, architecture=options.architecture)
    for note in model.notes:
        progress.say(note)
    layout = find_layout(model.input_shape, options.image_size)
    arranged = replace(model, graph=arrange_input(model.graph, layout))
    description = ClassifierDescription(
        name=str(options.name or model.name),
        class_names=class_names,
        input_shape=layout.picture,
        color_mode="rgb" if layout.picture[2] == 3 else "grayscale",
        rescaling=Rescaling(scale=1.0, offset=0.0),
        preprocessing=_preprocessing(model, options),
        output=ProbabilitiesOutput(activation="softmax"),
    )
    reference = reference_of(arranged, layout.shape, progress=progress)
    if model.original is not None:
        # The original gets what it was made for; its layers, where nothing runs it, are arranged.
        reference = ArrangedReference(reference, layout.kind)
    rescaling = options.rescaling or model.rescaling
    if rescaling is not None:
        reference = ScaledReference(reference, rescaling)
    samples = pattern_samples(description.image_spec)
    return Subject(arranged.graph, description, rescaling, reference, samples, output=model.output)


def _class_names(
    source: keras.Model | str | Path | ReadModel, options: ExportOptions, progress: Progress
) -> list[str]:
    """Return the names that were given, or those in a file, given or found beside the model."""
    given = options.class_names
    if given is None:
        names = _names_beside(source, options, progress)
    elif isinstance(given, (str, Path)):
        names = read_label_file(Path(given))
    else:
        names = list_class_names(given)
    if len(names) < 2:
        raise DataError(
            f"There is one class name, {names[0]!r}. Expected two at least: a single output is the "
            "probability of the second of two classes, so name both, first the one that values "
            "near 0 stand for."
            if names
            else "There are no class names. Expected one per output, in the order of the outputs."
        )
    return names


def _names_beside(
    source: keras.Model | str | Path | ReadModel, options: ExportOptions, progress: Progress
) -> list[str]:
    """Return the names in a file beside a model; say how many it wants where there is none."""
    if not isinstance(source, (str, Path)):
        raise UsageError(
            f"The model {source!r:.200} does not know its classes. Give class_names, one per "
            f"output, in the order of the outputs.{_wanted(source, options.image_size)}"
        )
    file = find_label_file(Path(source))
    if file is None:
        raise UsageError(
            f"The model '{source}' does not know its classes, and there is no labels.txt beside "
            "it. Give them with --labels labels.txt (class_names= in Python), one per line, in the "
            f"order of the outputs.{_wanted(source, options.image_size)}"
        )
    progress.say(f"Class names: {file}")
    return read_label_file(file)


def _wanted(
    source: keras.Model | str | Path | ReadModel, image_size: tuple[int, int] | None
) -> str:
    """Return how many names a model wants, as a sentence; nothing where that cannot be told."""
    try:
        model = source if isinstance(source, ReadModel) else read_model(source)
        layout = find_layout(model.input_shape, image_size)
        classes = find_ending(lower(arrange_input(model.graph, layout))).classes
    except KerasportError:
        return ""
    if classes == 1:
        return " It has one output, for two classes: give two names."
    return f" It has {classes} outputs."


def _preprocessing(model: ReadModel, options: ExportOptions) -> Preprocessing:
    steps = model.preprocessing or Preprocessing()
    given = options.preprocessing
    if given is None:
        return steps
    if isinstance(given, Preprocessing):
        return given
    if not isinstance(given, Mapping):
        raise UsageError(
            f"The preprocessing {given!r} is a {type(given).__name__}. Expected a dictionary such "
            "as {'fit': 'crop'}, or a Preprocessing."
        )
    unknown = sorted(set(given) - set(Preprocessing.model_fields))
    if unknown:
        raise UsageError(
            f"There is no preprocessing {', '.join(map(repr, unknown))}. "
            f"Expected some of: {', '.join(Preprocessing.model_fields)}."
        )
    try:
        return Preprocessing.model_validate({**steps.model_dump(), **given})
    except ValueError as error:
        raise DataError(f"The preprocessing {dict(given)} cannot be used: {error}") from None
