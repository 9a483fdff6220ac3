"""Fitting a model to pixels: phases, batches, early stopping, checkpoints, determinism."""

from kerasport.fitting.history import History
from kerasport.fitting.phases import fit

__all__ = ["History", "fit"]
