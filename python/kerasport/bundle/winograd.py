"""Which convolutions may be computed by Winograd's way, and whether metadata names only such.

The twin of the client's `model/winograd.ts`: the same documents are refused in the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kerasport.bundle.field import Field, quote
from kerasport.bundle.topology import LayerEntry

__all__ = ["check_tiles", "has_tiles"]


def has_tiles(class_name: str, config: Mapping[str, Any]) -> bool:
    """Tell whether a layer, by its settings, can be computed in tiles."""
    return (
        class_name == "Conv2D"
        and list(config["kernel_size"]) == [3, 3]
        and list(config["strides"]) == [1, 1]
        and list(config.get("dilation_rate") or [1, 1]) == [1, 1]
    )


def check_tiles(tiles: Field, layers: Iterable[LayerEntry]) -> None:
    """Check that an object in metadata has names of such layers alone.

    Args:
        tiles: layer -> side of its tiles.
        layers: those of the model, their settings checked before.

    Raises:
        BundleError: there is no layer of a name, or it is another one.
    """
    eligible = {layer.name for layer in layers if has_tiles(layer.class_name, layer.config)}
    # Sorted: objects of JavaScript have an order of their own.
    for name in sorted(tiles.value):
        if name not in eligible:
            tiles.refuse(
                f"{tiles.place} names {quote(name)}. Expected a Conv2D of 3 x 3 with strides of 1 "
                "and without dilation."
            )
