"""Models: networks from scratch, backbones, augmentation, loading and running.

TensorFlow and Keras are imported inside functions only.
"""

from kerasport.models.answers import AnswerKind, as_probabilities, kind_of_answers
from kerasport.models.architectures import ARCHITECTURES, build
from kerasport.models.augmentation import Augmentation, augmentation_layers
from kerasport.models.backbones import (
    Transfer,
    backbone_of,
    build_transfer,
    feature_extractor,
    head_of,
    unfreeze,
)
from kerasport.models.backend import (
    BACKEND_VARIABLE,
    backend_packages,
    chosen_backend,
    has_accelerator,
    import_keras,
    make_deterministic,
    native_output_held_back,
)
from kerasport.models.compiled import compiled_answer, compiled_answers
from kerasport.models.loading import (
    PREDICTION_BATCH,
    KerasModel,
    activation_of,
    answer_kind,
    ends_in_probabilities,
    load_model,
    probabilities,
)
from kerasport.models.watched import WatchedModel, watch_features

__all__ = [
    "ARCHITECTURES",
    "BACKEND_VARIABLE",
    "PREDICTION_BATCH",
    "AnswerKind",
    "Augmentation",
    "KerasModel",
    "Transfer",
    "WatchedModel",
    "activation_of",
    "answer_kind",
    "as_probabilities",
    "augmentation_layers",
    "backbone_of",
    "backend_packages",
    "build",
    "build_transfer",
    "chosen_backend",
    "compiled_answer",
    "compiled_answers",
    "ends_in_probabilities",
    "feature_extractor",
    "has_accelerator",
    "head_of",
    "import_keras",
    "kind_of_answers",
    "load_model",
    "make_deterministic",
    "native_output_held_back",
    "probabilities",
    "unfreeze",
    "watch_features",
]
