"""How `export` and `inspect` show which convolutions may be computed by Winograd's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from kerasport.bundle.metadata import Metadata

__all__ = ["print_winograd"]


def print_winograd(metadata: Metadata, console: Console) -> None:
    """Print how many in which tiles and what they round; nothing where there are none."""
    winograd, rounding = metadata.winograd, metadata.float_rounding
    if winograd is None or not winograd.tiles:
        return
    sides = list(winograd.tiles.values())
    compared = f", the original in float32 by {rounding.keras:.1e}" if rounding else ""
    console.print(
        f"Winograd: of {len(sides)} convolutions {sides.count(4)} in tiles of 4, "
        f"{sides.count(2)} of 2; off from float64 by {winograd.rounding:.1e}{compared}",
        soft_wrap=True,
    )
