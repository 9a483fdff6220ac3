"""The files `model.json`, `weights.bin` and `metadata.json`, as Teachable Machine names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kerasport.bundle.metadata import ClassifierDescription
from kerasport.errors import ExportError
from kerasport.exporter.formats.subject import FormatSubject
from kerasport.exporter.formats.teachable_machine.front import teachable_graph
from kerasport.exporter.write import write_model
from kerasport.files import write_json
from kerasport.version import VERSION

__all__ = ["write_teachable_machine"]

_PACKAGE, _PACKAGE_VERSION, _TFJS_VERSION = "@teachablemachine/image", "0.8.5", "1.3.1"
_WEIGHTS = "weights.bin"


def write_teachable_machine(folder: Path, subject: FormatSubject) -> list[Path]:
    """Write the files; return their paths, the model first.

    Raises:
        ExportError: pictures are not square, or an activation cannot be expressed.
    """
    description = subject.description
    height, width, _ = description.input_shape
    if height != width:
        raise ExportError(
            f"The model {description.name!r} takes pictures of {height} x {width}, and Teachable "
            "Machine's format has one number for both sides. Leave out --also teachable-machine."
        )
    paths = write_model(
        teachable_graph(subject.graph),
        folder,
        generated_by=f"kerasport {VERSION}",
        weights_file=_WEIGHTS,
        model_class="Model",
    )
    write_json(folder / "metadata.json", _metadata(description))
    return [*paths, folder / "metadata.json"]


def _metadata(description: ClassifierDescription) -> dict[str, Any]:
    return {
        "grayscale": description.color_mode == "grayscale",
        "imageSize": description.input_shape[0],
        "labels": description.class_names,
        "modelName": description.name,
        "packageName": _PACKAGE,
        "packageVersion": _PACKAGE_VERSION,
        "tfjsVersion": _TFJS_VERSION,
        # Their library puts today's where there is none; equal exports give equal files.
        "timeStamp": "1970-01-01T00:00:00.000Z",
        "userMetadata": {},
    }
