"""The run whose weights a training starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle.document import problems_of
from kerasport.dataset import Dataset, DecodedDataset, ReadOptions
from kerasport.errors import DataError
from kerasport.evaluation import ask
from kerasport.json_text import load_json_file
from kerasport.labels import mention_class_names
from kerasport.literals import OutputKind
from kerasport.models import KerasModel
from kerasport.progress import Progress
from kerasport.recipes import Recipe, SettledRecipe
from kerasport.recipes.base import Choices, pictures_of_the_user
from kerasport.runs import Run, learned_contents, read_record, training_data
from kerasport.runs.names import RECIPE_FILE
from kerasport.training.options import TrainingOptions
from kerasport.training.record import RecipeRecord
from kerasport.training.unfinished import Settings

__all__ = ["EarlierAnswers", "Origin", "start_of"]

_KINDS: dict[OutputKind, str] = {"probabilities": "chooses one class", "labels": "tells labels"}


@dataclass(frozen=True)
class EarlierAnswers:
    """What an earlier model answers: its name, and a class for each test picture, int64 `[n]`."""

    name: str
    predicted: NDArray[np.int64]


@dataclass(frozen=True)
class Origin:
    """A run to start from."""

    run: Run

    @classmethod
    def open(cls, path: Path) -> Origin:
        """Return the run at `path`.

        Raises:
            DataError: there is none.
        """
        return cls(Run.open(path))

    def recipe(self) -> Recipe:
        """Return the choices that the run was trained with, as a recipe for other pictures.

        Raises:
            DataError: they cannot be read.
        """
        path = self.run.path / RECIPE_FILE
        try:
            stored = RecipeRecord.model_validate(load_json_file(path))
        except (OSError, ValueError) as error:
            raise DataError(
                f"'{path}' does not say how the run was trained ({problems_of(error)}). Name a "
                "recipe."
            ) from None
        choices = {field.name: getattr(stored.recipe, field.name) for field in fields(Choices)}
        return Recipe(**choices, prepare=pictures_of_the_user(stored.recipe.name))

    def options(self, options: TrainingOptions, *, same_data: bool) -> TrainingOptions:
        """Return the options, with the run's own way of reading where they leave it open.

        Args:
            options: what was chosen.
            same_data: whether the run's data is read again; other data has another root.
        """
        reading = read_record(self.run).reading
        names = {field.name for field in fields(ReadOptions)} - {"seed", "validation_share"}
        names -= set() if same_data else {"root"}
        open_ones = {
            name: getattr(reading, name)
            for name in names
            if hasattr(options, name) and getattr(options, name) is None
        }
        return replace(options, **open_ones)

    def source(self) -> str:
        """Return what leads to the pictures of the run.

        Raises:
            DataError: nothing does.
        """
        source = read_record(self.run).source
        if source is None:
            raise DataError(
                f"The pictures of '{self.run.path}' were given as objects, which are gone. Name "
                "some with --data."
            )
        return source

    def validation(self) -> Path | None:
        """Return the folder of validation pictures apart from the others, if there was one."""
        named = read_record(self.run).validation
        return Path(named) if named else None

    def check(self, recipe: SettledRecipe, dataset: Dataset, *, progress: Progress) -> bool:
        """Return whether models of the run and of these pictures can be compared.

        They cannot where the run's pictures are gone: what it has learned from then is not known.
        Models of several labels have no class that became right or wrong. Both are told.

        Raises:
            DataError: classes or input differ, or test pictures of one were trained with by the
                other.
        """
        kind = self.run.description.output.kind
        if kind != dataset.kind:
            raise DataError(
                f"'{self.run.path}' {_KINDS[kind]}, and this training's model would be one that "
                f"{_KINDS[dataset.kind]}. Train without --from."
            )
        known, names = tuple(self.run.description.class_names), dataset.class_names
        if known != names:
            raise DataError(
                f"'{self.run.path}' has the classes {mention_class_names(known)}, and the pictures "
                f"have {mention_class_names(names)}. Starting from its weights needs the same "
                "classes in the same order; train without --from."
            )
        spec = self.run.image_spec
        was = (spec.height, spec.width, spec.color_mode, spec.fit, spec.resample)
        now = (*recipe.image_size, recipe.color_mode, recipe.fit, recipe.resample)
        if was != now:
            raise DataError(
                f"The input of '{self.run.path}' is {_words(was)}, and this training's would be "
                f"{_words(now)}. Leave those choices out to take the run's, or train without "
                "--from."
            )
        try:
            before = training_data(self.run)
        except DataError as error:
            progress.warn(
                f"The models will not be compared, because nobody can tell whether test pictures "
                f"were trained with: {error}"
            )
            return False
        self._check_splits(dataset, before)
        if dataset.kind == "labels":
            progress.say(
                "Models of several labels are not compared: compare the figures of both reports, "
                "or those of 'kerasport evaluate' on one table."
            )
            return False
        return True

    def _check_splits(self, dataset: Dataset, before: Dataset) -> None:
        learned, tested = learned_contents(self.run, before), _contents(before, test=True)
        seen = learned & _contents(dataset, test=True)
        leaked = tested & _contents(dataset, test=False)
        if seen or leaked:
            what = (
                f"{len(seen):,} of the test pictures were trained with by '{self.run.path}'"
                if seen
                else f"{len(leaked):,} test pictures of '{self.run.path}' would be trained with"
            )
            raise DataError(
                f"{what}, so that no comparison would be fair. Cut the data as then: the same "
                "--seed, --test-share and --validation-share, and the same test folder."
            )

    def start(self, model: KerasModel) -> None:
        """Give a new model the run's weights.

        Raises:
            DataError: it is another network.
        """
        weights = models.load_model(self.run.model_path).get_weights()
        was = [each.shape for each in weights]
        now = [tuple(each.shape) for each in model.weights]
        if was != now:
            raise DataError(
                f"'{self.run.path}' is another network ({len(was)} arrays of weights, "
                f"{sum(map(_size, was)):,} numbers) than this training's ({len(now)}, "
                f"{sum(map(_size, now)):,}). Leave the recipe out to take the run's."
            )
        model.set_weights(weights)

    def answers_to(self, decoded: DecodedDataset, *, progress: Progress) -> EarlierAnswers | None:
        """Return what the run's model answers to the test pictures; None without any."""
        pixels, _ = decoded.split("test")
        if len(pixels) == 0:
            progress.say("There are no test pictures to compare the models on.")
            return None
        model = models.load_model(self.run.model_path)
        answers = [block.argmax(axis=1) for block in ask(model, pixels)]
        return EarlierAnswers(self.run.description.name, np.concatenate(answers).astype(np.int64))


def start_of(settings: Settings) -> Callable[[KerasModel], None] | None:
    """Return what gives a model its first weights, where a training has an origin."""
    return Origin.open(Path(settings.origin)).start if settings.origin else None


def _contents(dataset: Dataset, *, test: bool) -> set[str]:
    return {each.content for each in dataset.examples if (each.split == "test") == test}


def _words(shape: tuple[Any, ...]) -> str:
    height, width, *others = shape
    return f"{height}x{width}, {', '.join(map(str, others))}"


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape))
