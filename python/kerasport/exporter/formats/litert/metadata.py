"""What MediaPipe Tasks reads inside a `.tflite` file: how pixels go in, and what answers mean.

The tables are those of `metadata_schema.fbs`, whose generated code comes with packages that can
hardly be installed any more; the numbers are the places of their fields.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from kerasport.bundle.metadata import ClassifierDescription

__all__ = ["LABELS_FILE", "metadata_of"]

LABELS_FILE = "labels.txt"
"""Name of the file in the archive behind the model that has one class name per line."""

_RGB, _GRAYSCALE = 1, 2
_AXIS_LABELS = 2
_FEATURE, _IMAGE = 1, 2
_NORMALIZATION = 1

Builder: TypeAlias = Any
"""`flatbuffers.Builder`, which has no types."""


def metadata_of(description: ClassifierDescription) -> bytes:
    """Return the metadata: the model takes pixels of 0 to 255 as they are."""
    import flatbuffers

    build = flatbuffers.Builder(1024)
    height, width, channels = description.input_shape
    size = _table(
        build, 2, [(0, build.PrependUint32Slot, width), (1, build.PrependUint32Slot, height)]
    )
    space = _RGB if channels == 3 else _GRAYSCALE
    image = _table(
        build, 2, [(0, build.PrependInt8Slot, space), (1, build.PrependUOffsetTRelativeSlot, size)]
    )
    options = _table(
        build,
        2,
        [
            (0, build.PrependUOffsetTRelativeSlot, _floats(build, [0.0])),
            (1, build.PrependUOffsetTRelativeSlot, _floats(build, [1.0])),
        ],
    )
    unit = _union(build, _NORMALIZATION, options)
    pixels = _tensor(
        build,
        name="image",
        about="Pixels of 0 to 255.",
        content=_content(build, _IMAGE, image),
        units=[unit],
        span=(0.0, 255.0),
    )
    labels = _file(build)
    scores = _tensor(
        build,
        name="probability",
        about="One probability for each class.",
        content=_content(build, _FEATURE, _table(build, 0, [])),
        files=[labels],
        span=(0.0, 1.0),
    )
    offset = build.PrependUOffsetTRelativeSlot
    inputs, outputs = _offsets(build, [pixels]), _offsets(build, [scores])
    subgraph = _table(build, 10, [(2, offset, inputs), (3, offset, outputs)])
    subgraphs = _offsets(build, [subgraph])
    texts = {
        0: build.CreateString(description.name),
        1: build.CreateString("An image classifier, exported by kerasport."),
        7: build.CreateString("1.0.0"),
    }
    fields = [(slot, offset, place) for slot, place in {**texts, 3: subgraphs}.items()]
    build.Finish(_table(build, 8, fields), file_identifier=b"M001")
    return bytes(build.Output())


Field: TypeAlias = tuple[int, Callable[[int, Any, Any], None], Any]


def _table(build: Builder, slots: int, fields: Sequence[Field]) -> int:
    build.StartObject(slots)
    for slot, prepend, value in sorted(fields, key=lambda field: field[0]):
        prepend(slot, value, 0)
    return int(build.EndObject())


def _union(build: Builder, kind: int, value: int, slots: int = 2) -> int:
    fields: list[Field] = [
        (0, build.PrependUint8Slot, kind),
        (1, build.PrependUOffsetTRelativeSlot, value),
    ]
    return _table(build, slots, fields)


def _content(build: Builder, kind: int, value: int) -> int:
    return _union(build, kind, value, slots=3)


def _floats(build: Builder, values: Sequence[float]) -> int:
    build.StartVector(4, len(values), 4)
    for value in reversed(values):
        build.PrependFloat32(value)
    return int(build.EndVector())


def _offsets(build: Builder, places: Sequence[int]) -> int:
    build.StartVector(4, len(places), 4)
    for place in reversed(places):
        build.PrependUOffsetTRelative(place)
    return int(build.EndVector())


def _file(build: Builder) -> int:
    name = build.CreateString(LABELS_FILE)
    about = build.CreateString("Class names in the order of the probabilities.")
    offset = build.PrependUOffsetTRelativeSlot
    fields: list[Field] = [
        (0, offset, name),
        (1, offset, about),
        (2, build.PrependInt8Slot, _AXIS_LABELS),
    ]
    return _table(build, 5, fields)


def _tensor(
    build: Builder,
    *,
    name: str,
    about: str,
    content: int,
    span: tuple[float, float],
    units: Sequence[int] = (),
    files: Sequence[int] = (),
) -> int:
    low, high = span
    offset = build.PrependUOffsetTRelativeSlot
    most, least = _floats(build, [high]), _floats(build, [low])
    stats = _table(build, 2, [(0, offset, most), (1, offset, least)])
    places = {
        0: build.CreateString(name),
        1: build.CreateString(about),
        3: content,
        5: stats,
    }
    if units:
        places[4] = _offsets(build, units)
    if files:
        places[6] = _offsets(build, files)
    return _table(build, 7, [(slot, offset, place) for slot, place in places.items()])
