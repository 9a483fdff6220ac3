"""A run's sample pictures: which they are, how they are written and read again."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from kerasport.dataset import Dataset, Example
from kerasport.errors import DataError
from kerasport.files import write_json
from kerasport.json_text import load_json_file
from kerasport.pictures import read_picture_file
from kerasport.preprocess import decode
from kerasport.runs.names import LABELS_FILE

__all__ = ["SamplePicture", "choose_samples", "read_samples", "write_samples"]

_MAX_SAMPLES = 12
_MAX_SAMPLE_BYTES = 200_000
_LONGEST_SIDE = 512
_NO_LABEL = -1
_SAMPLE_NAME = re.compile(r"\d{2}\.[a-z]{3,4}")
# Formats that every browser decodes; older ones do not know AVIF.
_KEPT_SUFFIXES = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "BMP": "bmp", "WEBP": "webp"}


class SamplePicture(NamedTuple):
    """A picture of the run with its true class.

    Where a picture may have several labels, `label` is a tuple of their names, maybe empty.
    """

    path: Path
    label: str | tuple[str, ...]

    @property
    def class_name(self) -> str | None:
        """Its class; None where it may have several labels."""
        return self.label if isinstance(self.label, str) else None

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Its labels; None where it has a class."""
        return None if isinstance(self.label, str) else self.label


def choose_samples(dataset: Dataset) -> list[Example]:
    """Return up to 12 pictures, one per class, the same for the same data.

    Where a picture may have several labels: one for each that those before do not show, and one
    without any. They come from the test pictures; from validation, then training, where those are
    missing.
    """
    rank = {"test": 0, "validation": 1, "train": 2}
    known: set[int] = set()
    best: list[Example] = []
    for example in sorted(dataset.examples, key=lambda item: (rank[item.split], item.content)):
        shown = set(example.labels or (_NO_LABEL,))
        if not shown <= known:
            known |= shown
            best.append(example)
    # With more classes than samples, those whose picture has the smallest hash.
    chosen = sorted(best, key=lambda item: item.content)[:_MAX_SAMPLES]
    return sorted(chosen, key=lambda item: (item.labels, item.content))


def write_samples(examples: list[Example], folder: Path, *, class_names: tuple[str, ...]) -> None:
    """Write the pictures as `01.png`, `02.jpg` ... and `labels.json` (file -> class name).

    Where a picture may have several labels, it is file -> list of their names.

    Files of up to 200 kB keep their bytes; larger ones become JPEGs of at most 512 pixels.
    Pixels that came as an array become a PNG first.
    """
    folder.mkdir()
    labels: dict[str, str | list[str]] = {}
    for number, example in enumerate(examples, start=1):
        data, suffix = _sample(example)
        name = f"{number:02d}.{suffix}"
        (folder / name).write_bytes(data)
        if isinstance(example.label, int):
            labels[name] = class_names[example.label]
        else:
            labels[name] = [class_names[label] for label in example.label]
    write_json(folder / LABELS_FILE, labels)


def read_samples(folder: Path) -> tuple[SamplePicture, ...]:
    """Return the sample pictures in a folder, in the order of their numbers.

    Raises:
        DataError: the list is damaged or names a file that is not there.
    """
    try:
        labels = load_json_file(folder / LABELS_FILE)
        if not isinstance(labels, dict):
            raise ValueError("the list of samples is no object")
        items = [_labeled(folder, name, labels[name]) for name in sorted(labels)]
    except (OSError, ValueError) as error:
        raise DataError(f"'{folder}' is damaged ({error}). Train the run again.") from None
    for item in items:
        if not item.path.is_file():
            raise DataError(f"'{item.path}' is missing. Train the run again.")
        # They are published with the model: a run of somebody else names its own pictures alone.
        if item.path.is_symlink():
            raise DataError(
                f"'{item.path}' is a link, and sample pictures are published. Put the picture "
                "itself there, or train the run again."
            )
    return tuple(items)


def _labeled(folder: Path, name: str, label: object) -> SamplePicture:
    if not _SAMPLE_NAME.fullmatch(name):
        raise ValueError(f"{name!r:.100} is no name of a sample picture")
    path = folder / name
    if isinstance(label, list):
        return SamplePicture(path, tuple(map(str, label)))
    return SamplePicture(path, str(label))


def _sample(example: Example) -> tuple[bytes, str]:
    data = example.read()
    if isinstance(data, np.ndarray):
        encoded = io.BytesIO()
        decode(data).save(encoded, "PNG")
        data = encoded.getvalue()
    suffix = _KEPT_SUFFIXES.get(read_picture_file(data).format)
    if suffix is not None and len(data) <= _MAX_SAMPLE_BYTES:
        return data, suffix
    picture = decode(data)
    if picture.mode == "RGBA":
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture).convert("RGB")
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=90)
    return stream.getvalue(), "jpg"
