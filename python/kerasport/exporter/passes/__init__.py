"""Passes that leave the numbers and take away work, one room per kind.

They work on lowered graphs, in place, and compute new weights in float64 before rounding once.
"""

from __future__ import annotations

from collections.abc import Callable

from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.passes.activations import fuse_activations, separate_activations
from kerasport.exporter.passes.identities import (
    remove_identities,
    remove_unused,
    share_equal_layers,
)
from kerasport.exporter.passes.padding import merge_padding
from kerasport.exporter.passes.scalings import (
    fold_batch_normalization,
    merge_rescaling,
    replace_batch_normalization,
)

__all__ = ["PASSES", "Pass"]

Pass = Callable[[Graph], bool]
"""Changes a lowered graph in place; returns whether it found something to change."""

PASSES: dict[str, Pass] = {
    "remove-unused": remove_unused,
    "share-equal-layers": share_equal_layers,
    "remove-identities": remove_identities,
    "separate-activations": separate_activations,
    "merge-padding": merge_padding,
    "merge-rescaling": merge_rescaling,
    "fold-batch-normalization": fold_batch_normalization,
    "fuse-activations": fuse_activations,
    # Behind all that could fold a normalisation away.
    "replace-batch-normalization": replace_batch_normalization,
}
"""Name -> pass, in the order in which they run."""
