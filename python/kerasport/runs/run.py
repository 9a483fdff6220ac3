"""A run folder: what training leaves behind and every later command starts from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kerasport.bundle import NoveltyScale
from kerasport.bundle.document import read_document
from kerasport.bundle.metadata import ClassifierDescription
from kerasport.errors import BundleError, DataError
from kerasport.files import put_back
from kerasport.preprocess import ImageSpec
from kerasport.runs import names
from kerasport.runs.samples import SamplePicture, read_samples

__all__ = ["Run"]

_NEEDED = (
    names.DESCRIPTION_FILE,
    names.MODEL_FILE,
    names.HISTORY_FILE,
    names.REPORT_FILE,
    f"{names.SAMPLES_FOLDER}/{names.LABELS_FILE}",
)


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
        put_back(path)
        if not path.exists():
            raise DataError(
                f"There is no run at '{path}'. Train first: kerasport train digits --out {path}"
            )
        missing = [name for name in _NEEDED if not (path / name).is_file()]
        if missing:
            raise DataError(
                f"'{path}' is not a complete run: {', '.join(missing)} missing. "
                f"Train first: kerasport train digits --out {path}"
            )
        try:
            description = read_document(ClassifierDescription, path / names.DESCRIPTION_FILE)
        except BundleError as error:
            raise DataError(f"'{path}' is damaged; train it again. {error}") from None
        return cls(path, description)

    @property
    def model_path(self) -> Path:
        """The Keras model, `.keras` format."""
        return self.path / names.MODEL_FILE

    @property
    def metadata_path(self) -> Path:
        """The `ClassifierDescription` as JSON."""
        return self.path / names.DESCRIPTION_FILE

    @property
    def history_path(self) -> Path:
        """Loss and accuracy per epoch."""
        return self.path / names.HISTORY_FILE

    @property
    def data_path(self) -> Path:
        """Where the pictures were and how they were cut."""
        return self.path / names.DATA_FILE

    @cached_property
    def novelty_scale(self) -> NoveltyScale | None:
        """What tells how far a picture is from those of the training; None where nothing does.

        Raises:
            DataError: its file is missing or damaged.
        """
        if self.description.novelty is None:
            return None
        path = self.path / names.NOVELTY_FILE
        try:
            return NoveltyScale.read(self.description.novelty, path.read_bytes(), str(path))
        except (OSError, BundleError) as error:
            raise DataError(f"'{self.path}' is damaged; train it again. {error}") from None

    @property
    def report_path(self) -> Path:
        """Figures for programs."""
        return self.path / names.REPORT_FILE

    @property
    def report_page(self) -> Path:
        """Figures for people."""
        return self.path / names.REPORT_PAGE

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
        return read_samples(self.path / names.SAMPLES_FOLDER)
