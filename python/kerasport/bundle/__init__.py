"""An exported folder and its documents: opened, described, checked."""

from kerasport.bundle.folder import (
    METADATA_FILE,
    MODEL_FILE,
    MODEL_SCRIPT,
    PARITY_FILE,
    SAMPLES_FILE,
    Bundle,
    dequantize,
)

__all__ = [
    "METADATA_FILE",
    "MODEL_FILE",
    "MODEL_SCRIPT",
    "PARITY_FILE",
    "SAMPLES_FILE",
    "Bundle",
    "dequantize",
]
