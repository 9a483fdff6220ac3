"""Measure that a bundle predicts the same in browsers as in Keras."""

from kerasport.parity.verification import (
    BACKENDS,
    REPORT_FILE,
    WITNESSES,
    gather_expectations,
    verify,
)

__all__ = ["BACKENDS", "REPORT_FILE", "WITNESSES", "gather_expectations", "verify"]
