"""A run folder: what training leaves behind and every later command starts from."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from kerasport.bundle.metadata import ClassifierDescription, read_document
from kerasport.dataset import Dataset, Example
from kerasport.errors import BundleError, DataError
from kerasport.files import replaced_folder, write_json
from kerasport.preprocess import ImageSpec, decode

__all__ = ["Run", "SamplePicture", "check_target", "choose_samples", "new_run", "write_samples"]

_MAX_SAMPLES = 12
_MAX_SAMPLE_BYTES = 200_000
_LONGEST_SIDE = 512
# Formats that every browser decodes to Pillow's pixels; AVIF is not among them (Firefox).
_KEPT_SUFFIXES = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "BMP": "bmp", "WEBP": "webp"}
_FILES = ("metadata.json", "model.keras", "history.json", "report.json", "samples/labels.json")


class SamplePicture(NamedTuple):
    """A picture of the run with its true class."""

    path: Path
    label: str


@dataclass(frozen=True)
class Run:
    """A trained classifier on disk."""

    path: Path
    description: ClassifierDescription

    @classmethod
    def open(cls, path: Path) -> Run:
        """Return the run in the folder `path`.

        Raises:
            DataError: the folder is missing or is not a complete run.
        """
        if not path.exists():
            raise DataError(
                f"There is no run at '{path}'. Train first: kerasport train digits --out {path}"
            )
        missing = [name for name in _FILES if not (path / name).is_file()]
        if missing:
            raise DataError(
                f"'{path}' is not a complete run: {', '.join(missing)} missing. "
                f"Train first: kerasport train digits --out {path}"
            )
        try:
            description = read_document(ClassifierDescription, path / "metadata.json")
        except BundleError as error:
            raise DataError(f"'{path}' is damaged; train it again. {error}") from None
        return cls(path, description)

    @property
    def model_path(self) -> Path:
        """The Keras model, `.keras` format."""
        return self.path / "model.keras"

    @property
    def metadata_path(self) -> Path:
        """The `ClassifierDescription` as JSON."""
        return self.path / "metadata.json"

    @property
    def history_path(self) -> Path:
        """Loss and accuracy per epoch."""
        return self.path / "history.json"

    @property
    def data_path(self) -> Path:
        """Where the pictures were and how they were cut."""
        return self.path / "data.json"

    @property
    def report_path(self) -> Path:
        """Figures for programs."""
        return self.path / "report.json"

    @property
    def report_page(self) -> Path:
        """Figures for people."""
        return self.path / "report.html"

    @property
    def image_spec(self) -> ImageSpec:
        """The preprocessing that turns any picture into the model's input."""
        return self.description.image_spec

    @property
    def samples(self) -> tuple[SamplePicture, ...]:
        """The sample pictures, in the order of their numbers.

        Raises:
            DataError: the list is damaged or names a file that is not there.
        """
        folder = self.path / "samples"
        try:
            labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
            items = [SamplePicture(folder / name, str(labels[name])) for name in sorted(labels)]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DataError(f"'{folder}' is damaged ({error}). Train the run again.") from None
        for item in items:
            if not item.path.is_file():
                raise DataError(f"'{item.path}' is missing. Train the run again.")
        return tuple(items)


def check_target(out: Path, *, force: bool) -> None:
    """Raise unless a run may be written to `out`.

    Raises:
        DataError: there is a run and `force` is false, or something that is no run at all.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise DataError(f"'{out}' is a file. Expected a folder for the run; name another.")
    if not any(out.iterdir()):
        return
    if not (out / "metadata.json").is_file() or not (out / "model.keras").is_file():
        raise DataError(
            f"'{out}' is not empty and is not a run of kerasport, so it is not replaced. "
            "Name another folder."
        )
    if not force:
        raise DataError(
            f"There is a run at '{out}' already. "
            "Name another folder, or pass --force to replace it."
        )


@contextmanager
def new_run(out: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield an empty folder that becomes the run `out` when the block succeeds.

    Raises:
        DataError: see `check_target`.
    """
    check_target(out, force=force)
    with replaced_folder(out) as folder:
        yield folder


def choose_samples(dataset: Dataset) -> list[Example]:
    """Return up to 12 pictures, one per class, the same for the same data.

    They come from the test pictures; from validation, then training, where those are missing.
    """
    rank = {"test": 0, "validation": 1, "train": 2}
    best: dict[int, Example] = {}
    for example in sorted(dataset.examples, key=lambda item: (rank[item.split], item.content)):
        best.setdefault(example.label, example)
    # With more classes than samples, those whose picture has the smallest hash.
    chosen = sorted(best.values(), key=lambda item: item.content)[:_MAX_SAMPLES]
    return sorted(chosen, key=lambda item: item.label)


def write_samples(examples: list[Example], folder: Path, *, class_names: tuple[str, ...]) -> None:
    """Write the pictures as `01.png`, `02.jpg` ... and `labels.json` (file -> class name).

    Files of up to 200 kB keep their bytes; larger ones become JPEGs of at most 512 pixels.
    Pixels that came as an array become a PNG first.
    """
    folder.mkdir()
    labels = {}
    for number, example in enumerate(examples, start=1):
        data, suffix = _sample(example)
        name = f"{number:02d}.{suffix}"
        (folder / name).write_bytes(data)
        labels[name] = class_names[example.label]
    write_json(folder / "labels.json", labels)


def _sample(example: Example) -> tuple[bytes, str]:
    data = example.read()
    if isinstance(data, np.ndarray):
        encoded = io.BytesIO()
        decode(data).save(encoded, "PNG")
        data = encoded.getvalue()
    with Image.open(io.BytesIO(data)) as image:
        suffix = _KEPT_SUFFIXES.get(image.format or "")
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
