"""Fitting a model to pixels: phases, batches, early stopping, checkpoints, determinism."""

from kerasport.training.fitting.history import History
from kerasport.training.fitting.phases import fit

__all__ = ["History", "fit"]
