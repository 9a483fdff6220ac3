"""How a run's model does on labelled pictures."""

from __future__ import annotations

from pathlib import Path

from kerasport import models
from kerasport.dataset import (
    PixelCache,
    decode_dataset,
    read_labeled,
    warnings_about,
)
from kerasport.errors import DataError
from kerasport.evaluation.answers import ask
from kerasport.evaluation.label_scores import LabelEvaluation, score_labels
from kerasport.evaluation.scores import Evaluation, score_batches
from kerasport.progress import SILENT, Progress
from kerasport.runs import Run, training_data

__all__ = ["evaluate"]


def evaluate(
    run: Run,
    *,
    data: Path | None = None,
    max_unreadable: int | None = None,
    batch_size: int = models.PREDICTION_BATCH,
    cache: Path | None = None,
    progress: Progress = SILENT,
) -> Evaluation | LabelEvaluation:
    """Return how the run's Keras model does on labelled pictures.

    Args:
        run: the trained classifier.
        data: class folders, a table, shards or an `.npz` file, read as the run says: one class for
            a picture, or any number of labels; None stands for the test pictures of the training
            data, cut again as they were.
        max_unreadable: files that may be left out, see `ReadOptions`.
        batch_size: pictures per step.
        cache: where preprocessed pictures are kept, see `kerasport.train`.
        progress: told what is done.

    Raises:
        DataError: the pictures are missing, or are of other classes.
    """
    class_names, output = tuple(run.description.class_names), run.description.labels_output
    if data is None:
        dataset = training_data(run, max_unreadable=max_unreadable, progress=progress)
    else:
        dataset = read_labeled(
            data,
            class_names=class_names,
            kind=run.description.output.kind,
            max_unreadable=max_unreadable,
            progress=progress,
        )
    dataset = dataset.only("test")
    if not dataset.examples:
        raise DataError(
            f"The data of the run '{run.path}' has no test pictures. "
            "Name a folder with one folder per class."
        )
    decoded = decode_dataset(
        dataset,
        run.image_spec,
        max_unreadable=max_unreadable,
        cache=PixelCache.find(cache),
        progress=progress,
    )
    for warning in warnings_about(decoded.dataset, splits=("test",)):
        progress.warn(warning)
    model = models.load_model(run.model_path)
    answers = ask(model, decoded.pixels, batch_size=batch_size)
    paths = [example.path for example in decoded.dataset.examples]
    if output is not None:
        return score_labels(
            answers,
            decoded.labels,
            class_names,
            thresholds=output.thresholds,
            paths=paths,
            pixels=decoded.pixels,
        )
    return score_batches(answers, decoded.labels, class_names, paths=paths, pixels=decoded.pixels)
