"""Train a Keras image classifier, ship it to the browser, prove that it predicts the same.

Names are loaded when they are first used: `import kerasport` imports neither TensorFlow nor
Playwright.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasport.bulk import BatchClassifier, BulkOptions, BulkSummary, predict_many
    from kerasport.bundle import Bundle
    from kerasport.bundle.metadata import Metadata, Preprocessing, Rescaling
    from kerasport.bundle.output import LabelsOutput
    from kerasport.bundle.parity import Parity
    from kerasport.classifier import Classifier
    from kerasport.dataset import Part
    from kerasport.engine import Engine
    from kerasport.errors import (
        BrowserError,
        BundleError,
        CheckFailed,
        DataError,
        ExportError,
        KerasportError,
        ModelError,
        UsageError,
    )
    from kerasport.evaluation import Evaluation, LabelEvaluation, evaluate
    from kerasport.exporter import ExportedBundle, Quantize, export
    from kerasport.parity import verify
    from kerasport.prediction import LabelAnswer, Prediction, predict, predict_each
    from kerasport.preprocess import ImageSpec
    from kerasport.progress import Progress
    from kerasport.recipes import Recipe, get_recipe
    from kerasport.runs import Run
    from kerasport.runtime import Runtime
    from kerasport.training import TrainingOptions, resume, train, train_classifier
    from kerasport.version import VERSION as __version__

__all__ = [
    "BatchClassifier",
    "BrowserError",
    "BulkOptions",
    "BulkSummary",
    "Bundle",
    "BundleError",
    "CheckFailed",
    "Classifier",
    "DataError",
    "Engine",
    "Evaluation",
    "ExportError",
    "ExportedBundle",
    "ImageSpec",
    "KerasportError",
    "LabelAnswer",
    "LabelEvaluation",
    "LabelsOutput",
    "Metadata",
    "ModelError",
    "Parity",
    "Part",
    "Prediction",
    "Preprocessing",
    "Progress",
    "Quantize",
    "Recipe",
    "Rescaling",
    "Run",
    "Runtime",
    "TrainingOptions",
    "UsageError",
    "__version__",
    "evaluate",
    "export",
    "get_recipe",
    "predict",
    "predict_each",
    "predict_many",
    "resume",
    "train",
    "train_classifier",
    "verify",
]

_HOMES = {
    "BatchClassifier": "bulk",
    "BrowserError": "errors",
    "BulkOptions": "bulk",
    "BulkSummary": "bulk",
    "Bundle": "bundle",
    "BundleError": "errors",
    "CheckFailed": "errors",
    "Classifier": "classifier",
    "DataError": "errors",
    "Engine": "engine",
    "Evaluation": "evaluation",
    "ExportError": "errors",
    "ExportedBundle": "exporter",
    "ImageSpec": "preprocess",
    "KerasportError": "errors",
    "LabelAnswer": "prediction",
    "LabelEvaluation": "evaluation",
    "LabelsOutput": "bundle.output",
    "Metadata": "bundle.metadata",
    "ModelError": "errors",
    "Parity": "bundle.parity",
    "Part": "dataset",
    "Prediction": "prediction",
    "Preprocessing": "bundle.metadata",
    "Progress": "progress",
    "Quantize": "exporter",
    "Recipe": "recipes",
    "Rescaling": "bundle.metadata",
    "Run": "runs",
    "Runtime": "runtime",
    "TrainingOptions": "training",
    "UsageError": "errors",
    "evaluate": "evaluation",
    "export": "exporter",
    "get_recipe": "recipes",
    "predict": "prediction",
    "predict_each": "prediction",
    "predict_many": "bulk",
    "resume": "training",
    "train": "training",
    "train_classifier": "training",
    "verify": "parity",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("kerasport.version").VERSION
    if name not in _HOMES:
        raise AttributeError(f"module 'kerasport' has no attribute {name!r}")
    return getattr(importlib.import_module(f"kerasport.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
