"""`data.json`: where a run's pictures were and how they were cut, and finding them again."""

from __future__ import annotations

from dataclasses import replace

from kerasport.bundle.document import Document, problems_of
from kerasport.corrections import apply_corrections, read_corrections
from kerasport.dataset import Dataset, ReadOptions, leads_somewhere, read_data
from kerasport.errors import DataError
from kerasport.json_text import load_json_file
from kerasport.labels import mention_class_names
from kerasport.progress import SILENT, Progress
from kerasport.runs.names import CORRECTIONS_FILE
from kerasport.runs.run import Run

__all__ = [
    "CorrectionsRecord",
    "DataRecord",
    "learned_contents",
    "read_record",
    "training_data",
]


class CorrectionsRecord(Document):
    """What was corrected before a training; the corrections themselves are in the run.

    Attributes:
        files: where the tables were.
        pictures: what was done -> with how many pictures, see `kerasport.corrections.Applied`.
    """

    files: list[str]
    pictures: dict[str, int]


class DataRecord(Document):
    """The content of `data.json`. Records in snake_case, as they once were written, are read too.

    Attributes:
        root: folder that holds all pictures.
        source: leads to the data again, as `name_of_source` has it; None where it was given as
            objects.
        reading: how the data was read and cut.
        validation: folder of validation pictures apart from the data.
        corrections: what was corrected; None for nothing.
    """

    root: str
    source: str | None
    reading: ReadOptions
    validation: str | None = None
    corrections: CorrectionsRecord | None = None


def read_record(run: Run) -> DataRecord:
    """Return what a run says of its data.

    Raises:
        DataError: it says nothing that can be read.
    """
    try:
        return DataRecord.model_validate(load_json_file(run.data_path))
    except (OSError, ValueError) as error:
        raise DataError(
            f"'{run.data_path}' does not say where the training pictures are "
            f"({problems_of(error)}). Name a folder with one folder per class."
        ) from None


def training_data(
    run: Run, *, max_unreadable: int | None = None, progress: Progress = SILENT
) -> Dataset:
    """Return the pictures that a run was trained on, cut into the same splits and as corrected.

    Pictures that came with corrections, and not with the data, are not among them.

    Raises:
        DataError: they are no longer there, or have other classes now.
    """
    record = read_record(run)
    source, options = record.source, record.reading
    if source is None:
        raise DataError(
            f"The pictures that '{run.path}' was trained on were given as objects, which are gone. "
            "Name a folder with one folder per class."
        )
    if not leads_somewhere(source):
        raise DataError(
            f"The pictures that '{run.path}' was trained on are no longer at '{source}'. "
            "Name a folder with one folder per class."
        )
    limit = options.max_unreadable if max_unreadable is None else max_unreadable
    options = replace(options, min_per_class=1, max_unreadable=limit)
    dataset = read_data(source, options=options, progress=progress)
    if dataset.kind != run.description.output.kind:
        raise DataError(
            f"'{source}' now has pictures with several labels, and '{run.path}' chooses one class. "
            "Train again, or name another folder."
        )
    if dataset.class_names != tuple(run.description.class_names):
        raise DataError(
            f"'{source}' now has the classes {mention_class_names(dataset.class_names)}. "
            f"Expected those of the run: {mention_class_names(run.description.class_names)}. "
            "Train again, or name another folder."
        )
    table = run.path / CORRECTIONS_FILE
    if record.corrections is not None and table.is_file():
        dataset, _ = apply_corrections(dataset, read_corrections([table]))
    return dataset


def learned_contents(run: Run, dataset: Dataset) -> set[str]:
    """Return the contents of all pictures that a run has learned from or chosen its epoch by.

    Those that came with corrections are among them, wherever they are now.

    Args:
        run: the run.
        dataset: its pictures, from `training_data`.
    """
    learned = {each.content for each in dataset.examples if each.split != "test"}
    tested = {each.content for each in dataset.in_split("test")}
    table = run.path / CORRECTIONS_FILE
    if table.is_file():
        added = read_corrections([table]).by_content.values()
        kept = {"label", "none"} if dataset.kind == "labels" else {"label"}
        learned |= {each.content for each in added if each.verdict in kept} - tested
    return learned
