"""`kerasport doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kerasport.cli.console import messages, print_json, results
from kerasport.cli.shared_options import JsonOption, WitnessOption

if TYPE_CHECKING:
    from kerasport.doctor import Health

__all__ = ["doctor"]


def doctor(
    witness: WitnessOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is installed, which browsers can be driven here, and what brings the rest."""
    from kerasport.doctor import examine

    starting = "Starting every browser that is there, one after the other ..."
    with messages.status(starting):
        health = examine(witness or ["all"])
    if as_json:
        print_json(health.to_dict())
    else:
        _print_health(health, results)


def _print_health(health: Health, console: Console) -> None:
    """Print packages and witnesses, each with what brings it where it is missing."""
    packages = Table("package", "version", "needed to", title_justify="left")
    for package in health.packages:
        packages.add_row(
            package.name, package.version or Text("missing", "yellow"), package.purpose
        )
    console.print(packages)
    witnesses = Table("witness", "", "version")
    for witness in health.witnesses:
        mark = Text("works", "green") if witness.works else Text("missing", "yellow")
        witnesses.add_row(witness.name, mark, witness.version or "")
    console.print(witnesses)
    for problem in health.problems:
        console.print(problem, soft_wrap=True)
    if not health.problems:
        console.print("Everything is there.")
