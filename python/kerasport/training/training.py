"""From a recipe and pictures to a run folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from kerasport import models
from kerasport.calibration import calibrate
from kerasport.dataset import (
    SPLITS,
    Dataset,
    DataSource,
    DecodedDataset,
    PixelCache,
    ReadOptions,
    check,
    check_counts,
    decode_dataset,
    hash_rows,
    name_of_source,
    read_data,
    read_labeled,
)
from kerasport.errors import DataError, KerasportError
from kerasport.evaluation import Evaluation, score
from kerasport.files import write_json, write_text
from kerasport.literals import ClassWeights, ColorMode, Fit, Resample, Schedule
from kerasport.models import Augmentation, Transfer
from kerasport.preprocess import ImageSpec
from kerasport.progress import SILENT, Progress
from kerasport.recipes import Recipe
from kerasport.report import Report
from kerasport.runs import (
    DataRecord,
    Run,
    check_target,
    choose_samples,
    names,
    new_run,
    write_samples,
)
from kerasport.training.choices import settle
from kerasport.training.describe import describe, versions
from kerasport.training.fitting import History, fit
from kerasport.training.unfinished import Settings, Unfinished, recipe_record

__all__ = ["Trained", "TrainingOptions", "resume", "train", "train_in_memory"]

_WORK = Path("data")


@dataclass(frozen=True)
class TrainingOptions:
    """What differs from the recipe; None keeps the recipe's choice.

    The first group are fields of `Recipe`, the second those of `Transfer` (for recipes with a
    backbone), the third says how the data is read (`ReadOptions`). `augment=False` switches the
    recipe's random changes off, `class_weights="none"` its class weights.
    """

    architecture: str | None = None
    epochs: int | None = None
    patience: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    schedule: Schedule | None = None
    optimizer: str | None = None
    image_size: tuple[int, int] | None = None
    color_mode: ColorMode | None = None
    fit: Fit | None = None
    resample: Resample | None = None
    seed: int | None = None
    augment: bool | None = None
    class_weights: Literal[ClassWeights, "none"] | None = None
    label_smoothing: float | None = None
    mixed_precision: bool | None = None
    tensorboard: bool | None = None
    calibrate: bool | None = None
    validation_share: float | None = None

    backbone: str | None = None
    weights: str | None = None
    width: float | None = None
    unfrozen_layers: int | None = None
    augmented_views: int | None = None
    fine_tune_epochs: int | None = None
    fine_tune_layers: int | None = None
    fine_tune_rate: float | None = None

    test_share: float | None = None
    max_unreadable: int | None = None
    min_per_class: int | None = None
    classes: Sequence[str] | None = None
    class_names: Sequence[str] | None = None
    root: Path | None = None
    drop_test_duplicates: bool | None = None

    def apply(self, recipe: Recipe) -> Recipe:
        """Return the recipe with these choices in place of its own.

        Raises:
            DataError: a choice is out of its range, or is about a backbone where there is none.
        """
        changed = self._chosen(Recipe)
        transfer = self._chosen(Transfer)
        if transfer and recipe.transfer is None:
            raise DataError(
                f"{', '.join(transfer)}: these are about a backbone, and the recipe "
                f"{recipe.name!r} has none. Use the recipe 'transfer'."
            )
        if transfer and recipe.transfer is not None:
            changed["transfer"] = replace(recipe.transfer, **transfer)
        if self.augment is False:
            changed["augmentation"] = Augmentation()
        if self.class_weights == "none":
            changed["class_weights"] = None
        return replace(recipe, **changed)

    def read_options(self, recipe: Recipe) -> ReadOptions:
        """Return how to read the data for a recipe to which these options were applied."""
        chosen = self._chosen(ReadOptions)
        return ReadOptions(
            **{**chosen, "seed": recipe.seed, "validation_share": recipe.validation_share}
        )

    def _chosen(self, target: type) -> dict[str, Any]:
        names = {field.name for field in fields(target)} & {field.name for field in fields(self)}
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in sorted(values.items()) if value is not None}


@dataclass(frozen=True)
class Trained:
    """A run with what is in memory after training; no evaluation without test pictures."""

    run: Run
    model: Any
    evaluation: Evaluation | None


def train(
    recipe: Recipe,
    *,
    out: Path,
    data: DataSource | None = None,
    options: TrainingOptions | None = None,
    validation: Path | None = None,
    work: Path = _WORK,
    cache: Path | None = None,
    force: bool = False,
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
        progress: told what is done.

    Raises:
        DataError: the pictures or the target are not usable.
        ModelError: the training diverged, or the model does not fit the pictures.
    """
    return train_in_memory(
        recipe,
        out=out,
        data=data,
        options=options,
        validation=validation,
        work=work,
        cache=cache,
        force=force,
        progress=progress,
    ).run


