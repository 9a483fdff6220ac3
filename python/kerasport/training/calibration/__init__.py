"""Calibration: a temperature, fitted on validation pictures and folded into the weights."""

from kerasport.training.calibration.folding import fold_temperature
from kerasport.training.calibration.outcome import CalibrationOutcome, calibrate
from kerasport.training.calibration.temperature import fit_temperature, with_temperature
from kerasport.training.calibration.threshold import choose_threshold

__all__ = [
    "CalibrationOutcome",
    "calibrate",
    "choose_threshold",
    "fit_temperature",
    "fold_temperature",
    "with_temperature",
]
