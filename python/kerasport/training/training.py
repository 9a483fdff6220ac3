"""From pictures to a classifier: with a recipe into a run folder, or in one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerasport.classifier import Classifier
from kerasport.dataset import DataSource, name_of_source
from kerasport.literals import LabelsChoice
from kerasport.progress import SILENT, Progress, RichProgress
from kerasport.recipes import Recipe, get_recipe
from kerasport.runs import Run
from kerasport.training.job import WORK, TrainingJob
from kerasport.training.options import TrainingOptions

__all__ = ["train", "train_classifier"]


def train(
    recipe: Recipe,
    *,
    out: Path,
    data: DataSource | None = None,
    options: TrainingOptions | None = None,
    validation: Path | None = None,
    work: Path = WORK,
    cache: Path | None = None,
    force: bool = False,
    add: Sequence[Path] = (),
    origin: Path | None = None,
    progress: Progress = SILENT,
) -> Run:
    """Train a classifier and return its run folder.

    Nothing is written to `out` before everything has succeeded. Until then the state after each
    epoch is kept in `NAME.unfinished` beside it, from which `resume` goes on. The test pictures
    are looked at once, after training.

    Args:
        recipe: every choice there is; see `kerasport.recipes.get_recipe`.
        out: the run folder to write, its name becomes the classifier's.
        data: the user's pictures, see `kerasport.dataset.read_data`; None where the recipe
            brings some.
        options: what differs from the recipe.
        validation: folder with class folders of validation pictures, apart from the data.
        work: where recipes that bring pictures keep them.
        cache: where preprocessed pictures are kept; None stands for the folder named by the
            environment variable KERASPORT_CACHE, else `.cache/kerasport`.
        force: replace a run, or an unfinished training, that is already at `out`.
        add: tables and archives of corrections (docs/corrections.md), of which later ones win.
        origin: a run folder: the training starts from its weights, and the report compares both
            on the test pictures. Classes, input and network must be the same.
        progress: told what is done.

    Raises:
        DataError: the pictures, the corrections or the target are not usable, or `origin` does not
            fit.
        ModelError: the training diverged, or the model does not fit the pictures.
    """
    job = TrainingJob(
        recipe=recipe,
        out=out,
        data=data,
        options=options or TrainingOptions(),
        validation=validation,
        work=work,
        cache=cache,
        force=force,
        add=tuple(add),
        origin=origin,
    )
    return job.start(progress=progress).run


def train_classifier(
    train_directory: DataSource,
    *,
    image_size: tuple[int, int] | int | None = None,
    labels: LabelsChoice | None = None,
    classes: Sequence[str] | None = None,
    batch_size: int | None = None,
    epochs: int | None = None,
    validation_directory: str | Path | None = None,
    recipe: str | Recipe = "folder",
    options: TrainingOptions | None = None,
    out: str | Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Classifier:
    """Train on a folder of class folders and return the classifier.

    What is not given follows from the pictures: size, colours, network, batch size. Each such
    choice is printed, and is kept in the run's `recipe.json`.

    Args:
        train_directory: folder with one folder per class, or any other source that
            `kerasport.dataset.read_data` takes.
        image_size: of the model's input, height and width in pixels, or one number for both.
        labels: `one` or `many` for each picture; the data says it by default.
        classes: those to train on; all by default.
        batch_size: pictures per step; never more than there are.
        epochs: the most that are run.
        validation_directory: class folders for validation; else a part of the data is kept back.
        recipe: a recipe or its name.
        options: everything else that can be chosen.
        out: the run folder; `runs/` and the name of the data by default, with a number where
            that is taken.
        force: replace a run that is at `out`.
        progress: told what is done; bars and lines on stderr by default.

    Raises:
        DataError: the pictures are not usable.
        ModelError: the training diverged, or the model does not fit the pictures.

    >>> classifier = train_classifier("pictures")  # doctest: +SKIP
    >>> kerasport.export(classifier, "web/model")  # doctest: +SKIP
    """
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    given: dict[str, Any] = {
        "image_size": size,
        "labels": labels,
        "classes": classes,
        "batch_size": batch_size,
        "epochs": epochs,
    }
    job = TrainingJob(
        recipe=get_recipe(recipe) if isinstance(recipe, str) else recipe,
        out=Path(out) if out is not None else _free_folder(train_directory),
        data=train_directory,
        options=replace(
            options or TrainingOptions(), **{k: v for k, v in given.items() if v is not None}
        ),
        validation=Path(validation_directory) if validation_directory is not None else None,
        force=force,
    )
    return job.start(progress=progress if progress is not None else RichProgress())


def _free_folder(source: DataSource) -> Path:
    name = name_of_source(source)
    stem = Path(name.replace(":", "-")).stem if name else "classifier"
    candidates: Iterable[Path] = (
        Path("runs", stem if number == 1 else f"{stem}-{number}") for number in range(1, 10_000)
    )
    return next(path for path in candidates if not path.exists())
