"""What `kerasport verify` and `kerasport doctor` ask and show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kerasport.cli_options import Backend

if TYPE_CHECKING:
    from kerasport.doctor import Health
    from kerasport.metadata import Parity

__all__ = [
    "BackendOption",
    "CertificateOption",
    "TraceOption",
    "WitnessOption",
    "chosen_witnesses",
    "failure_of",
    "print_health",
    "print_parity",
]

WitnessOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Who is asked, like chromium/wasm or 'firefox/*', or all; may be repeated. 'kerasport "
        "doctor' lists them."
    ),
]
BackendOption = Annotated[
    list[Backend] | None,
    typer.Option(help="Short for --witness chromium/BACKEND; may be repeated."),
]
TraceOption = Annotated[
    bool,
    typer.Option("--trace", help="Compare layer by layer, and name the first that departs."),
]
CertificateOption = Annotated[
    Path | None,
    typer.Option(
        help="Page to write.  [default: parity.html in the bundle; none with --images]",
    ),
]


def chosen_witnesses(witnesses: list[str] | None, backends: list[Backend] | None) -> list[str]:
    """Return the patterns that the command line asks for."""
    patterns = [*(witnesses or ()), *(f"chromium/{backend.value}" for backend in backends or ())]
    return patterns or ["chromium/*"]


def print_parity(parity: Parity, console: Console) -> None:
    """Print a row for each witness, where they differ, and who is missing."""
    table = Table()
    quantised = any(witness.float_agreement for witness in parity.witnesses)
    headings = ["witness", "pixels off", "probabilities off", "allowed", "top-1"]
    headings += ["off from float32", "top-1 of float32"] if quantised else []
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "witness" else "right")
    table.add_column("")
    for witness in parity.witnesses:
        cells = [
            witness.name,
            f"{witness.differing_pixels:,}",
            f"{witness.max_absolute_difference:.1e}",
            f"{witness.tolerance:.0e}",
            f"{witness.top1_agreement:.1%}",
        ]
        if agreement := witness.float_agreement:
            cells += [
                f"{agreement.max_absolute_difference:.1e}",
                f"{agreement.top1_agreement:.1%}",
            ]
        table.add_row(*cells, "[green]passed[/]" if witness.passed else "[red]FAILED[/]")
    console.print(table)
    for finding in parity.findings:
        who = ", ".join(part for part in (finding.witness, finding.picture) if part)
        place = f"{who}: " if who else ""
        console.print(f"[red]{finding.where}[/] {escape(place + finding.detail)}", soft_wrap=True)
    for missing in parity.missing:
        text = escape(f"{missing.name}: {missing.reason}")
        console.print(f"[yellow]missing[/] {text}", soft_wrap=True)
    versions = dict.fromkeys(f"{each.engine} {each.engine_version}" for each in parity.witnesses)
    libraries = dict.fromkeys(each.tfjs_version for each in parity.witnesses)
    console.print(
        f"{parity.pictures}, against {parity.reference}. {', '.join(versions)}. "
        f"TensorFlow.js {', '.join(libraries)}.",
        markup=False,
        soft_wrap=True,
    )


def failure_of(parity: Parity) -> str:
    """Return one sentence that says what failed and what to do."""
    failed = [witness for witness in parity.witnesses if not witness.passed]
    names = ", ".join(f"{w.name} (worst picture: {w.worst_picture})" for w in failed)
    where = "; ".join(dict.fromkeys(finding.detail for finding in parity.findings[:3]))
    return (
        f"The bundle does not predict like Keras{f' on {names}' if names else ''}."
        + (f" Where: {where}." if where else "")
        + " Export it again; if it stays, please report it as a bug of kerasport."
    )


def print_health(health: Health, console: Console) -> None:
    """Print packages and witnesses, each with what brings it where it is missing."""
    packages = Table("package", "version", "needed to", title_justify="left")
    for package in health.packages:
        packages.add_row(package.name, package.version or "[yellow]missing[/]", package.purpose)
    console.print(packages)
    witnesses = Table("witness", "", "version")
    for witness in health.witnesses:
        mark = "[green]works[/]" if witness.works else "[yellow]missing[/]"
        witnesses.add_row(witness.name, mark, escape(witness.version or ""))
    console.print(witnesses)
    for problem in health.problems:
        console.print(problem, markup=False, soft_wrap=True)
    if not health.problems:
        console.print("Everything is there.")
