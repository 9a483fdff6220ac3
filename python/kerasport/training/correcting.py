"""Corrections of labels, applied to the pictures of a training before anything is learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasport.corrections import Corrections, apply_corrections, read_corrections, table_text
from kerasport.dataset import Dataset
from kerasport.files import write_text
from kerasport.progress import Progress
from kerasport.runs import CorrectionsRecord
from kerasport.runs.names import CORRECTIONS_FILE

__all__ = ["Corrected", "corrected"]


@dataclass(frozen=True)
class Corrected:
    """The pictures as the corrections have them.

    Attributes:
        dataset: the pictures.
        record: what was changed, for `data.json`; None without corrections.
        corrections: all of them, each picture once.
    """

    dataset: Dataset
    record: CorrectionsRecord | None = None
    corrections: Corrections | None = None

    def stage(self, folder: Path) -> None:
        """Write the merged table into the folder of the unfinished training: it becomes the run's.

        Raises:
            OSError: it cannot be written.
        """
        if self.corrections is not None:
            write_text(folder / CORRECTIONS_FILE, table_text(self.corrections.by_content.values()))


def corrected(
    dataset: Dataset, tables: Sequence[Path], *, cache: Path | None, progress: Progress
) -> Corrected:
    """Return the pictures as some tables correct them, and say what they changed.

    Raises:
        DataError: a table cannot be read, or says what cannot be done.
    """
    if not tables:
        return Corrected(dataset)
    corrections = read_corrections(tables)
    changed, applied = apply_corrections(dataset, corrections, cache=cache, progress=progress)
    progress.say(applied.text)
    record = CorrectionsRecord(
        files=[str(path.absolute()) for path in tables], pictures=applied.to_dict()
    )
    return Corrected(changed, record, corrections)
