"""From settings and pictures to a run: what a training and one that goes on have in common."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from kerasport.classifier import Classifier
from kerasport.dataset import Dataset, DecodedDataset, PixelCache, check_dataset, hash_rows
from kerasport.evaluation import Evaluation, ask, score_batches
from kerasport.models import KerasModel
from kerasport.progress import Progress
from kerasport.report import Report
from kerasport.runs import DataRecord, Run, new_run
from kerasport.runs.names import TENSORBOARD_FOLDER
from kerasport.training.calibration import calibrate
from kerasport.training.describe import TrainingResult, describe
from kerasport.training.model import fitted_model
from kerasport.training.reading import decode_pictures
from kerasport.training.record import FinishedRun, RecipeRecord
from kerasport.training.unfinished import Settings, Unfinished

__all__ = ["complete"]


def complete(
    settings: Settings, dataset: Dataset, unfinished: Unfinished, *, progress: Progress
) -> Classifier:
    """Train, calibrate, test, write the run, and remove what was kept of the unfinished training.

    Raises:
        DataError: pictures turn out to be damaged, or the checkpoint is.
        ModelError: the training diverged, or the model does not fit the pictures.
    """
    recipe, out = settings.recipe, unfinished.out
    cache = PixelCache.find(Path(settings.cache) if settings.cache else None)
    started = time.perf_counter()
    decoded = decode_pictures(dataset, recipe, settings.reading, cache=cache, progress=progress)
    found = check_dataset(decoded.dataset, options=settings.reading, hashes=hash_rows(decoded))
    for warning in found.warnings:
        progress.warn(warning)
    ready = time.perf_counter()
    model, history = fitted_model(recipe, decoded, unfinished.path, progress=progress)

    trained = time.perf_counter()
    # The last thing that is chosen, hence on validation; the test sees the model that is kept.
    calibration = calibrate(model, *decoded.split("validation"), adjust=recipe.calibrate)
    if calibration is not None:
        progress.say(calibration.note)
    evaluation = _evaluate_once(model, decoded)
    if evaluation is not None:
        progress.say(
            f"Test accuracy: {evaluation.accuracy:.2%} of {evaluation.pictures:,} pictures "
            f"(best epoch {history.best_epoch} of {history.epochs})."
        )

    result = TrainingResult(recipe, decoded, model, history, calibration, evaluation)
    record = RecipeRecord(recipe=recipe, choices=settings.choices)
    report = Report(
        description=describe(out.name, result),
        recipe=record.to_dict()["recipe"],
        history=history.to_dict(),
        evaluation=evaluation,
        warnings=tuple(found.warnings),
        findings=found.to_dict()["findings"],
        automatic=record.to_dict()["choices"],
        timings={
            "decode and check the pictures": ready - started,
            "train": trained - ready,
            "calibrate and test": time.perf_counter() - trained,
        },
        calibration_note=calibration.note if calibration else "",
    )
    data = DataRecord(
        root=str(decoded.dataset.root.absolute()),
        source=settings.source,
        reading=settings.reading,
        validation=settings.validation,
    )
    with new_run(out, force=settings.force) as folder:
        FinishedRun(model, history, record, data, decoded.dataset, report).write(folder)
        if (unfinished.path / TENSORBOARD_FOLDER).is_dir():
            shutil.copytree(unfinished.path / TENSORBOARD_FOLDER, folder / TENSORBOARD_FOLDER)
    unfinished.remove()
    return Classifier(Run.open(out), model, evaluation)


def _evaluate_once(model: KerasModel, decoded: DecodedDataset) -> Evaluation | None:
    pixels, truth = decoded.split("test")
    if len(pixels) == 0:
        return None
    paths = [
        example.path.relative_to(decoded.dataset.root)
        for example in decoded.dataset.in_split("test")
    ]
    answers = ask(model, pixels)
    return score_batches(answers, truth, decoded.dataset.class_names, paths=paths, pixels=pixels)
