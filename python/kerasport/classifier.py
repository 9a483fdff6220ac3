"""A trained classifier as one object, and the one function that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kerasport import models
from kerasport.dataset import DataSource, name_of_source
from kerasport.evaluation import Evaluation
from kerasport.prediction import Prediction
from kerasport.preprocess import preprocess
from kerasport.progress import Progress, RichProgress
from kerasport.recipes import Recipe, get_recipe
from kerasport.runs.run import Run
from kerasport.training import TrainingOptions, train_in_memory

__all__ = ["Classifier", "train_classifier"]


@dataclass(frozen=True)
class Classifier:
    """A trained classifier.

    Attributes:
        run: its folder; `kerasport.Run.open` finds it again.
        model: the Keras model, from float32 pixels of 0..255 `[n, height, width, channels]`.
        evaluation: how it does on the test pictures, which were not trained on; None where
            there are none.
    """

    run: Run
    model: Any
    evaluation: Evaluation | None

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, in the order of the model's outputs."""
        return tuple(self.run.description.class_names)

    def predict(self, picture: str | Path) -> Prediction:
        """Return the probability of every class for a picture file.

        Raises:
            DataError: the file is missing or is no usable picture.

        >>> classifier.predict("photo.jpg").top(3)  # doctest: +SKIP
        """
        path = Path(picture)
        pixels = preprocess(path, self.run.image_spec)[None]
        return Prediction(path, self.class_names, models.probabilities(self.model, pixels)[0])


def train_classifier(
    train_directory: DataSource,
    *,
    image_size: tuple[int, int] | int | None = None,
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
        "classes": classes,
        "batch_size": batch_size,
        "epochs": epochs,
    }
    trained = train_in_memory(
        get_recipe(recipe) if isinstance(recipe, str) else recipe,
        out=Path(out) if out is not None else _free_folder(train_directory),
        data=train_directory,
        options=replace(
            options or TrainingOptions(), **{k: v for k, v in given.items() if v is not None}
        ),
        validation=Path(validation_directory) if validation_directory is not None else None,
        force=force,
        progress=progress if progress is not None else RichProgress(),
    )
    return Classifier(trained.run, trained.model, trained.evaluation)


def _free_folder(source: DataSource) -> Path:
    name = name_of_source(source)
    stem = Path(name.replace(":", "-")).stem if name else "classifier"
    candidates: Iterable[Path] = (
        Path("runs", stem if number == 1 else f"{stem}-{number}") for number in range(1, 10_000)
    )
    return next(path for path in candidates if not path.exists())
