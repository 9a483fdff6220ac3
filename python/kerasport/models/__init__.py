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
from kerasport.models.compiled import compiled_answer
from kerasport.models.loading import (
    PREDICTION_BATCH,
    KerasModel,
    activation_of,
    answer_kind,
    ends_in_probabilities,
    import_keras,
    load_model,
    probabilities,
)

__all__ = [
    "ARCHITECTURES",
    "PREDICTION_BATCH",
    "AnswerKind",
    "Augmentation",
    "KerasModel",
    "Transfer",
    "activation_of",
    "answer_kind",
    "as_probabilities",
    "augmentation_layers",
    "backbone_of",
    "build",
    "build_transfer",
    "compiled_answer",
    "ends_in_probabilities",
    "feature_extractor",
    "head_of",
    "import_keras",
    "kind_of_answers",
    "load_model",
    "probabilities",
    "unfreeze",
]
