"""`kerasport inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from kerasport.cli.console import print_json, results, suggest
from kerasport.cli.formats import print_formats
from kerasport.cli.shared_options import JsonOption
from kerasport.cli.show import print_description
from kerasport.cli.winograd import print_winograd

__all__ = ["inspect"]


def inspect(
    path: Annotated[Path, typer.Argument(help="Run or bundle folder.")],
    as_json: JsonOption = False,
) -> None:
    """Show what a run or a bundle says about itself; checks a bundle's files on the way."""
    from kerasport.bundle import MODEL_SCRIPT, PARITY_FILE, Bundle
    from kerasport.prediction import open_source

    source = open_source(path)
    # What is wrong there is said before anything is shown.
    parity = source.parity() if isinstance(source, Bundle) else None
    description = source.metadata if isinstance(source, Bundle) else source.description
    if as_json:
        content = description.model_dump(mode="json", by_alias=True)
        if isinstance(source, Bundle):
            content["integrity"] = source.integrity
        print_json(content)
        return
    print_description(description)
    if not isinstance(source, Bundle):
        return
    table = Table("file", "bytes", "SHA-256", title="Files, all as exported", title_justify="left")
    table.columns[1].justify = "right"
    for entry in source.metadata.files:
        table.add_row(entry.path, f"{entry.bytes:,}", entry.sha256[:16])
    results.print(table)
    results.print(f"{MODEL_SCRIPT}: {source.integrity}", soft_wrap=True)
    rounding = source.metadata.float_rounding
    if rounding is not None:
        results.print(
            f"Float32: the original is off from float64 by {rounding.keras:.1e}, the bundle by "
            f"{rounding.bundle:.1e}; allowed on a backend: {rounding.tolerance:.1e}"
        )
        if rounding.limit is not None:
            results.print(f"Compared in float32 only: {rounding.limit}")
    print_winograd(source.metadata, results)
    print_formats(source.metadata, results)
    if parity is None:
        suggest(f"kerasport verify {path}")
        return
    if not source.is_measured_by(parity):
        results.print(
            f"{PARITY_FILE} tells of another export. Measure this one: kerasport verify {path}",
            soft_wrap=True,
        )
        return
    for witness in parity.witnesses:
        results.print(
            f"{witness.name}: largest difference from Keras "
            f"{witness.max_absolute_difference:.1e} on {witness.pictures} pictures",
            soft_wrap=True,
        )
