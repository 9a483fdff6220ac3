"""Training: from a recipe and pictures to a run folder."""

from kerasport.training.following import follow
from kerasport.training.joining import needs_others, train_in_processes, training_together
from kerasport.training.options import TrainingOptions
from kerasport.training.origin import Origin
from kerasport.training.resumption import resume
from kerasport.training.training import train, train_classifier

__all__ = [
    "Origin",
    "TrainingOptions",
    "follow",
    "needs_others",
    "resume",
    "train",
    "train_classifier",
    "train_in_processes",
    "training_together",
]
