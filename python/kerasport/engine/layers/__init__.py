"""How each layer becomes kernel calls."""

from kerasport.engine.layers.table import LAYER_WRITERS

__all__ = ["LAYER_WRITERS"]
