"""A training as it is asked for, and its start."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from kerasport.classifier import Classifier
from kerasport.dataset import DataSource, PixelCache, name_of_source
from kerasport.displayed import is_text
from kerasport.errors import DataError, KerasportError, ModelError
from kerasport.progress import Progress
from kerasport.recipes import Recipe
from kerasport.runs import cannot_be_written, check_target
from kerasport.runs.names import SETTINGS_FILE
from kerasport.training.choices import decide_open_choices
from kerasport.training.completion import complete
from kerasport.training.correcting import corrected
from kerasport.training.describe import versions
from kerasport.training.options import TrainingOptions
from kerasport.training.origin import Origin
from kerasport.training.processes import current, device_count
from kerasport.training.reading import read_pictures
from kerasport.training.unfinished import Settings, Unfinished

__all__ = ["WORK", "TrainingJob"]

WORK = Path("data")
"""Where recipes that bring pictures keep them."""


@dataclass(frozen=True)
class TrainingJob:
    """What is trained, on what, and where it goes; for the fields see `train`."""

    recipe: Recipe
    out: Path
    data: DataSource | None = None
    options: TrainingOptions = field(default_factory=TrainingOptions)
    validation: Path | None = None
    work: Path = WORK
    cache: Path | None = None
    force: bool = False
    add: tuple[Path, ...] = ()
    origin: Path | None = None

    def start(self, *, progress: Progress) -> Classifier:
        """Train from the beginning; for the errors see `train`."""
        check_target(self.out, force=self.force)
        unfinished = Unfinished(self.out)
        with unfinished.alone():
            return self._start(unfinished, progress=progress)

    def _start(self, unfinished: Unfinished, *, progress: Progress) -> Classifier:
        # Once more: the training that was waited for may have written its run.
        check_target(self.out, force=self.force)
        if unfinished.can_go_on and not self.force:
            raise DataError(
                f"A training of '{self.out}' was interrupted. Go on with it: kerasport train "
                f"--resume {self.out}; or start again with --force."
            )
        recipe = self.options.apply(self.recipe)
        reading = self.options.read_options(recipe)
        source = recipe.prepare(self.data, self.work)
        self._check_paths(source)
        dataset = read_pictures(
            source, reading, self.validation, cache=self.cache, progress=progress
        )
        changed = corrected(dataset, self.add, cache=self.cache, progress=progress)
        dataset = changed.dataset
        if dataset.kind == "labels":
            # What the data decided is kept: a picture less must not decide otherwise.
            reading = replace(reading, labels="many")
        elif recipe.label_precision is not None:
            raise DataError(
                "A precision was named for labels, and each picture has one class here. Leave out "
                "--label-precision, or pass --labels many."
            )
        settled, choices = decide_open_choices(recipe, dataset, cache=PixelCache.find(self.cache))
        comparable = self.origin is not None and Origin.open(self.origin).check(
            settled, dataset, progress=progress
        )
        settings = Settings(
            recipe=settled,
            reading=reading,
            source=name_of_source(source),
            validation=str(self.validation.absolute()) if self.validation else None,
            cache=str(self.cache.absolute()) if self.cache else None,
            force=self.force,
            choices=choices,
            fingerprint=dataset.fingerprint,
            versions=versions(),
            devices=device_count(),
            corrections=changed.record,
            origin=str(self.origin.absolute()) if self.origin else None,
            comparable=comparable,
        )
        for choice in choices.values():
            progress.say(choice)
        try:
            unfinished.start(settings)
            changed.stage(unfinished.path)
        except OSError as error:
            raise cannot_be_written(self.out, error) from None
        current().share(SETTINGS_FILE, settings.to_json().encode())
        try:
            with unfinished.told_how_to_go_on(progress):
                return complete(settings, dataset, unfinished, progress=progress)
        except KerasportError as error:
            # Going on from a broken loss would end in the same one; all else can be mended.
            if isinstance(error, ModelError) or not unfinished.can_go_on:
                unfinished.remove()
            raise

    def _check_paths(self, source: DataSource) -> None:
        """Raise where a path that is written down, to be found again, is no text."""
        where = (name_of_source(source), self.validation, self.cache, self.origin, *self.add)
        for path in (Path(each).absolute() for each in where if each is not None):
            if not is_text(path):
                raise DataError(
                    f"The path '{path}' is not UTF-8 text, and a training writes down where its "
                    "pictures are. Rename the folder, or reach it through a link with such a name."
                )