def train_in_memory(
    recipe: Recipe,
    *,
    out: Path,
    data: DataSource | None = None,
    options: TrainingOptions | None = None,
    validation: Path | None = None,
    work: Path = _WORK,
    cache: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Trained:
    """Do what `train` does, and return the model and its evaluation beside the run."""
    check_target(out, force=force)
    unfinished = Unfinished(out)
    if unfinished.can_go_on and not force:
        raise DataError(
            f"A training of '{out}' was interrupted. Go on with it: kerasport train --resume "
            f"{out}; or start again with --force."
        )
    options = options or TrainingOptions()
    recipe = options.apply(recipe)
    reading = options.read_options(recipe)
    source = recipe.prepare(data, work)
    dataset = _read(source, reading, validation, cache=cache, progress=progress)
    recipe, choices = settle(recipe, dataset, cache=PixelCache.find(cache))
    settings = Settings(
        recipe=recipe,
        reading=reading,
        source=name_of_source(source),
        validation=str(validation.absolute()) if validation else None,
        cache=str(cache.absolute()) if cache else None,
        force=force,
        choices=choices,
        fingerprint=dataset.fingerprint,
        versions=versions(),
    )
    for choice in choices.values():
        progress.say(choice)
    unfinished.start(settings)
    try:
        with _told_how_to_go_on(unfinished, progress):
            return _train(settings, dataset, unfinished, progress=progress)
    except KerasportError:
        # Going on would end in the same error.
        unfinished.remove()
        raise


def resume(out: Path, *, data: DataSource | None = None, progress: Progress = SILENT) -> Run:
    """Go on with an interrupted training after its last whole epoch, and return the run folder.

    The result is that of a training without interruption: the same bits, on the same machine
    with the same versions.

    Args:
        out: the run folder that the training was to write.
        data: the pictures again, where they were given as arrays or as a table in memory.
        progress: told what is done.

    Raises:
        DataError: there is no such training, or the pictures are not the same any more.
        ModelError: see `train`.
    """
    unfinished = Unfinished(out)
    settings = unfinished.settings()
    check_target(out, force=settings.force)
    source = settings.source if data is None else data
    if source is None:
        raise DataError(
            f"The pictures of '{out}' were given as objects, which are gone. "
            "Go on from Python: kerasport.resume(out, data=...) with the same pictures."
        )
    changed = [
        f"{name} {old} is now {new}"
        for name, old in settings.versions.items()
        if (new := versions().get(name)) != old
    ]
    if changed:
        progress.warn(f"{'; '.join(changed)}: the result may differ in its last digits.")
    validation = Path(settings.validation) if settings.validation else None
    cache = Path(settings.cache) if settings.cache else None
    dataset = _read(source, settings.reading, validation, cache=cache, progress=progress)
    if dataset.fingerprint != settings.fingerprint:
        raise DataError(
            f"The pictures are no longer those that the training of '{out}' began with. "
            "Bring them back, or start again with --force."
        )
    with _told_how_to_go_on(unfinished, progress):
        return _train(settings, dataset, unfinished, progress=progress).run


@contextlib.contextmanager
def _told_how_to_go_on(unfinished: Unfinished, progress: Progress) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if unfinished.can_go_on:
            progress.say(f"Interrupted. Go on with: kerasport train --resume {unfinished.out}")
        else:
            unfinished.remove()
        raise


def _train(
    settings: Settings, dataset: Dataset, unfinished: Unfinished, *, progress: Progress
) -> Trained:
    recipe, out = settings.recipe, unfinished.out
    cache = PixelCache.find(Path(settings.cache) if settings.cache else None)
    started = time.perf_counter()
    decoded = _pixels(dataset, recipe, settings.reading, cache=cache, progress=progress)
    dataset = decoded.dataset
    found = check(dataset, options=settings.reading, hashes=hash_rows(decoded))
    for warning in found.warnings:
        progress.warn(warning)
    ready = time.perf_counter()
    model, history = _fitted(recipe, decoded, unfinished.path, progress=progress)

    trained = time.perf_counter()
    # The last thing that is chosen, hence on validation; the test sees the model that is kept.
    outcome = calibrate(model, *decoded.split("validation"), adjust=recipe.calibrate)
    if outcome is not None:
        progress.say(outcome.note)
    evaluation = _evaluate_once(model, decoded)
    if evaluation is not None:
        progress.say(
            f"Test accuracy: {evaluation.accuracy:.2%} of {evaluation.pictures:,} pictures "
            f"(best epoch {history.best_epoch} of {history.epochs})."
        )

    description = describe(out.name, model, decoded, recipe, history, evaluation, outcome)
    test_pixels, test_labels = decoded.split("test")
    report = Report(
        description=description,
        recipe=recipe_record(recipe),
        history=history.to_dict(),
        evaluation=evaluation,
        pixels=test_pixels,
        truth=test_labels,
        warnings=tuple(found.warnings),
        findings=found.to_dict()["findings"],
        automatic=settings.choices,
        timings={
            "decode and check the pictures": ready - started,
            "train": trained - ready,
            "calibrate and test": time.perf_counter() - trained,
        },
        calibration_note=outcome.note if outcome else "",
    )
    with new_run(out, force=settings.force) as folder:
        model.save(folder / names.MODEL_FILE)
        write_text(folder / names.DESCRIPTION_FILE, description.to_json())
        write_json(folder / names.HISTORY_FILE, history.to_dict())
        write_json(
            folder / names.RECIPE_FILE,
            {"recipe": recipe_record(recipe), "choices": settings.choices},
        )
        write_text(
            folder / names.DATA_FILE,
            DataRecord(
                root=str(dataset.root.absolute()),
                source=settings.source,
                reading=settings.reading,
                validation=settings.validation,
            ).to_json(),
        )
        write_json(folder / names.REPORT_FILE, report.to_dict())
        write_text(folder / names.REPORT_PAGE, report.to_html())
        report.write_plots(folder / names.PLOTS_FOLDER)
        write_samples(
            choose_samples(dataset), folder / names.SAMPLES_FOLDER, class_names=dataset.class_names
        )
        if (unfinished.path / names.TENSORBOARD_FOLDER).is_dir():
            shutil.copytree(
                unfinished.path / names.TENSORBOARD_FOLDER, folder / names.TENSORBOARD_FOLDER
            )
    unfinished.remove()
    return Trained(Run.open(out), model, evaluation)


def _read(
    source: DataSource,
    reading: ReadOptions,
    validation: Path | None,
    *,
    cache: Path | None,
    progress: Progress,
) -> Dataset:
    if validation is None:
        return read_data(source, options=reading, progress=progress, cache=cache)
    if isinstance(source, str | Path):
        source = name_of_source(source)
    reading = replace(reading, validation_share=0.0)
    dataset = read_data(source, options=reading, progress=progress, cache=cache)
    if dataset.in_split("validation"):
        raise DataError(
            f"'{source}' has validation pictures of its own, and '{validation}' was named for "
            "them too. Leave one of the two out."
        )
    extra = read_labeled(validation.absolute(), class_names=dataset.class_names, progress=progress)
    examples = [*dataset.examples, *(replace(item, split="validation") for item in extra.examples)]
    examples.sort(key=lambda example: (SPLITS.index(example.split), example.path.as_posix()))
    return replace(
        dataset,
        root=Path(os.path.commonpath([dataset.root, extra.root])),
        examples=tuple(examples),
        skipped=(*dataset.skipped, *extra.skipped),
    )


def _pixels(
    dataset: Dataset,
    recipe: Recipe,
    reading: ReadOptions,
    *,
    cache: PixelCache | None,
    progress: Progress,
) -> DecodedDataset:
    assert recipe.image_size is not None
    assert recipe.color_mode is not None
    height, width = recipe.image_size
    spec = ImageSpec(
        height=height,
        width=width,
        color_mode=recipe.color_mode,
        fit=recipe.fit,
        resample=recipe.resample,
    )
    parts = [f"{len(dataset.in_split(split)):,} {split}" for split in SPLITS]
    progress.say(
        f"{len(dataset.examples):,} pictures in {len(dataset.class_names)} classes: "
        f"{', '.join(parts)}. "
        f"Input: {height}x{width}, {spec.color_mode}, {spec.fit}."
    )
    decoded = decode_dataset(
        dataset, spec, max_unreadable=reading.max_unreadable, cache=cache, progress=progress
    )
    check_counts(decoded.dataset, reading)
    return decoded


def _fitted(
    recipe: Recipe, decoded: DecodedDataset, work: Path, *, progress: Progress
) -> tuple[Any, History]:
    """Return the trained model, all in float32, and what happened."""
    transfer = recipe.transfer
    if transfer is not None and transfer.unfrozen_layers == 0 and recipe.augmentation.is_on:
        progress.say(
            "The backbone is frozen, so its features are computed once: of the pictures "
            + (
                f"and of {transfer.augmented_views} random change(s) of each."
                if transfer.augmented_views
                else "themselves, without random changes."
            )
        )
    if not recipe.mixed_precision:
        model = _build(recipe, decoded)
        return model, fit(model, decoded, recipe, progress=progress, work=work)
    with _mixed_precision(progress):
        mixed = _build(recipe, decoded)
        history = fit(mixed, decoded, recipe, progress=progress, work=work)
    model = _build(recipe, decoded, with_weights=False)
    model.set_weights(mixed.get_weights())
    return model, history


def _build(recipe: Recipe, decoded: DecodedDataset, *, with_weights: bool = True) -> Any:
    shape = decoded.pixels.shape[1:]
    classes = len(decoded.dataset.class_names)
    if recipe.transfer is not None:
        return models.build_transfer(
            recipe.transfer,
            input_shape=shape,
            num_classes=classes,
            augmentation=recipe.augmentation,
            seed=recipe.seed,
            with_weights=with_weights,
        )
    return models.build(
        recipe.architecture,
        input_shape=shape,
        num_classes=classes,
        augmentation=recipe.augmentation,
        seed=recipe.seed,
    )


@contextlib.contextmanager
def _mixed_precision(progress: Progress) -> Iterator[None]:
    """Let layers that are made in the block compute in float16 and keep float32 weights."""
    keras = models.import_keras()
    import tensorflow

    if not tensorflow.config.list_physical_devices("GPU"):
        progress.warn("There is no GPU: mixed precision makes a training slower here, not faster.")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _evaluate_once(model: Any, decoded: DecodedDataset) -> Evaluation | None:
    pixels, truth = decoded.split("test")
    if len(pixels) == 0:
        return None
    paths = [
        example.path.relative_to(decoded.dataset.root)
        for example in decoded.dataset.in_split("test")
    ]
    answers = models.probabilities(model, pixels)
    return score(answers, truth, decoded.dataset.class_names, paths=paths)
