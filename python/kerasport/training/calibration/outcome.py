"""Calibrating a trained model, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle.metadata import Calibration
from kerasport.dataset import Pixels
from kerasport.evaluation.reliability import expected_calibration_error
from kerasport.training.calibration.folding import fold_temperature
from kerasport.training.calibration.temperature import fit_temperature, with_temperature
from kerasport.training.calibration.threshold import choose_threshold

__all__ = ["CalibrationOutcome", "calibrate"]

_FEWEST_PICTURES = 30


@dataclass(frozen=True)
class CalibrationOutcome:
    """What calibrating a model came to; `note` is a sentence for people."""

    calibration: Calibration
    confidence_threshold: float | None
    note: str


def calibrate(
    model: models.KerasModel, pixels: Pixels, truth: NDArray[np.int64], *, adjust: bool = True
) -> CalibrationOutcome | None:
    """Fit a temperature on validation pictures and fold it into the model, in place.

    Args:
        model: a trained Keras model.
        pixels: the validation pictures, uint8 `[n, height, width, channels]`.
        truth: their classes, int64 `[n]`.
        adjust: whether the model may be changed; False only measures.

    Returns:
        What was found; None without pictures.
    """
    if len(truth) == 0:
        return None
    before = models.probabilities(model, pixels)
    temperature, method = 1.0, "none"
    if not adjust:
        note = "Probabilities are left as trained."
    elif len(truth) < _FEWEST_PICTURES:
        note = f"{len(truth)} validation pictures are too few to fit a temperature."
    elif (fitted := fit_temperature(before, truth)) is None:
        note = "The validation pictures determine no temperature: all, or next to none, are right."
    elif (reason := fold_temperature(model, fitted)) is not None:
        note = f"Probabilities are left as trained: {reason}."
    else:
        temperature, method = fitted, "temperature scaling"
        note = f"{_tendency(temperature)} Its logits were divided by {temperature:.3f}."
    after = with_temperature(before, temperature) if method != "none" else before
    return CalibrationOutcome(
        calibration=Calibration(
            temperature=temperature,
            method=method,
            ece_before=expected_calibration_error(before, truth),
            ece_after=expected_calibration_error(after, truth),
        ),
        confidence_threshold=choose_threshold(after, truth),
        note=note,
    )


def _tendency(temperature: float) -> str:
    if abs(temperature - 1) < 0.05:
        return "The model was about as sure of its answers as they were right."
    extent = "too sure" if temperature > 1 else "not sure enough"
    return f"The model was {extent} of its answers."
