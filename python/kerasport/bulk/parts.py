"""What a killed command leaves beside its output: the answers so far, and what they belong to.

`.answers.csv.parts/` holds `job.json` and one file for each part, whose name says how many rows and
how many errors it has and which pictures they are about. A file is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasport.bulk.rows import AnswerRow
from kerasport.errors import DataError
from kerasport.files import new_file, to_json, write_text
from kerasport.json_text import load_json_file

__all__ = ["KeptRows", "Parts", "digest_of"]

_JOB, _DONE = "job.json", "done.json"
_NAME = re.compile(r"(\d{8})-(\d+)-(\d+)-([0-9a-f]{16})\.part")


def digest_of(names: Sequence[str]) -> str:
    """Return what tells pictures from others: a short hash of their names."""
    text = "\0".join(names).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:16]


@dataclass(frozen=True)
class KeptRows:
    """Rows that are written."""

    path: Path
    rows: int
    errors: int
    digest: str


class Parts:
    """The folder of parts beside the output `place`, for the one command that writes there."""

    def __init__(self, place: Path) -> None:
        # Hidden, so that it is no input where the output is written into the folder that is read.
        self.folder = place.with_name(f".{place.name}.parts")
        self.place = place

    def finished(self) -> list[KeptRows] | None:
        """Return the parts if the output is made of them already, and only they are still there."""
        done = self._json(_DONE)
        try:
            is_done = done is not None and done == _stamp(self.place.stat())
        except OSError:
            return None
        return list(self._found()) if is_done else None

    def open(self, job: Mapping[str, Any], *, force: bool) -> list[KeptRows]:
        """Return the parts that there are of a job, in their order; make the folder if needed.

        Args:
            job: what decides the answers, as JSON.
            force: whether the parts of another job are thrown away.

        Raises:
            DataError: they are those of another job.
        """
        found = self._json(_JOB)
        if found != job:
            # One that ended before its first answer has left nothing to go on with.
            if isinstance(found, dict) and not force and any(True for _ in self._found()):
                different = [key for key in job if found.get(key) != job[key]]
                raise DataError(
                    f"'{self.folder}' has the answers of an interrupted command that differs in: "
                    f"{', '.join(different)}. Repeat that command to continue it, or pass --force "
                    "to throw them away."
                )
            self.remove()
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text(self.folder / _JOB, to_json(job))
        return list(self._found())

    def add(self, number: int, rows: Sequence[AnswerRow], content: bytes) -> KeptRows:
        """Write a part.

        Raises:
            OSError: it cannot be written.
        """
        errors = sum(row.error is not None for row in rows)
        digest = digest_of([row.name for row in rows])
        path = self.folder / f"{number:08d}-{len(rows)}-{errors}-{digest}.part"
        with new_file(path) as file:
            file.write(content)
            file.flush()
            # After a power cut a file may be there without its bytes.
            os.fsync(file.fileno())
        return KeptRows(path, len(rows), errors, digest)

    def will_be(self, file: int) -> None:
        """Write down that the open file `file`, which is complete, becomes the output."""
        write_text(self.folder / _DONE, to_json(_stamp(os.fstat(file))))

    def remove_if_empty(self) -> None:
        """Remove the folder where it holds no answers, and nothing is left to go on with."""
        if self.folder.is_dir() and not any(True for _ in self._found()):
            self.remove()

    def remove(self) -> None:
        """Remove the folder."""
        # First what says that the rest may be used.
        for name in (_JOB, _DONE):
            (self.folder / name).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _found(self) -> Iterator[KeptRows]:
        named = {}
        for path in self.folder.iterdir():
            if (told := _NAME.fullmatch(path.name)) is not None:
                number, rows, errors, digest = told.groups()
                named[int(number)] = KeptRows(path, int(rows), int(errors), digest)
        number = 0
        while number in named:
            yield named.pop(number)
            number += 1

    def _json(self, name: str) -> Any:
        try:
            return load_json_file(self.folder / name)
        except (OSError, ValueError):
            return None


def _stamp(found: os.stat_result) -> dict[str, int]:
    return {"bytes": found.st_size, "file": found.st_ino}
