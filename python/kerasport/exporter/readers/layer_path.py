"""How a layer is found in a model of models."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["LayerPath"]

LayerPath: TypeAlias = tuple[str, ...]
"""Names of the enclosing models and of the layer, outermost first."""
