"""Turn a trained Keras model into a bundle.

Read, lower, optimize, gate, store the weights, write, read back; and put in place, which the end
of the block does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kerasport.bundle import Bundle
from kerasport.bundle.metadata import Output, Preprocessing, Rescaling
from kerasport.classifier import Classifier
from kerasport.exporter.answering import BundleReference, compare
from kerasport.exporter.bundle_files import write_bundle
from kerasport.exporter.gate import check_graph, input_scaling
from kerasport.exporter.lowering import lower_classifier
from kerasport.exporter.lowering.input_scaling import parse_rescaling
from kerasport.exporter.options import ExportOptions
from kerasport.exporter.passes import Optimization, optimize
from kerasport.exporter.quantize import Quantize, store_weights
from kerasport.exporter.readers import ReadModel
from kerasport.exporter.samples import pixels_of
from kerasport.exporter.subject import read_subject
from kerasport.exporter.target import check_target
from kerasport.files import replaced_folder
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
    """

    optimization: Optimization
    compared_with: str


def export(
    model: keras.Model | str | Path | ReadModel | Run | Classifier,
    out: str | Path = "web/model",
    *,
    class_names: Sequence[str] | str | Path | None = None,
    name: str | None = None,
    preprocessing: Preprocessing | Mapping[str, str] | None = None,
    rescaling: Rescaling | str | None = None,
    architecture: str | None = None,
    quantize: str | Quantize = "float32",
    force: bool = False,
    without: Collection[str] = (),
    progress: Progress = SILENT,
) -> ExportedBundle:
    """Export a model that takes pixels of 0 to 255, or that `rescaling` makes take them.

    Args:
        model: a run, its folder, or what `kerasport.train_classifier` returned, which know all
            that can be said of the model; or a Keras 3 model, or the file or folder of a model
            (docs/export.md lists which).
        out: the bundle folder to write.
        class_names: one name per output, in the order of the outputs, or the path of a file that
            lists them; the file that lies beside the model by default.
        name: what the model is called on the page; the model's own name by default.
        preprocessing: how pictures become its input, or the fields of it that are to be others,
            like `{"fit": "crop"}`; what the files beside the model say by default, else
            stretched, bilinear.
        rescaling: the scaling of a model that brings none, like `"1/127.5,-1"`.
        architecture: name of the model in `keras.applications`, for a file of weights alone.
        quantize: type of the stored weights, `auto`, or more choices.
        force: replace a bundle that is already there.
        without: passes of `exporter.optimize` to leave out; `["all"]` leaves out every one.
        progress: told what is done.

    Raises:
        ModelError: there is no model that can be read.
        ExportError: the model cannot be expressed, or `out` must not be replaced.
        UsageError: the classes of a model are not known, or something is given that a run knows.

    >>> export(model, "web/model", class_names=["cat", "dog"])  # doctest: +SKIP
    >>> export("runs/digits", quantize="float16")  # doctest: +SKIP
    """
    out = Path(out)
    options = ExportOptions(
        class_names=class_names,
        name=name,
        preprocessing=preprocessing,
        rescaling=parse_rescaling(rescaling) if isinstance(rescaling, str) else rescaling,
        architecture=architecture,
        quantize=Quantize(quantize) if isinstance(quantize, str) else quantize,
        force=force,
        without=without,
    )
    subject = read_subject(model, options, progress=progress)
    check_target(out, force=options.force)
    graph, activation = lower_classifier(subject.graph, subject.rescaling)
    optimization = optimize(graph, without=options.without)
    check_graph(graph, num_classes=len(subject.description.class_names))
    description = subject.description.model_copy(
        update={"rescaling": input_scaling(graph), "output": Output(activation=activation)}
    )
    pixels = pixels_of(subject.samples, description.image_spec)
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
        write_bundle(folder, storage, description, subject.samples, pixels)
        written = BundleReference(Bundle.open(folder))
        compare(written, storage.reference, description.image_spec, pixels)
    metadata = Bundle.open(out, check_files=False).metadata
    return ExportedBundle(
        out, metadata, optimization=optimization, compared_with=subject.reference.name
    )
