"""Calibration: a temperature, or a scale and a shift for each label, folded into the weights."""

from kerasport.training.calibration.folding import fold_temperature
from kerasport.training.calibration.labels import LabelCalibration, calibrate_labels
from kerasport.training.calibration.outcome import CalibrationOutcome, calibrate
from kerasport.training.calibration.temperature import fit_temperature, with_temperature
from kerasport.training.calibration.threshold import choose_threshold

__all__ = [
    "CalibrationOutcome",
    "LabelCalibration",
    "calibrate",
    "calibrate_labels",
    "choose_threshold",
    "fit_temperature",
    "fold_temperature",
    "with_temperature",
]
