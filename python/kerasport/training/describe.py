"""What a trained classifier says about itself: classes, input, training, metrics, versions."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version

from kerasport import models
from kerasport.bundle.metadata import (
    ClassifierDescription,
    Metrics,
    Output,
    Preprocessing,
    Rescaling,
    Training,
)
from kerasport.dataset import DecodedDataset
from kerasport.evaluation import Evaluation
from kerasport.models import KerasModel
from kerasport.recipes import SettledRecipe
from kerasport.training.calibration import CalibrationOutcome
from kerasport.training.fitting import History
from kerasport.training.novelty import NoveltyOutcome
from kerasport.version import VERSION

__all__ = ["TrainingResult", "describe", "versions"]


@dataclass(frozen=True)
class TrainingResult:
    """The outcome of a training, before it is written as a run.

    Attributes:
        recipe: its choices.
        decoded: the pictures that the model was trained, validated and tested on.
        model: the trained Keras model, calibrated.
        history: what happened in each epoch.
        calibration: how the calibration went; None where there are no validation pictures.
        evaluation: of the test pictures; None where there are none.
        novelty: how strange pictures are told; None where that was not asked.
    """

    recipe: SettledRecipe
    decoded: DecodedDataset
    model: KerasModel
    history: History
    calibration: CalibrationOutcome | None
    evaluation: Evaluation | None
    novelty: NoveltyOutcome | None = None


def describe(name: str, result: TrainingResult) -> ClassifierDescription:
    """Return the description of a classifier called `name`, which its bundle takes over."""
    recipe, dataset, history = result.recipe, result.decoded.dataset, result.history
    evaluation, outcome = result.evaluation, result.calibration
    scale = result.novelty.scale if result.novelty else None
    method = (
        f"Share of the {evaluation.pictures:,} test pictures whose most probable class is the true "
        "one; set apart before training, looked at once after it."
        if evaluation
        else "Not measured: the data has no test pictures."
    )
    return ClassifierDescription(
        name=name,
        class_names=list(dataset.class_names),
        input_shape=result.decoded.pixels.shape[1:],
        color_mode=recipe.color_mode,
        rescaling=_rescaling(result.model),
        preprocessing=Preprocessing(fit=recipe.fit, resample=recipe.resample),
        output=Output(activation="softmax"),
        training=Training(
            recipe=recipe.name,
            architecture=recipe.transfer.backbone if recipe.transfer else recipe.architecture,
            data_fingerprint=dataset.fingerprint,
            counts=dataset.counts,
            seed=recipe.seed,
            epochs=history.epochs,
            best_epoch=history.best_epoch,
            date=_today(),
            versions=versions(),
        ),
        metrics=Metrics(
            test_accuracy=evaluation.accuracy if evaluation else None,
            test_pictures=evaluation.pictures if evaluation else 0,
            validation_accuracy=history.validation_accuracy,
            method=method,
            expected_calibration_error=(
                evaluation.expected_calibration_error if evaluation else None
            ),
        ),
        calibration=outcome.calibration if outcome else None,
        confidence_threshold=outcome.confidence_threshold if outcome else None,
        novelty=scale.novelty if scale else None,
    )


def _rescaling(model: KerasModel) -> Rescaling:
    """Return the scaling behind the input; that of a backbone with its own is left to export."""
    layer = model.layers[1]
    if layer.name != "rescaling":
        return Rescaling(scale=1.0, offset=0.0)
    config = layer.get_config()
    return Rescaling(scale=config["scale"], offset=config["offset"])


def _today() -> str:
    """Return the UTC day, or that of SOURCE_DATE_EPOCH: https://reproducible-builds.org."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = (
        datetime.fromtimestamp(int(epoch), timezone.utc) if epoch else datetime.now(timezone.utc)
    )
    return moment.strftime("%Y-%m-%d")


def versions() -> dict[str, str]:
    """Return the versions that decide a training's numbers, by package.

    Of Keras' backends the one that computes is named, and no other.
    """
    packages = ("keras", "numpy", "pillow", *models.backend_packages())
    return {
        "kerasport": VERSION,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }
