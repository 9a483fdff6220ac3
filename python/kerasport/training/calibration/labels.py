"""Calibrating labels: a scale and a shift each, folded into the weights, and a threshold each.

The scaling is that of Platt, "Probabilistic Outputs for Support Vector Machines", 1999, with his
softened targets, on the logit of each label for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle.metadata import Calibration
from kerasport.bundle.output import LabelsOutput
from kerasport.dataset import Pixels
from kerasport.errors import missing_extra
from kerasport.evaluation.reliability import reliability_of
from kerasport.labels import mention_class_names

__all__ = ["LabelCalibration", "calibrate_labels", "choose_label_threshold", "fit_scale_and_shift"]

# On fewer pictures that have the label, or that have it not, two numbers follow chance.
_FEWEST_PICTURES = 10
_FEWEST_FOR_THRESHOLD = 5
_HIGHEST_SCALE = 20.0
_SMALLEST, _LARGEST = float(np.finfo(np.float32).tiny), 1 - 2.0**-25


@dataclass(frozen=True)
class LabelCalibration:
    """What calibrating a model of several labels came to; `note` is a sentence for people."""

    calibration: Calibration | None
    output: LabelsOutput
    note: str


def calibrate_labels(
    model: models.KerasModel,
    pixels: Pixels,
    truth: NDArray[np.uint8],
    class_names: Sequence[str],
    *,
    adjust: bool = True,
    precision: float | None = None,
) -> LabelCalibration:
    """Fit a scale and a shift of each label on validation pictures, fold them, choose thresholds.

    Args:
        model: a trained Keras model that ends in Dense and sigmoid; changed in place.
        pixels: the validation pictures, uint8 `[n, height, width, channels]`; n may be 0.
        truth: uint8 `[n, labels]`.
        class_names: one name per label.
        adjust: whether the weights may be changed; False chooses thresholds only.
        precision: the precision that each label has to keep, 0..1; None aims at the best F1.
    """
    if len(truth) == 0:
        output = LabelsOutput(thresholds=[0.5] * len(class_names))
        return LabelCalibration(None, output, "No validation pictures: the thresholds are 0.5.")
    before = models.probabilities(model, pixels)
    scales, shifts = np.ones(truth.shape[1]), np.zeros(truth.shape[1])
    fitted = 0
    for label in range(truth.shape[1]) if adjust else ():
        found = fit_scale_and_shift(before[:, label], truth[:, label])
        if found is not None:
            scales[label], shifts[label] = found
            fitted += 1
    after = before
    if fitted:
        _fold(model, scales, shifts)
        # What the model says now, not what it should: thresholds lie between its own answers.
        after = models.probabilities(model, pixels)
    chosen = [
        choose_label_threshold(after[:, label], truth[:, label], precision=precision)
        for label in range(truth.shape[1])
    ]
    output = LabelsOutput(
        thresholds=[0.5 if threshold is None else threshold for threshold in chosen],
        aim="f1" if precision is None else "precision",
        precision=precision,
    )
    calibration = Calibration(
        temperature=1.0,
        method="Platt scaling" if fitted else "none",
        ece_before=_error(before, truth),
        ece_after=_error(after, truth),
    )
    unreached = [name for name, each in zip(class_names, chosen, strict=True) if each == 1.0]
    note = _note(fitted, len(class_names), adjust=adjust) + _note_of_aim(precision, unreached)
    few = [name for name, each in zip(class_names, chosen, strict=True) if each is None]
    if few:
        note += (
            f" Fewer than {_FEWEST_FOR_THRESHOLD} validation pictures have "
            f"{mention_class_names(few)}: the threshold is 0.5."
        )
    return LabelCalibration(calibration, output, note)


def fit_scale_and_shift(
    answers: NDArray[np.float32], truth: NDArray[np.uint8]
) -> tuple[float, float] | None:
    """Return a and b for which sigmoid(a * logit + b) has the lowest cross-entropy.

    None where fewer than 10 pictures have the label or have it not, or where the answers do not
    rise with the truth.

    Args:
        answers: probabilities of one label, float32 `[n]`.
        truth: 1 for each picture that has it, `[n]`.
    """
    having = int((truth == 1).sum())
    lacking = len(truth) - having
    if min(having, lacking) < _FEWEST_PICTURES:
        return None
    try:
        from scipy.optimize import minimize
    except ModuleNotFoundError:
        raise missing_extra("train", "Calibrating labels") from None
    logits = _logits(answers)
    # Softened, so that labels that are always right get no endless scale.
    targets = np.where(truth == 1, (having + 1) / (having + 2), 1 / (lacking + 2))

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scaled = values[0] * logits + values[1]
        losses = np.logaddexp(0.0, scaled) - targets * scaled
        slope = 1 / (1 + np.exp(-np.clip(scaled, -500, 500))) - targets
        return float(losses.mean()), np.array([(slope * logits).mean(), slope.mean()])

    # Convex in both, hence with a single valley.
    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS")
    scale, shift = (float(value) for value in found.x)
    if not (np.isfinite([scale, shift]).all() and 0 < scale < _HIGHEST_SCALE):
        return None
    return scale, shift


def choose_label_threshold(
    answers: NDArray[np.float32], truth: NDArray[np.uint8], *, precision: float | None = None
) -> float | None:
    """Return the probability from which on a label holds, 0..1.

    It is that of the best F1; or the lowest from which on the share of right answers is
    `precision` or more, 1 where there is none. None where fewer than 5 pictures have the label.
    It lies between two answers, in as few digits as keep them apart in float32.

    Args:
        answers: probabilities of one label, float32 `[n]`.
        truth: 1 for each picture that has it, `[n]`.
        precision: share of right answers to keep, 0..1; None aims at the best F1.
    """
    has = truth == 1
    if int(has.sum()) < _FEWEST_FOR_THRESHOLD:
        return None
    order = np.argsort(-answers, kind="stable")
    sorted_answers = answers[order]
    ends = np.flatnonzero(np.append(np.diff(sorted_answers) != 0, True))
    right = has[order].cumsum()[ends]
    accepted = ends + 1
    if precision is None:
        best = int(np.argmax(2 * right / (accepted + has.sum())))
    else:
        # Half a picture in a million pictures: shares like 0.95 are no binary fractions.
        good = np.flatnonzero(right >= (precision - 1e-9) * accepted)
        if len(good) == 0:
            return 1.0
        best = int(good[-1])
    lowest = sorted_answers[ends[best]]
    below = sorted_answers[ends[best + 1]] if best + 1 < len(ends) else np.float32(0.0)
    return _between(below, lowest)


def _between(below: np.float32, lowest: np.float32) -> float:
    """Return a number above `below` and at most `lowest`, near their middle, in float32."""
    middle = (float(below) + float(lowest)) / 2
    for digits in range(2, 10):
        number = round(middle, digits)
        if below < np.float32(number) <= lowest:
            return number
    return float(lowest)


def _fold(model: models.KerasModel, scales: NDArray[Any], shifts: NDArray[Any]) -> None:
    """Scale and shift the logit of each output by a change of the last layer's weights."""
    last = model.layers[-1]
    kernel, bias = (np.asarray(each, np.float64) for each in last.get_weights())
    last.set_weights(
        [(kernel * scales).astype(np.float32), (bias * scales + shifts).astype(np.float32)]
    )


