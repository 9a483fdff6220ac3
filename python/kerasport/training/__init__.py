"""Training: from a recipe and pictures to a run folder."""

from kerasport.training.training import Trained, TrainingOptions, resume, train, train_in_memory

__all__ = ["Trained", "TrainingOptions", "resume", "train", "train_in_memory"]
