"""How the functions of TensorFlow that Keras 2 recorded are written in Keras 3, each by a rule."""

from __future__ import annotations

from kerasport.exporter.readers.legacy_functions.arithmetic import ARITHMETIC
from kerasport.exporter.readers.legacy_functions.pictures import PICTURES
from kerasport.exporter.readers.legacy_functions.shapes import SHAPES
from kerasport.exporter.readers.legacy_functions.step import Rule

__all__ = ["RULES"]

RULES: dict[str, Rule] = {**ARITHMETIC, **SHAPES, **PICTURES}
"""Name of a function of TensorFlow -> its rule."""
