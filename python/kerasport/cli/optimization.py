"""How `kerasport export` shows what the passes saved, on a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from kerasport.exporter import ExportedBundle

__all__ = ["print_saving", "saving_as_json"]

_FLOAT32_BYTES = 4


def saving_as_json(bundle: ExportedBundle) -> dict[str, Any]:
    """Return layers, multiply-adds, parameters and bytes of the weights, before and after."""
    if bundle.saving is None:
        return {}
    before, after = bundle.saving.before, bundle.saving.after
    stored = sum(entry.bytes for entry in bundle.metadata.files if entry.path.endswith(".bin"))
    return {
        "before": {**before.to_dict(), "weightBytes": before.parameters * _FLOAT32_BYTES},
        "after": {**after.to_dict(), "weightBytes": stored},
    }


def print_saving(bundle: ExportedBundle, console: Console) -> None:
    """Print the same as a small table."""
    found = saving_as_json(bundle)
    if not found:
        return
    table = Table("", "before", "after", title="Optimisation", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for key, label in (
        ("layers", "layers"),
        ("multiplyAdds", "multiply-adds"),
        ("parameters", "parameters"),
        ("weightBytes", "bytes of weights"),
    ):
        table.add_row(label, f"{found['before'][key]:,}", f"{found['after'][key]:,}")
    console.print(table)
