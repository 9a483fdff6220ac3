"""How `kerasport export` shows what the passes saved, on a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from kerasport.exporter import ExportedBundle

__all__ = ["optimization_as_json", "print_optimization"]

_FLOAT32_BYTES = 4


def optimization_as_json(bundle: ExportedBundle) -> dict[str, Any]:
    """Return layers, multiply-adds, parameters and bytes of the weights, before and after."""
    before, after = bundle.optimization.before, bundle.optimization.after
    stored = sum(entry.bytes for entry in bundle.metadata.files if entry.path.endswith(".bin"))
    return {
        "before": {**before.to_dict(), "weightBytes": before.parameters * _FLOAT32_BYTES},
        "after": {**after.to_dict(), "weightBytes": stored},
    }


def print_optimization(bundle: ExportedBundle, console: Console) -> None:
    """Print the same as a small table."""
    figures = optimization_as_json(bundle)
    table = Table("", "before", "after", title="Optimisation", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for key, label in (
        ("layers", "layers"),
        ("multiplyAdds", "multiply-adds"),
        ("parameters", "parameters"),
        ("weightBytes", "bytes of weights"),
    ):
        table.add_row(label, f"{figures['before'][key]:,}", f"{figures['after'][key]:,}")
    console.print(table)
