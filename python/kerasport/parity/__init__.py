"""Measure that a bundle predicts the same in browsers as in Keras."""

from kerasport.parity.verification import verify
from kerasport.parity.witnesses.names import WITNESSES

__all__ = ["WITNESSES", "verify"]
