"""Take work away from a lowered graph without changing its numbers, and say how much."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from kerasport.errors import ExportError
from kerasport.exporter.graph.cost import Cost, cost_of
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

__all__ = ["ALL_PASSES", "PASSES", "Optimization", "Pass", "optimize"]

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

ALL_PASSES = "all"
"""Stands for every pass among the names to leave out."""


@dataclass(frozen=True)
class Optimization:
    """What the passes saved: what a graph costs before and after the passes."""

    before: Cost
    after: Cost


def optimize(graph: Graph, *, without: Collection[str] = ()) -> Optimization:
    """Run all passes but those named in `without`, in place; return what was saved.

    They run in turns until none finds anything. `without=["all"]` leaves the graph as it is.

    Raises:
        ExportError: `without` names a pass that does not exist.
    """
    unknown = sorted(set(without) - {*PASSES, ALL_PASSES})
    if unknown:
        raise ExportError(
            f"There is no pass {', '.join(map(repr, unknown))}. "
            f"Passes: {', '.join([*PASSES, ALL_PASSES])}."
        )
    before = cost_of(graph)
    chosen = [run for name, run in PASSES.items() if not {name, ALL_PASSES} & set(without)]
    # A list, not a generator: every pass has its turn in every round.
    while any([run(graph) for run in chosen]):
        pass
    return Optimization(before, cost_of(graph))
