"""The working folder of a review: what it takes to go on after a kill."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kerasport.bundle.document import Document
from kerasport.errors import DataError
from kerasport.files import write_bytes, write_text
from kerasport.json_text import load_json_file
from kerasport.locks import alone_with
from kerasport.recipes import SettledRecipe
from kerasport.runs.names import SETTINGS_FILE, UNFINISHED_SUFFIX

__all__ = ["ReviewSettings", "UnfinishedReview"]


class ReviewSettings(Document):
    """The content of `settings.json`: what decides every answer.

    Attributes:
        recipe: with nothing left open.
        folds: how many.
        fingerprint: of the pictures and their labels.
        versions: of the packages.
    """

    recipe: SettledRecipe
    folds: int
    fingerprint: str
    versions: dict[str, str]


@dataclass(frozen=True)
class UnfinishedReview:
    """The folder `NAME.unfinished` beside the page NAME, there while the review is under way."""

    page: Path

    @property
    def path(self) -> Path:
        """The folder: settings, the answers of folds, and what the training of one keeps."""
        return self.page.with_name(self.page.name + UNFINISHED_SUFFIX)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other reviews that write this page out of the block.

        Raises:
            DataError: there is one, or nothing can be written beside the page.
        """
        doing = f"A review that writes '{self.page}'"
        with alone_with(self.page, "review", doing, what="file"):
            yield

    def begin(self, settings: ReviewSettings, *, force: bool) -> bool:
        """Make the folder, or keep one that was begun with the same settings, and tell which.

        Raises:
            DataError: there is one with other settings, and `force` is false.
        """
        file = self.path / SETTINGS_FILE
        if file.is_file() and not force:
            if self._stored(file) == json.loads(settings.to_json()):
                return True
            raise DataError(
                f"A review with other pictures, choices or versions was interrupted: "
                f"'{self.path}'. Repeat its command to go on with it, or start anew with --force."
            )
        self.remove()
        write_bytes(self.path / ".gitignore", b"*\n")
        write_text(file, settings.to_json())
        return False

    def _stored(self, file: Path) -> object:
        try:
            return load_json_file(file)
        except (OSError, ValueError):
            # Then it is none that could be gone on with.
            return None

    def remove(self) -> None:
        """Delete the folder, if it is there."""
        shutil.rmtree(self.path, ignore_errors=True)
