"""A review from first to last: pictures, answers of models that had not seen them, the page."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.dataset import (
    Dataset,
    DataSource,
    DecodedDataset,
    PixelCache,
    ReadOptions,
    decode_dataset,
    name_of_source,
    part_of,
    read_data,
)
from kerasport.dataset.duplicates import hash_pictures
from kerasport.displayed import displayable
from kerasport.errors import DataError
from kerasport.files import check_place, write_text
from kerasport.labels import mention_class_names
from kerasport.progress import SILENT, Progress
from kerasport.recipes import Recipe
from kerasport.report import without_folder
from kerasport.review.alike import alike
from kerasport.review.fitting import Answered, answer_folds, answered_by
from kerasport.review.folds import deal
from kerasport.review.mislabeled import require_cleanlab
from kerasport.review.page import render_review
from kerasport.review.suspicion import Suspect, rank_suspects
from kerasport.review.unfinished import ReviewSettings, UnfinishedReview
from kerasport.runs import Run, learned_contents, training_data
from kerasport.training.choices import decide_open_choices
from kerasport.training.describe import versions
from kerasport.training.options import TrainingOptions
from kerasport.training.reading import decode_pictures

__all__ = ["Review", "review_data", "review_with_run"]

_SHARE_SHOWN = 0.1
_LEAST_SHOWN, _MOST_SHOWN = 100, 1000


@dataclass(frozen=True)
class Review:
    """What came of a review.

    Attributes:
        page: the page that was written.
        dataset: the reviewed pictures.
        suspects: all that were answered, the most suspicious first.
        shown: how many of them are on the page.
    """

    page: Path
    dataset: Dataset
    suspects: tuple[Suspect, ...]
    shown: int

    def to_dict(self) -> dict[str, Any]:
        """Return the list for programs, in camelCase."""
        names = self.dataset.class_names
        return {
            "page": str(self.page),
            "shown": self.shown,
            "suspects": [
                {
                    "content": each.example.content,
                    "file": displayable(
                        each.example.path.relative_to(self.dataset.root).as_posix()
                    ),
                    "given": names[each.given],
                    "givenProbability": each.given_probability,
                    "proposed": names[each.proposed],
                    "probability": each.probability,
                    "kinds": list(each.kinds),
                    "reasons": list(each.reasons),
                }
                for each in self.suspects
            ],
        }


def review_data(
    data: DataSource,
    recipe: Recipe,
    *,
    out: Path,
    options: TrainingOptions | None = None,
    folds: int = 3,
    most: int | None = None,
    cache: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Review:
    """Ask of each picture a model that had not seen it, and write the page of suspicious labels.

    The pictures of all splits are dealt to folds; copies and near-duplicates stay together. For
    each fold a model is trained on the others. What is done is kept in `NAME.unfinished` beside
    the page until the review is finished, and the same call goes on with it.

    Args:
        data: what `read_data` takes.
        recipe: how the models are trained.
        out: the page to write.
        options: what differs from the recipe.
        folds: how many models are trained, at least 2.
        most: pictures on the page; None for a tenth of all, at least 100 and at most 1,000.
        cache: as in `kerasport.train`.
        force: replace a page that is there, and start anew.
        progress: told what is done.

    Raises:
        DataError: the pictures or the target are not usable.
        ModelError: a training diverged.
        KerasportError: cleanlab is missing.
    """
    require_cleanlab()
    if folds < 2:
        raise DataError(
            f"folds is {folds}. Expected 2 or more: each picture needs a model that "
            "had not seen it."
        )
    _check_page(out, force=force)
    options = options or TrainingOptions()
    chosen = options.apply(recipe)
    reading = options.read_options(chosen)
    kept = PixelCache.find(cache)
    unfinished = UnfinishedReview(out)
    with unfinished.alone():
        source = chosen.prepare(data, Path("data"))
        dataset = read_data(source, options=reading, progress=progress, cache=cache)
        _check_kind(dataset)
        settled, choices = decide_open_choices(chosen, dataset, cache=kept)
        for choice in choices.values():
            progress.say(choice)
        settled = replace(settled, tensorboard=False)
        decoded = decode_pictures(dataset, settled, reading, cache=kept, progress=progress)
        settings = ReviewSettings(
            recipe=settled,
            folds=folds,
            fingerprint=decoded.dataset.fingerprint,
            versions=versions(),
        )
        if unfinished.begin(settings, force=force):
            progress.say("An interrupted review with the same choices is gone on with.")
        groups = _groups(decoded, kept, progress)
        dealt = deal(
            decoded,
            groups,
            folds=folds,
            seed=settled.seed,
            validation_share=settled.validation_share,
        )
        try:
            answered = answer_folds(dealt, decoded, settled, unfinished.path, progress=progress)
        except (KeyboardInterrupt, SystemExit):
            progress.say("Interrupted. The same command goes on.")
            raise
        method = (
            f"Each was answered by one of {folds} models that had not seen it "
            f"(recipe {settled.name})."
        )
        review = _write(
            decoded,
            groups,
            answered,
            out,
            name=_title(name_of_source(source)),
            method=method,
            most=most,
        )
        unfinished.remove()
    return review


def review_with_run(
    data: DataSource,
    run: Run,
    *,
    out: Path,
    most: int | None = None,
    cache: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Review:
    """Write the page of suspicious labels from the answers of a run, without any training.

    Pictures that the run was trained with, and their copies, are left out: their labels were
    learned, right or wrong. Those of its validation are in, although they chose its epoch.

    For the arguments see `review_data`.

    Raises:
        DataError: the pictures are not usable or have other classes, all of them were trained
            with, or what was trained with cannot be told any more.
        KerasportError: cleanlab is missing.
    """
    require_cleanlab()
    _check_page(out, force=force)
    if run.description.labels_output is not None:
        raise DataError(
            f"'{run.path}' tells several labels, and a review doubts the one class of a picture. "
            "The most confident mistakes of each label are in its report; 'kerasport check' tells "
            "labels that are rare or contradict one another."
        )
    kept = PixelCache.find(cache)
    before = training_data(run, progress=progress)
    trained = before.only("train")
    reading = ReadOptions(min_per_class=1)
    dataset = read_data(data, options=reading, progress=progress, cache=cache)
    _check_kind(dataset)
    dataset = _labeled_as(dataset, trained.class_names, run)
    known = decode_dataset(trained, run.image_spec, cache=kept, progress=progress)
    decoded = decode_dataset(dataset, run.image_spec, cache=kept, progress=progress)
    groups = _groups(decoded, kept, progress)
    contents = learned_contents(run, before) - {e.content for e in before.in_split("validation")}
    seen = np.array([each.content in contents for each in decoded.dataset.examples], bool)
    fresh = np.flatnonzero(~np.isin(groups, groups[seen]))
    if len(fresh) == 0:
        raise DataError(
            f"'{run.path}' was trained with every picture of '{dataset.root}', so it cannot doubt "
            "their labels. Leave --run out: then models are trained that have not seen them."
        )
    progress.say(
        f"{len(fresh):,} of {len(decoded.dataset.examples):,} pictures were not trained with."
    )
    asked = replace(
        decoded,
        dataset=replace(
            decoded.dataset, examples=tuple(decoded.dataset.examples[at] for at in fresh)
        ),
        pixels=part_of(decoded.pixels, fresh),
        labels=decoded.labels[fresh],
    )
    model = models.load_model(run.model_path)
    answered = answered_by(model, known, asked, progress=progress)
    answered = replace(answered, places=fresh)
    method = (
        f"Answered by the run {run.description.name}, which was not trained with them; "
        f"{len(decoded.dataset.examples) - len(fresh):,} others, or copies of them, were trained "
        "with and are left out."
    )
    title = _title(name_of_source(data))
    return _write(decoded, groups, answered, out, name=title, method=method, most=most)


def _labeled_as(dataset: Dataset, class_names: tuple[str, ...], run: Run) -> Dataset:
    """Return the data set with the classes of a run, of which it may have some only."""
    unknown = [name for name in dataset.class_names if name not in class_names]
    if unknown:
        raise DataError(
            f"'{dataset.root}' has the class {unknown[0]!r}, which '{run.path}' does not know. "
            f"Expected some of: {mention_class_names(class_names)}."
        )
    places = [class_names.index(name) for name in dataset.class_names]
    examples = tuple(replace(each, label=places[each.labels[0]]) for each in dataset.examples)
    return replace(dataset, class_names=class_names, examples=examples)


def _write(
    decoded: DecodedDataset,
    groups: NDArray[np.int64],
    answered: Answered,
    out: Path,
    *,
    name: str,
    method: str,
    most: int | None,
) -> Review:
    suspects = rank_suspects(decoded.dataset, groups, answered)
    shown = most
    if shown is None:
        shown = max(_LEAST_SHOWN, min(_MOST_SHOWN, math.ceil(_SHARE_SHOWN * len(suspects))))
    # A mark is about a content: one that lies in several folders is marked once.
    different = {suspect.example.content: suspect for suspect in reversed(suspects)}
    listed = [each for each in suspects if different[each.example.content] is each][:shown]
    page = render_review(
        decoded.dataset,
        listed,
        decoded.pixels,
        name=name,
        answered=len(suspects),
        method=method,
    )
    write_text(out, page)
    return Review(out, decoded.dataset, tuple(suspects), len(listed))


def _title(source: str | None) -> str:
    return (without_folder(source) if source else "") or "pictures"


def _check_page(out: Path, *, force: bool) -> None:
    check_place(out, folder=False)
    if out.exists() and not force:
        raise DataError(
            f"There is a file at '{out}' already. Name another with --out, or pass --force to "
            "replace it."
        )


def _check_kind(dataset: Dataset) -> None:
    if dataset.kind == "labels":
        raise DataError(
            "These pictures have several labels each, and a review doubts the one class of a "
            "picture. 'kerasport check' tells labels that are rare or contradict one another."
        )


def _groups(
    decoded: DecodedDataset, cache: PixelCache | None, progress: Progress
) -> NDArray[np.int64]:
    hashes, _ = hash_pictures(decoded.dataset, cache=cache, progress=progress)
    return alike(decoded, hashes)
