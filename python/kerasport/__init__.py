"""Train a Keras image classifier, ship it to the browser, prove that it predicts the same.

Names are loaded when they are first used: `import kerasport` imports neither TensorFlow nor
Playwright.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasport.bulk import BatchClassifier, BulkOptions, predict_many
    from kerasport.bundle import Bundle
    from kerasport.bundle.metadata import Metadata
    from kerasport.classifier import Classifier
    from kerasport.engine import Engine
    from kerasport.errors import KerasportError
    from kerasport.evaluation import Evaluation, LabelEvaluation, evaluate
    from kerasport.exporter import export
    from kerasport.parity import verify
    from kerasport.prediction import Prediction, predict, predict_each
    from kerasport.preprocess import ImageSpec
    from kerasport.recipes import Recipe, get_recipe
    from kerasport.runs import Run
    from kerasport.runtime import Runtime
    from kerasport.training import TrainingOptions, resume, train, train_classifier
    from kerasport.version import VERSION as __version__

__all__ = [
    "BatchClassifier",
    "BulkOptions",
    "Bundle",
    "Classifier",
    "Engine",
    "Evaluation",
    "ImageSpec",
    "KerasportError",
    "LabelEvaluation",
    "Metadata",
    "Prediction",
    "Recipe",
    "Run",
    "Runtime",
    "TrainingOptions",
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
    "BulkOptions": "bulk",
    "Bundle": "bundle",
    "Classifier": "classifier",
    "Engine": "engine",
    "Evaluation": "evaluation",
    "ImageSpec": "preprocess",
    "KerasportError": "errors",
    "LabelEvaluation": "evaluation",
    "Metadata": "bundle.metadata",
    "Prediction": "prediction",
    "Recipe": "recipes",
    "Run": "runs",
    "Runtime": "runtime",
    "TrainingOptions": "training",
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
