"""Turn a trained Keras model into a bundle.

Read, lower, optimize, gate, store the weights, write, read back, choose how convolutions may be
computed; and put in place, which the end of the block does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import Bundle
from kerasport.bundle.metadata import ClassifierDescription, Preprocessing, Rescaling
from kerasport.classifier import Classifier
from kerasport.dataset import Pixels
from kerasport.engine import engine_for
from kerasport.exporter.answering import (
    BundleReference,
    agree_on_ending,
    choose_engine,
    compare_written,
)
from kerasport.exporter.bundle_files import write_files, write_metadata
from kerasport.exporter.formats import FormatSubject, check_formats, write_formats
from kerasport.exporter.gate import check_graph
from kerasport.exporter.graph import rename_layers
from kerasport.exporter.lowering import Ending, lower_classifier
from kerasport.exporter.lowering.input_scaling import parse_rescaling
from kerasport.exporter.novelty import exported_scale
from kerasport.exporter.options import ExportOptions, read_image_size, read_thresholds
from kerasport.exporter.output_kind import settle_output
from kerasport.exporter.passes import Optimization, optimize
from kerasport.exporter.quantize import Quantize, Storage, store_weights, typical_pictures
from kerasport.exporter.readers import ReadModel
from kerasport.exporter.samples import pixels_of
from kerasport.exporter.subject import read_subject
from kerasport.exporter.target import check_target
from kerasport.exporter.winograd import choose_tiles
from kerasport.files import replaced_folder
from kerasport.literals import OutputKind
from kerasport.progress import SILENT, Progress
from kerasport.runs.run import Run

if TYPE_CHECKING:
    import keras

__all__ = ["ExportedBundle", "export"]


@dataclass(frozen=True, kw_only=True)
class ExportedBundle(Bundle):
    """A bundle as it was just written.

    Attributes:
        optimization: what the passes saved.
        compared_with: what answered for the original: `Keras 3.15.1`.
        difference: largest difference of a probability between the original and the exported
            layers, both in float64 where the original can be built so.
    """

    optimization: Optimization
    compared_with: str
    difference: float


def export(
    model: keras.Model | str | Path | ReadModel | Run | Classifier,
    out: str | Path = "web/model",
    *,
    class_names: Iterable[object] | str | Path | None = None,
    name: str | None = None,
    preprocessing: Preprocessing | Mapping[str, str] | None = None,
    rescaling: Rescaling | str | float | Sequence[float] | None = None,
    image_size: int | str | Sequence[int] | None = None,
    architecture: str | None = None,
    output_kind: OutputKind | None = None,
    thresholds: str | float | Sequence[float] | None = None,
    quantize: str | Quantize = "float32",
    force: bool = False,
    without: Collection[str] = (),
    also: Collection[str] = (),
    progress: Progress = SILENT,
) -> ExportedBundle:
    """Export a model that takes pixels of 0 to 255, or that `rescaling` makes take them.

    Args:
        model: a run, its folder, or what `kerasport.train_classifier` returned, which know all
            that can be said of the model; or a Keras 3 model, or the file or folder of a model
            (docs/export.md lists which).
        out: the bundle folder to write.
        class_names: one name per output, in the order of the outputs, or a dictionary of name and
            index, or the path of a file that lists them; the file that lies beside the model by
            default.
        name: what the model is called on the page; the model's own name by default.
        preprocessing: how pictures become its input, or the fields of it that are to be others,
            like `{"fit": "crop"}`; what the files beside the model say by default, else
            stretched, bilinear.
        rescaling: the scaling of a model that brings none, like `"1/127.5,-1"`; a number is the
            factor, two are factor and offset.
        image_size: height and width of the pictures, like `"224x224"`, for a model that takes any,
            or all pixels in one row.
        architecture: name of the model in `keras.applications`, for a file of weights alone.
        output_kind: of a model with a sigmoid for each output `labels`, of which any number holds,
            or `probabilities`, of which one class wins; needed for such models only.
        thresholds: probability from which on each label holds, like `"0.3,0.5"`; 0.5 by default.
        quantize: type of the stored weights, `auto`, or more choices.
        force: replace a bundle that is already there.
        without: passes of `exporter.optimize` to leave out; `["all"]` leaves out every one.
        also: other formats to write into folders of the bundle, as `FormatName` lists them.
        progress: told what is done.

    Raises:
        ModelError: there is no model that can be read.
        ExportError: the model cannot be expressed, or `out` must not be replaced.
        UsageError: the classes or the kind of a model are not known, or something is given that a
            run knows.

    >>> export(model, "web/model", class_names=["cat", "dog"])  # doctest: +SKIP
    >>> export("runs/digits", quantize="float16")  # doctest: +SKIP
    """
    out = Path(out)
    options = ExportOptions(
        class_names=class_names,
        name=name,
        preprocessing=preprocessing,
        rescaling=None if rescaling is None else parse_rescaling(rescaling),
        image_size=read_image_size(image_size),
        architecture=architecture,
        output_kind=output_kind,
        thresholds=read_thresholds(thresholds),
        quantize=Quantize(quantize) if isinstance(quantize, str) else quantize,
        force=force,
        without=(without,) if isinstance(without, str) else without,
        also=check_formats((also,) if isinstance(also, str) else also),
    )
    check_target(out, force=options.force)
    subject = read_subject(model, options, progress=progress)
    lowered = lower_classifier(subject.graph, subject.rescaling)
    graph = lowered.graph
    optimization = optimize(graph, without=options.without)
    check_graph(graph, num_classes=len(subject.description.class_names))
    layer_names = rename_layers(graph)
    output = settle_output(
        lowered,
        options,
        labels=len(subject.description.class_names),
        known=subject.output,
        of_a_run=subject.run is not None,
    )
    description = subject.description.model_copy(
        update={"rescaling": lowered.rescaling, "output": output}
    )
    agree_on_ending(lowered.ending, subject.reference)
    pixels = pixels_of(subject.samples, description.image_spec)
    scale = exported_scale(subject.run, graph, pixels, progress=progress)
    storage = store_weights(
        graph,
        options.quantize,
        description,
        pixels,
        reference=subject.reference,
        run=subject.run,
        progress=progress,
    )
    with replaced_folder(out) as folder:
        # Another command may have put a bundle there while this one waited for its turn.
        check_target(out, force=options.force)
        metadata = write_files(
            folder,
            storage,
            description,
            subject.samples,
            pixels,
            layer_names=layer_names,
            scale=scale,
        )
        agree = partial(
            compare_written,
            comparison=storage.comparison,
            answers=storage.expected,
            exact=storage.exact,
            name=storage.answered_by,
        )
        rounding = agree(BundleReference(Bundle(folder, metadata)).probabilities)
        winograd = choose_tiles(
            storage.graph,
            storage.comparison.few.pixels,
            storage.exact,
            rounding,
            progress=progress,
        )
        others = write_formats(
            folder,
            options.also,
            _format_subject(storage, description, lowered.ending, options.quantize, subject.run),
            progress,
        )
        metadata = metadata.model_copy(
            update={
                "float_rounding": rounding,
                "winograd": winograd,
                "other_formats": others or None,
            }
        )
        write_metadata(folder, metadata)
        # Numpy is the judge. What browsers run is compared too, where it can be run.
        if (engine := engine_for(Bundle.open(folder))) is not None:
            agree(engine.predict, run_by="the engine")
    return ExportedBundle(
        out,
        metadata,
        optimization=optimization,
        compared_with=subject.reference.name,
        difference=storage.comparison.difference,
    )


def _format_subject(
    storage: Storage,
    description: ClassifierDescription,
    ending: Ending,
    options: Quantize,
    run: Run | None,
) -> FormatSubject:
    """Return what other formats are written from: the bundle's graph with its stored weights."""
    # A single value becomes the probabilities of two classes.
    is_independent = ending.gives == "independent" and ending.classes > 1

    def answer(pixels: Pixels) -> NDArray[np.float32]:
        return choose_engine(storage.graph, description.input_shape).predict(pixels)

    return FormatSubject(
        graph=storage.graph,
        stored=storage.weights,
        description=description,
        gives="independent" if is_independent else "distribution",
        pixels=storage.comparison.inputs.pixels,
        expected=storage.expected,
        tolerance=storage.comparison.tolerance,
        typical=partial(typical_pictures, options, description, run),
        answer=answer,
    )