def _logits(answers: NDArray[np.float32]) -> NDArray[np.float64]:
    # A sigmoid in float32 reaches 0 and 1, whose logits are endless.
    shares = np.clip(answers.astype(np.float64), _SMALLEST, _LARGEST)
    logits: NDArray[np.float64] = np.log(shares) - np.log1p(-shares)
    return logits


def _error(answers: NDArray[np.float32], truth: NDArray[np.uint8]) -> float:
    """Return the mean over the labels of the distance between probability and share."""
    errors = [
        reliability_of(answers[:, label], truth[:, label] == 1).error
        for label in range(truth.shape[1])
    ]
    return float(np.mean(errors))


def _note(fitted: int, labels: int, *, adjust: bool) -> str:
    if not adjust:
        return "Probabilities are left as trained."
    if not fitted:
        return "There are too few validation pictures of each label to calibrate it."
    which = "each label" if fitted == labels else f"{fitted} of {labels} labels"
    return f"The logit of {which} was scaled and shifted to say how often it is right."


def _note_of_aim(precision: float | None, unreached: Sequence[str]) -> str:
    if precision is None:
        return " The thresholds are those of the best F1 on the validation pictures."
    text = f" The thresholds keep a precision of {precision:g} on the validation pictures."
    if unreached:
        text += f" None does for {mention_class_names(unreached)}: hardly ever will they hold."
    return text
