"""What a training leaves in its run folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasport.bundle import NoveltyScale
from kerasport.bundle.document import Document
from kerasport.files import write_bytes, write_json, write_text
from kerasport.models import KerasModel
from kerasport.recipes import SettledRecipe
from kerasport.report import Report, render_page, write_plots
from kerasport.runs import DataRecord, names
from kerasport.training.choices import Reasons
from kerasport.training.fitting import History

__all__ = ["FinishedRun", "RecipeRecord"]


class RecipeRecord(Document):
    """The content of `recipe.json`."""

    recipe: SettledRecipe
    choices: Reasons

    def to_dict(self) -> dict[str, Any]:
        """Return the fields under their names in JSON."""
        return self.model_dump(mode="json", by_alias=True)


@dataclass(frozen=True)
class FinishedRun:
    """All that a run folder is written from.

    Attributes:
        model: the trained Keras model.
        history: what happened in each epoch.
        recipe: the choices, and why the data decided some of them.
        data: where the pictures are.
        samples: folder with the sample pictures.
        report: on the training; its description becomes the run's.
        novelty: tells how far pictures are from those of the training; None where nothing does.
    """

    model: KerasModel
    history: History
    recipe: RecipeRecord
    data: DataRecord
    samples: Path
    report: Report
    novelty: NoveltyScale | None = None

    def write(self, folder: Path) -> None:
        """Write what a run must have into an empty folder: all but the page and the plots."""
        self.model.save(folder / names.MODEL_FILE)
        documents = {
            names.DESCRIPTION_FILE: self.report.description,
            names.RECIPE_FILE: self.recipe,
            names.DATA_FILE: self.data,
        }
        for name, document in documents.items():
            write_text(folder / name, document.to_json())
        write_json(folder / names.HISTORY_FILE, self.history.to_dict())
        write_json(folder / names.REPORT_FILE, self.report.to_dict())
        shutil.copytree(self.samples, folder / names.SAMPLES_FOLDER)
        if self.novelty is not None:
            write_bytes(folder / names.NOVELTY_FILE, self.novelty.to_bytes())

    def write_report(self, folder: Path) -> None:
        """Write what people look at: the page and the plots."""
        write_text(folder / names.REPORT_PAGE, render_page(self.report))
        write_plots(self.report, folder / names.PLOTS_FOLDER)
