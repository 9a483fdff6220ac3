"""Evaluation: accuracy, calibration, and each class's precision and recall."""

from kerasport.evaluation.answers import ask
from kerasport.evaluation.comparison import ModelComparison, compare_models
from kerasport.evaluation.confusion import Confusion
from kerasport.evaluation.label_scores import (
    LabelEvaluation,
    LabelMistake,
    LabelScore,
    score_labels,
)
from kerasport.evaluation.measurement import evaluate
from kerasport.evaluation.reliability import Reliability
from kerasport.evaluation.scores import ClassScore, Evaluation, Mistake, score, score_batches

__all__ = [
    "ClassScore",
    "Confusion",
    "Evaluation",
    "LabelEvaluation",
    "LabelMistake",
    "LabelScore",
    "Mistake",
    "ModelComparison",
    "Reliability",
    "ask",
    "compare_models",
    "evaluate",
    "score",
    "score_batches",
    "score_labels",
]
