"""How other formats that an export wrote are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from kerasport.literals import OutputKind
from kerasport.shares import share_text

if TYPE_CHECKING:
    from kerasport.bundle.metadata import FormatAgreement, Metadata

__all__ = ["print_formats"]


def print_formats(metadata: Metadata, console: Console) -> None:
    """Print a line for each: its model, its size, and how near its runtime comes to the bundle."""
    for each in metadata.other_formats or ():
        model = each.files[0]
        console.print(
            f"{each.format}: {model.path}, {model.bytes / 1000:,.0f} kB, "
            f"{_agreement(each.agreement, metadata.output.kind)}",
            soft_wrap=True,
        )


def _agreement(found: FormatAgreement | None, kind: OutputKind) -> str:
    if found is None:
        return "not compared: nothing that runs it is installed"
    what = "the same best class" if kind == "probabilities" else "the same labels held"
    return (
        f"run by {found.runtime}: at most {found.max_absolute_difference:.2g} apart, {what} on "
        f"{share_text(found.top1_agreement)} of {found.pictures} pictures"
    )
