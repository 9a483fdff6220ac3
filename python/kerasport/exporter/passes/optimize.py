"""Take work away from a lowered graph without changing its numbers, and say how much."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kerasport.errors import ExportError
from kerasport.exporter.graph.cost import Cost, cost_of
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.passes import PASSES

__all__ = ["ALL_PASSES", "PASSES", "Saving", "optimize"]

ALL_PASSES = "all"
"""Stands for every pass among the names to leave out."""


@dataclass(frozen=True)
class Saving:
    """What a graph costs before and after the passes."""

    before: Cost
    after: Cost


def optimize(graph: Graph, *, without: Collection[str] = ()) -> Saving:
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
    return Saving(before, cost_of(graph))
