"""Which convolutions the client may compute by Winograd's way: measured, and chosen by that."""

from kerasport.exporter.winograd.choice import MOST_TRIALS, choose_tiles

__all__ = ["MOST_TRIALS", "choose_tiles"]
