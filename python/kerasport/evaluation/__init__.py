"""Evaluation: accuracy, calibration, and each class's precision and recall."""

from kerasport.evaluation.measurement import evaluate
from kerasport.evaluation.reliability import Reliability
from kerasport.evaluation.scores import ClassScore, Evaluation, Mistake, score

__all__ = ["ClassScore", "Evaluation", "Mistake", "Reliability", "evaluate", "score"]
