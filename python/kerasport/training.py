"""From a recipe and pictures to a run folder."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kerasport import models
from kerasport.dataset import (
    DecodedDataset,
    PixelCache,
    ReadOptions,
    check_counts,
    decode_dataset,
    read_folders,
    survey,
    warnings_about,
)
from kerasport.evaluation import Evaluation, score
from kerasport.files import write_json, write_text
from kerasport.fitting import History, fit
from kerasport.metadata import (
    ClassifierDescription,
    Metrics,
    Output,
    Preprocessing,
    Rescaling,
    Training,
)
from kerasport.models import Augmentation
from kerasport.preprocess import ColorMode, Fit, ImageSpec, Resample
from kerasport.progress import SILENT, Progress
from kerasport.recipes import Recipe
from kerasport.report import Report
from kerasport.run import Run, check_target, choose_samples, new_run, write_samples
from kerasport.version import VERSION

__all__ = ["TrainingOptions", "train"]

_WORK = Path("data")


@dataclass(frozen=True)
class TrainingOptions:
    """What differs from the recipe; None keeps the recipe's choice.

    `image_size` is height and width in pixels; `augment=False` switches the recipe's random
    changes off. The last four say how the data is read, see `ReadOptions`.
    """

    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    image_size: tuple[int, int] | None = None
    color_mode: ColorMode | None = None
    fit: Fit | None = None
    resample: Resample | None = None
    seed: int | None = None
    augment: bool | None = None
    test_share: float | None = None
    validation_share: float | None = None
    max_unreadable: int | None = None
    min_per_class: int | None = None

    def apply(self, recipe: Recipe) -> Recipe:
        """Return the recipe with these choices in place of its own."""
        names = (
            "epochs",
            "batch_size",
            "learning_rate",
            "image_size",
            "color_mode",
            "fit",
            "resample",
            "seed",
        )
        changed: dict[str, Any] = {name: getattr(self, name) for name in names}
        if self.augment is False:
            changed["augmentation"] = Augmentation()
        return replace(recipe, **{k: v for k, v in changed.items() if v is not None})

    def read_options(self, *, seed: int) -> ReadOptions:
        """Return how to read the data, cut with `seed`."""
        names = ("test_share", "validation_share", "max_unreadable", "min_per_class")
        chosen = {name: getattr(self, name) for name in names}
        return ReadOptions(seed=seed, **{k: v for k, v in chosen.items() if v is not None})


def train(
    recipe: Recipe,
    *,
    out: Path,
    data: Path | None = None,
    options: TrainingOptions | None = None,
    work: Path = _WORK,
    cache: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Run:
    """Train a classifier and return its run folder.

    Nothing is written to `out` before everything has succeeded. The test pictures are looked at
    once, after training.

    Args:
        recipe: every choice there is; see `kerasport.recipes.get_recipe`.
        out: the run folder to write, its name becomes the classifier's.
        data: the user's pictures, for recipes that bring none.
        options: what differs from the recipe.
        work: where recipes that bring pictures keep them.
        cache: where preprocessed pictures are kept; None stands for the folder named by the
            environment variable KERASPORT_CACHE, else `.cache/kerasport`.
        force: replace a run that is already at `out`.
        progress: told what is done.

    Raises:
        DataError: the pictures or the target are not usable.
        ModelError: the training diverged, or the model does not fit the pictures.
    """
    check_target(out, force=force)
    options = options or TrainingOptions()
    recipe = options.apply(recipe)
    reading = options.read_options(seed=recipe.seed)
    root = recipe.prepare(data, work)
    decoded, recipe = _pixels(
        root, recipe, reading=reading, cache=PixelCache.find(cache), progress=progress
    )
    dataset = decoded.dataset
    warnings = warnings_about(dataset)
    for warning in warnings:
        progress.warn(warning)

    model = models.build(
        recipe.architecture,
        input_shape=decoded.pixels.shape[1:],
        num_classes=len(dataset.class_names),
        augmentation=recipe.augmentation,
        seed=recipe.seed,
    )
    history = fit(model, decoded, recipe, progress=progress)
    evaluation = _evaluate_once(model, decoded)
    if evaluation is not None:
        progress.say(
            f"Test accuracy: {evaluation.accuracy:.2%} of {evaluation.pictures} pictures "
            f"(best epoch {history.best_epoch} of {history.epochs})."
        )

    description = _describe(out.name, model, decoded, recipe, history, evaluation)
    test_pixels, test_labels = decoded.split("test")
    report = Report(
        description=description,
        recipe=_recipe_record(recipe),
        history=history,
        evaluation=evaluation,
        pixels=test_pixels,
        truth=test_labels,
        warnings=tuple(warnings),
    )
    with new_run(out, force=force) as folder:
        model.save(folder / "model.keras")
        write_text(folder / "metadata.json", description.to_json())
        write_json(folder / "history.json", history.to_dict())
        write_json(folder / "data.json", _data_record(root, reading))
        write_json(folder / "report.json", report.to_dict())
        write_text(folder / "report.html", report.to_html())
        write_samples(choose_samples(dataset), folder / "samples", class_names=dataset.class_names)
    return Run.open(out)


def _pixels(
    root: Path,
    recipe: Recipe,
    *,
    reading: ReadOptions,
    cache: PixelCache | None,
    progress: Progress,
) -> tuple[DecodedDataset, Recipe]:
    dataset = read_folders(root, options=reading, progress=progress)
    if recipe.image_size is None or recipe.color_mode is None:
        found = survey(dataset, cache=cache)
        recipe = replace(
            recipe,
            image_size=recipe.image_size or (found.image_size, found.image_size),
            color_mode=recipe.color_mode or found.color_mode,
        )
    height, width = recipe.image_size or (0, 0)
    spec = ImageSpec(
        height=height,
        width=width,
        color_mode=recipe.color_mode or "rgb",
        fit=recipe.fit,
        resample=recipe.resample,
    )
    progress.say(
        f"{len(dataset.examples)} pictures in {len(dataset.class_names)} classes: "
        f"{len(dataset.in_split('train'))} train, "
        f"{len(dataset.in_split('validation'))} validation, {len(dataset.in_split('test'))} test. "
        f"Input: {height}x{width}, {spec.color_mode}, {spec.fit}."
    )
    decoded = decode_dataset(
        dataset, spec, max_unreadable=reading.max_unreadable, cache=cache, progress=progress
    )
    check_counts(decoded.dataset, reading)
    return decoded, recipe


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


def _describe(
    name: str,
    model: Any,
    decoded: DecodedDataset,
    recipe: Recipe,
    history: History,
    evaluation: Evaluation | None,
) -> ClassifierDescription:
    dataset = decoded.dataset
    method = (
        f"Share of the {evaluation.pictures} test pictures whose most probable class is the true "
        "one; set apart before training, looked at once after it."
        if evaluation
        else "Not measured: the data has no test pictures."
    )
    return ClassifierDescription(
        name=name,
        class_names=list(dataset.class_names),
        input_shape=decoded.pixels.shape[1:],
        color_mode=recipe.color_mode or "rgb",
        rescaling=Rescaling(scale=1 / 255, offset=0.0),
        preprocessing=Preprocessing(fit=recipe.fit, resample=recipe.resample),
        output=Output(activation="softmax"),
        training=Training(
            recipe=recipe.name,
            architecture=recipe.architecture,
            data_fingerprint=dataset.fingerprint,
            counts=dataset.counts,
            seed=recipe.seed,
            epochs=history.epochs,
            best_epoch=history.best_epoch,
            date=_today(),
            versions=_versions(),
        ),
        metrics=Metrics(
            test_accuracy=evaluation.accuracy if evaluation else None,
            test_pictures=evaluation.pictures if evaluation else 0,
            validation_accuracy=history.validation_accuracy,
            method=method,
        ),
    )


def _recipe_record(recipe: Recipe) -> dict[str, Any]:
    record = asdict(recipe)
    del record["prepare"]
    return record


def _data_record(root: Path, reading: ReadOptions) -> dict[str, Any]:
    return {
        "root": str(root.absolute()),
        "seed": reading.seed,
        "testShare": reading.test_share,
        "validationShare": reading.validation_share,
        "maxUnreadable": reading.max_unreadable,
    }


def _today() -> str:
    """Return the UTC day, or that of SOURCE_DATE_EPOCH: https://reproducible-builds.org."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = (
        datetime.fromtimestamp(int(epoch), timezone.utc) if epoch else datetime.now(timezone.utc)
    )
    return moment.strftime("%Y-%m-%d")


def _versions() -> dict[str, str]:
    packages = ("keras", "numpy", "pillow", "tensorflow")
    return {
        "kerasport": VERSION,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }
