"""The working folder of a training: what it takes to go on after a kill."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kerasport.bundle.document import Document, problems_of
from kerasport.dataset import ReadOptions
from kerasport.errors import DataError
from kerasport.files import write_bytes, write_text
from kerasport.json_text import load_json_file
from kerasport.locks import alone_with
from kerasport.progress import Progress
from kerasport.recipes import SettledRecipe
from kerasport.runs import CorrectionsRecord
from kerasport.runs.names import CHECKPOINT_FILE, MODEL_FILE, SETTINGS_FILE, UNFINISHED_SUFFIX
from kerasport.training.choices import Reasons

__all__ = ["Settings", "Unfinished"]


class Settings(Document):
    """The content of `settings.json`: how the training was started.

    Settings in snake_case, as they once were written, are read too.

    Attributes:
        recipe: with nothing left open.
        reading: how the data is read and cut.
        source: leads to the data again; None where it was given as objects.
        validation: folder of validation pictures apart from the data.
        cache: folder of decoded pictures.
        force: whether a run that is in place is replaced.
        choices: fields of the recipe that the data decided, each with the reason.
        fingerprint: of the data.
        versions: of the packages.
        devices: how many computed each step together.
        corrections: what was corrected in the data; None for nothing.
        origin: the run whose weights were started from; None for a new model.
        comparable: whether both models are compared on the test pictures.
    """

    recipe: SettledRecipe
    reading: ReadOptions
    source: str | None
    validation: str | None
    cache: str | None
    force: bool
    choices: Reasons
    fingerprint: str
    versions: dict[str, str]
    devices: int = 1
    corrections: CorrectionsRecord | None = None
    origin: str | None = None
    comparable: bool = False

    @property
    def tables(self) -> tuple[Path, ...]:
        """The tables of corrections."""
        return tuple(map(Path, self.corrections.files)) if self.corrections else ()


@dataclass(frozen=True)
class Unfinished:
    """The folder `NAME.unfinished` beside the run NAME, there while the run is being trained."""

    out: Path

    @property
    def path(self) -> Path:
        """The folder: settings, checkpoint, features, TensorBoard's logs."""
        return self.out.with_name(self.out.name + UNFINISHED_SUFFIX)

    @property
    def can_go_on(self) -> bool:
        """Whether an epoch was finished."""
        return (self.path / CHECKPOINT_FILE).is_file()

    def start(self, settings: Settings) -> None:
        """Empty the folder and write the settings."""
        self.remove()
        write_bytes(self.path / ".gitignore", b"*\n")
        write_text(self.path / SETTINGS_FILE, settings.to_json())

    def settings(self) -> Settings:
        """Return how the training was started.

        Raises:
            DataError: there is no such training, or its record is damaged.
        """
        path = self.path / SETTINGS_FILE
        if not path.is_file():
            state = "It is finished." if (self.out / MODEL_FILE).is_file() else ""
            raise DataError(
                f"There is no training to go on with at '{self.out}': '{self.path}' is missing. "
                f"{state or 'Name the run folder that the training was to write.'}"
            )
        try:
            return Settings.model_validate(load_json_file(path))
        except (OSError, ValueError) as error:
            raise DataError(
                f"'{path}' is damaged ({problems_of(error)}), so the training cannot go on. "
                "Start it again with --force."
            ) from None

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other trainings of this run out of the block.

        Raises:
            DataError: there is one, or nothing can be written beside the run.
        """
        with alone_with(self.out, "training", f"A training of '{self.out}'"):
            yield

    def remove(self) -> None:
        """Delete the folder, if it is there."""
        shutil.rmtree(self.path, ignore_errors=True)

    @contextlib.contextmanager
    def told_how_to_go_on(self, progress: Progress) -> Iterator[None]:
        """Say after a stop in the block how to go on; remove the folder where nothing was done.

        Ctrl-C and SIGTERM stop a training, and what the system refuses: when there is room on the
        disk again, it goes on.
        """
        try:
            yield
        except (KeyboardInterrupt, SystemExit, OSError):
            if self.can_go_on:
                progress.say(f"Interrupted. Go on with: kerasport train --resume {self.out}")
            else:
                self.remove()
            raise
