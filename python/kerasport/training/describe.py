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
    Preprocessing,
    Rescaling,
    Training,
)
from kerasport.bundle.output import LabelsOutput, ProbabilitiesOutput
from kerasport.dataset import DecodedDataset
from kerasport.evaluation import Evaluation, LabelEvaluation
from kerasport.models import KerasModel
from kerasport.recipes import SettledRecipe
from kerasport.training.calibration import CalibrationOutcome, LabelCalibration
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
    calibration: CalibrationOutcome | LabelCalibration | None
    evaluation: Evaluation | LabelEvaluation | None
    novelty: NoveltyOutcome | None = None


def describe(name: str, result: TrainingResult) -> ClassifierDescription:
    """Return the description of a classifier called `name`, which its bundle takes over."""
    recipe, dataset, history = result.recipe, result.decoded.dataset, result.history
    evaluation, outcome = result.evaluation, result.calibration
    scale = result.novelty.scale if result.novelty else None
    return ClassifierDescription(
        name=name,
        class_names=list(dataset.class_names),
        input_shape=result.decoded.pixels.shape[1:],
        color_mode=recipe.color_mode,
        rescaling=_rescaling(result.model),
        preprocessing=Preprocessing(fit=recipe.fit, resample=recipe.resample),
        output=_output(result),
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
            test_accuracy=evaluation.accuracy if isinstance(evaluation, Evaluation) else None,
            test_pictures=evaluation.pictures if evaluation else 0,
            validation_accuracy=history.validation_accuracy,
            method=_method(result),
            expected_calibration_error=(
                evaluation.expected_calibration_error if evaluation else None
            ),
            labels=evaluation.metrics if isinstance(evaluation, LabelEvaluation) else None,
        ),
        calibration=outcome.calibration if outcome else None,
        confidence_threshold=(
            outcome.confidence_threshold if isinstance(outcome, CalibrationOutcome) else None
        ),
        novelty=scale.novelty if scale else None,
    )


def _output(result: TrainingResult) -> ProbabilitiesOutput | LabelsOutput:
    dataset, outcome = result.decoded.dataset, result.calibration
    if dataset.kind == "probabilities":
        return ProbabilitiesOutput(activation="softmax")
    if isinstance(outcome, LabelCalibration):
        return outcome.output
    return LabelsOutput(thresholds=[0.5] * len(dataset.class_names))


def _method(result: TrainingResult) -> str:
    evaluation = result.evaluation
    if evaluation is None:
        return "Not measured: the data has no test pictures."
    kept = "set apart before training, looked at once after it."
    if isinstance(evaluation, LabelEvaluation):
        return (
            f"Figures of each label on the {evaluation.pictures:,} test pictures, with thresholds "
            f"chosen on the validation pictures; the test pictures were {kept}"
        )
    return (
        f"Share of the {evaluation.pictures:,} test pictures whose most probable class is the true "
        f"one; {kept}"
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
