"""Training: from a recipe and pictures to a run folder."""

from kerasport.training.options import TrainingOptions
from kerasport.training.resumption import resume
from kerasport.training.training import train, train_classifier

__all__ = ["TrainingOptions", "resume", "train", "train_classifier"]
