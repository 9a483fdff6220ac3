"""Which pictures are asked for: files, folders, lists, archives and shards to one stream of paths.

Nothing is read here but lists and directories: a picture is a path, wherever it lies, and the order
is the same on every machine that has the same files.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from kerasport.dataset.archives import is_address
from kerasport.dataset.dataset import Skipped
from kerasport.dataset.folder_words import NOTE_SUFFIXES
from kerasport.dataset.paths import exists, is_folder
from kerasport.dataset.shards import find_shards, is_elsewhere, pictures_of
from kerasport.dataset.tree import files_below
from kerasport.errors import DataError

__all__ = ["NO_PATH", "Asked", "PictureInputs", "can_be_a_path"]

# A list of paths that another program writes.
_STDIN = "-"

# What lies beside pictures: `.cls` is a label, as WebDataset writes it.
_NO_PICTURES = NOTE_SUFFIXES | {".cls"}
# Files of paths, one a line.
_LIST_SUFFIXES = (".list", ".lst", ".txt")


# In any encoding, no system finds it too long.
_SHORT = 60

NO_PATH = "a name that no file can have"


def can_be_a_path(text: str) -> bool:
    """Return whether the system can be asked for such a path: it takes it for text with an end."""
    if "\0" in text:
        return False
    if len(text) < _SHORT or is_address(text):
        return True
    try:
        os.lstat(text)
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG
    return True


@dataclass(frozen=True)
class Asked:
    """A picture that was not looked at; `reason` is why it cannot be, where that is known."""

    path: Path
    reason: str = ""

    @property
    def name(self) -> str:
        """What it is called in the answers: its path, as it was given, with forward slashes."""
        text = self.path.as_posix()
        return text.replace(":/", "://", 1) if is_address(text) else text


@dataclass(frozen=True)
class PictureInputs:
    """What was given: paths, patterns and addresses; `-` is a list on `stdin`.

    `apart_from` is the file that is written, which is no input wherever it lies.
    """

    texts: tuple[str, ...]
    apart_from: Path | None = None
    stdin: TextIO | None = None

    def check(self) -> None:
        """Raise when an input is not there, before anything is done.

        Raises:
            DataError: with the first that is missing.
        """
        if not self.texts:
            raise DataError(
                "There are no pictures to classify. Expected files, folders, lists, .parquet or "
                ".tar files."
            )
        if self.texts.count(_STDIN) > 1:
            raise DataError("'-' stands for the one list on the standard input. Name it once.")
        for each in self.texts:
            if each != _STDIN and not is_elsewhere(each) and not exists(Path(each)):
                raise DataError(
                    f"There is nothing at '{each}'. Expected a picture, a folder, a list of paths "
                    f"({', '.join(_LIST_SUFFIXES)} or '-'), a .parquet or a .tar file."
                )

    def count(self) -> int | None:
        """Return how many pictures there are; None where they cannot be listed twice, or cheaply.

        Raises:
            DataError: a list or a shard cannot be opened.
        """
        if any(each == _STDIN or is_address(each) for each in self.texts):
            return None
        total = 0
        for asked in self.pictures():
            # A list leads elsewhere: what lies there would be fetched to be counted.
            if is_address(asked.path):
                return None
            total += 1
        return total

    def pictures(self) -> Iterator[Asked]:
        """Yield every picture in the order of the inputs, a folder's by their names.

        Raises:
            DataError: a list or a shard cannot be opened.
        """
        for each in self.texts:
            path = Path(each)
            if each == _STDIN:
                yield from self._listed(self.stdin or sys.stdin, Path())
            elif path.suffix.lower() in _LIST_SUFFIXES and path.is_file():
                with path.open(encoding="utf-8", errors="surrogateescape") as lines:
                    yield from self._listed(lines, path.parent)
            else:
                yield from self._at(each)

    def _listed(self, lines: Iterable[str], root: Path) -> Iterator[Asked]:
        """Yield what the lines of a list name; a relative path starts at `root`."""
        for number, line in enumerate(lines):
            text = line.rstrip("\r\n")
            if number == 0:
                text = text.removeprefix("\ufeff")
            if text:
                yield from self._at(text if is_address(text) else str(root / text))

    def _at(self, text: str) -> Iterator[Asked]:
        if not can_be_a_path(text):
            yield Asked(Path(text), NO_PATH)
            return
        shards = find_shards(text)
        if shards is not None:
            for path in shards.paths:
                if not self._is_output(path):
                    yield from map(Asked, pictures_of(path))
            return
        path = Path(text)
        if not is_folder(path):
            yield Asked(path)
            return
        lost: list[Skipped] = []
        for each in files_below(path, lost=lost):
            if each.suffix.lower() not in _NO_PICTURES and not self._is_output(each):
                yield Asked(each)
        yield from (Asked(each.path, each.reason) for each in lost)

    def _is_output(self, path: Path) -> bool:
        output = self.apart_from
        return output is not None and path.name == output.name and path.resolve() == output
