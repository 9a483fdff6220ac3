"""What a bundle may cost whoever opens it, decided from its text before anything is reserved.

The client takes the same numbers (`kerasport.twins`). They leave room for every model of
keras.applications at 1,024 pixels.
"""

from __future__ import annotations

__all__ = [
    "MAX_AXES",
    "MAX_BUNDLE_BYTES",
    "MAX_CENTERS",
    "MAX_ENGINE_BYTES",
    "MAX_ENGINE_CALLS",
    "MAX_FEATURES",
    "MAX_FILES",
    "MAX_LAYERS",
    "MAX_LAYER_VALUES",
    "MAX_LIVE_VALUES",
    "MAX_NOVELTY_VALUES",
    "MAX_QUANTILES",
    "MAX_WEIGHT_VALUES",
    "MAX_WORK",
    "WORK_OF_A_VALUE",
]

MAX_FILES = 10_000
"""Files that metadata.json may list."""

MAX_BUNDLE_BYTES = 2 << 30
"""Bytes of all listed files together."""

MAX_LAYERS = 10_000
"""Layers of a model."""

MAX_WEIGHT_VALUES = 1 << 29
"""Values of all weights together: 2 GiB in float32."""

MAX_LAYER_VALUES = 1 << 27
"""Values that one layer may give for one picture, its padding included: 512 MiB in float32."""

MAX_LIVE_VALUES = 1 << 28
"""Values that may be held at one time for one picture: 1 GiB in float32."""

MAX_WORK = 1 << 39
"""Multiply-adds for one picture, a value that is written counting as `WORK_OF_A_VALUE` of them:
half a minute on one core. EfficientNetB7 takes 4e10."""

WORK_OF_A_VALUE = 64

MAX_ENGINE_BYTES = (1 << 31) - (1 << 16)
"""Memory of a model on the engine, whose kernels take addresses for numbers with a sign."""

MAX_ENGINE_CALLS = 1 << 18
"""Calls of the engine's kernels for one picture, or while a model is loaded. EfficientNetB7 takes
some thousands."""

MAX_FEATURES = 1 << 14
"""Features of a picture whose distance to the training pictures is measured."""

MAX_AXES = 256
"""Directions in which it is measured."""

MAX_CENTERS = 20_000
"""Points that it is measured from."""

MAX_QUANTILES = 1_001
"""Distances of validation pictures that it is compared with."""

MAX_NOVELTY_VALUES = 1 << 22
"""Values of `novelty.bin`: 16 MiB."""
