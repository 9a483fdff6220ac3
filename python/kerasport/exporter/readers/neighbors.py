"""What the metadata beside a model.json says of its input: Teachable Machine's, and our own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasport.bundle import METADATA_FILE
from kerasport.bundle.document import parse_document
from kerasport.bundle.metadata import Metadata, Preprocessing, Rescaling
from kerasport.bundle.output import LabelsOutput, ProbabilitiesOutput
from kerasport.errors import BundleError, ModelError
from kerasport.exporter.containers import read_json
from kerasport.exporter.graph.graph import Graph

__all__ = ["Neighbors", "read_neighbors"]

_TEACHABLE_MACHINE_SCALING = Rescaling(scale=1 / 127, offset=-1.0)
"""What Teachable Machine's JavaScript does before its model: libraries/image/src/utils/tf.ts."""


@dataclass(frozen=True)
class Neighbors:
    """What is known of a model from the files beside it."""

    name: str | None = None
    rescaling: Rescaling | None = None
    preprocessing: Preprocessing | None = None
    output: ProbabilitiesOutput | LabelsOutput | None = None
    notes: tuple[str, ...] = ()


def read_neighbors(path: Path, graph: Graph) -> Neighbors:
    """Return what `metadata.json` beside a `model.json` says; nothing when it is no
    metadata of a classifier.

    Raises:
        ModelError: Teachable Machine's image size is not that of the model's input.
    """
    file = path.parent / METADATA_FILE
    try:
        value = read_json(file, expected="a description")
    except ModelError:
        return Neighbors()
    if not isinstance(value, dict):
        return Neighbors()
    if "formatVersion" in value and "classNames" in value:
        return _of_a_bundle(value, file)
    if "labels" in value and ("tfjsVersion" in value or "packageName" in value):
        return _of_teachable_machine(value, graph)
    return Neighbors()


def _of_a_bundle(value: dict[str, Any], file: Path) -> Neighbors:
    try:
        metadata = parse_document(Metadata, json.dumps(value), str(file))
    except BundleError as error:
        return Neighbors(notes=(f"The metadata beside the model is not used. {error}",))
    return Neighbors(
        name=metadata.name,
        preprocessing=metadata.preprocessing,
        output=metadata.output,
    )


def _of_teachable_machine(value: dict[str, Any], graph: Graph) -> Neighbors:
    size = value.get("imageSize")
    sides = (graph.nodes[graph.input].config.get("batch_shape") or [None] * 4)[1:3]
    if size is not None and any(side != size for side in sides):
        raise ModelError(
            f"metadata.json says imageSize {size}, but the model's input is "
            f"{' x '.join(map(str, sides))}. The files are of different models; download them "
            "again."
        )
    name = value.get("modelName")
    return Neighbors(
        name=name if isinstance(name, str) and name.strip() else None,
        rescaling=_TEACHABLE_MACHINE_SCALING,
        preprocessing=Preprocessing(fit="crop"),
        notes=(
            "A Teachable Machine model: pictures are cropped to a square and scaled by x/127 - 1, "
            "as its web page does. Its Keras download is used with x/127.5 - 1 instead; "
            "--rescaling 1/127.5,-1 follows that.",
        ),
    )
