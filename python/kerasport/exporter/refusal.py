"""How it is said that layers cannot be exported: all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Node

__all__ = ["Refusal", "refuse"]


@dataclass(frozen=True)
class Refusal:
    """One layer that cannot be exported."""

    node: Node
    reason: str
    remedy: str | None = None

    def __str__(self) -> str:
        remedy = f" Remedy: {self.remedy}." if self.remedy else ""
        return f"layer {self.node.name!r} ({self.node.class_name}): {self.reason}.{remedy}"


def refuse(refusals: Sequence[Refusal], *, target: str = "TensorFlow.js") -> None:
    """Raise one error that lists every refusal; do nothing when there is none."""
    if refusals:
        listed = "\n".join(f"  - {refusal}" for refusal in refusals)
        raise ExportError(
            f"{len(refusals)} layer(s) cannot be expressed in {target}, so nothing was "
            f"written:\n{listed}"
        )
