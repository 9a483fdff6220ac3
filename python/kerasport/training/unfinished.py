"""The working folder of a training: what it takes to go on after a kill."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from kerasport.dataset import ReadOptions
from kerasport.errors import DataError
from kerasport.files import write_bytes, write_json
from kerasport.recipes import Recipe
from kerasport.recipes.base import pictures_of_the_user
from kerasport.runs.names import CHECKPOINT_FILE, MODEL_FILE, SETTINGS_FILE, UNFINISHED_SUFFIX

__all__ = ["Settings", "Unfinished", "recipe_record"]


@dataclass(frozen=True)
class Settings:
    """How the training was started.

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
    """

    recipe: Recipe
    reading: ReadOptions
    source: str | None
    validation: str | None
    cache: str | None
    force: bool
    choices: dict[str, str]
    fingerprint: str
    versions: dict[str, str]


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
        record = {
            **asdict(settings),
            "recipe": recipe_record(settings.recipe),
            "reading": TypeAdapter(ReadOptions).dump_python(settings.reading, mode="json"),
        }
        write_bytes(self.path / ".gitignore", b"*\n")
        write_json(self.path / SETTINGS_FILE, record)

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
            record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            recipe = record["recipe"]
            recipe["prepare"] = pictures_of_the_user(recipe["name"])
            record["recipe"] = TypeAdapter(Recipe).validate_python(recipe)
            return TypeAdapter(Settings).validate_python(record)
        except (OSError, ValueError, TypeError, KeyError, ValidationError) as error:
            raise DataError(
                f"'{path}' is damaged ({error}), so the training cannot go on. "
                "Start it again with --force."
            ) from None

    def remove(self) -> None:
        """Delete the folder, if it is there."""
        shutil.rmtree(self.path, ignore_errors=True)


def recipe_record(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe's choices by name, for JSON."""
    record = asdict(recipe)
    del record["prepare"]
    return record
