"""An exported folder and its documents: opened, described, checked."""

from kerasport.bundle.file_names import (
    METADATA_FILE,
    MODEL_FILE,
    MODEL_SCRIPT,
    NOVELTY_FILE,
    PARITY_FILE,
    SAMPLES_FILE,
    SCHEMA_FILE,
)
from kerasport.bundle.folder import Bundle
from kerasport.bundle.novelty import NoveltyScale
from kerasport.bundle.weights import dequantize

__all__ = [
    "METADATA_FILE",
    "MODEL_FILE",
    "MODEL_SCRIPT",
    "NOVELTY_FILE",
    "PARITY_FILE",
    "SAMPLES_FILE",
    "SCHEMA_FILE",
    "Bundle",
    "NoveltyScale",
    "dequantize",
]
