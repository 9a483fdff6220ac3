"""What the files of a bundle are called, relative to its folder."""

from __future__ import annotations

__all__ = [
    "METADATA_FILE",
    "MODEL_FILE",
    "MODEL_SCRIPT",
    "NOVELTY_FILE",
    "PARITY_FILE",
    "SAMPLES_FILE",
    "SCHEMA_FILE",
]

METADATA_FILE = "metadata.json"
SCHEMA_FILE = "metadata.schema.json"
MODEL_FILE = "model.json"
MODEL_SCRIPT = "model.js"
NOVELTY_FILE = "novelty.bin"
SAMPLES_FILE = "samples/samples.json"
PARITY_FILE = "parity.json"
