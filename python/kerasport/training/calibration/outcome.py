"""Calibrating a trained model, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle.metadata import Calibration
from kerasport.dataset import Pixels, part_of
from kerasport.evaluation.reliability import expected_calibration_error
from kerasport.training.calibration.folding import fold_temperature
from kerasport.training.calibration.temperature import fit_temperature, with_temperature
from kerasport.training.calibration.threshold import choose_threshold

__all__ = ["CalibrationOutcome", "calibrate"]

_FEWEST_PICTURES = 30

# One number and a few shares are measured, for which thousands of pictures are enough. In float32
# and float64 these are 0.8 GB; 20,000 pictures of 20,000 classes would be six times that.
_MOST_PROBABILITIES = 1 << 26


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

    Where pictures times classes are more than 67 million, so many pictures are evenly taken that
    they are not.

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
    rows = _chosen(len(truth), classes=max(2, int(model.output_shape[-1])))
    given = len(truth)
    if len(rows) < given:
        pixels, truth = part_of(pixels, rows), truth[rows]
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
    if len(rows) < given:
        note += f" Measured on {len(rows):,} of {given:,} validation pictures, evenly taken."
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


def _chosen(pictures: int, *, classes: int) -> NDArray[np.int64]:
    """Return the pictures to measure on: all, or evenly as many as can be held at once."""
    count = min(pictures, max(1, _MOST_PROBABILITIES // classes))
    return np.linspace(0, pictures - 1, count).round().astype(np.int64)


def _tendency(temperature: float) -> str:
    if abs(temperature - 1) < 0.05:
        return "The model was about as sure of its answers as they were right."
    extent = "too sure" if temperature > 1 else "not sure enough"
    return f"The model was {extent} of its answers."
