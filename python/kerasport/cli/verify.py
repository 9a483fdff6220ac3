"""`kerasport verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kerasport.cli.console import messages, print_json, results
from kerasport.cli.options import Backend, JsonOption, WitnessOption
from kerasport.errors import CheckFailed

if TYPE_CHECKING:
    from kerasport.metadata import Parity

__all__ = ["verify"]

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


def verify(
    bundle: Annotated[Path, typer.Argument(help="Bundle folder.")] = Path("web/model"),
    run: Annotated[
        Path | None,
        typer.Option(help="Run whose Keras model answers anew; else the answers kept at export."),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of pictures to compare instead of the samples; needs --run."),
    ] = None,
    witness: WitnessOption = None,
    backend: BackendOption = None,
    trace: TraceOption = False,
    report: CertificateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a bundle in real browsers with Keras: pixels, probabilities, best class.

    Writes parity.json and parity.html into the bundle. Exits with 3 when a tolerance is broken.

    [bold]kerasport verify web/model --witness all[/]\n
    [bold]kerasport verify web/model --run runs/digits --images pictures --witness 'firefox/*'[/]
    """
    from kerasport.bundle import Bundle
    from kerasport.parity import verify as verify_bundle
    from kerasport.progress import RichProgress
    from kerasport.run import Run

    parity = verify_bundle(
        Bundle.open(bundle),
        run=Run.open(run) if run else None,
        images=images,
        witnesses=_chosen_witnesses(witness, backend),
        trace=trace,
        report=report,
        progress=RichProgress(messages),
    )
    if as_json:
        print_json(parity.model_dump(mode="json", by_alias=True))
    else:
        _print_parity(parity, results)
    for reason in parity.skipped:
        messages.print(f"Skipped: {reason}", style="yellow", markup=False, soft_wrap=True)
    page = report or (None if images else bundle / "parity.html")
    if page is not None:
        messages.print(f"Certificate: {page}", style="dim", markup=False, soft_wrap=True)
    if not parity.passed:
        raise CheckFailed(_failure_of(parity))


def _chosen_witnesses(witnesses: list[str] | None, backends: list[Backend] | None) -> list[str]:
    """Return the patterns that the command line asks for."""
    patterns = [*(witnesses or ()), *(f"chromium/{backend.value}" for backend in backends or ())]
    return patterns or ["chromium/*"]


def _print_parity(parity: Parity, console: Console) -> None:
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


def _failure_of(parity: Parity) -> str:
    """Return one sentence that says what failed and what to do."""
    failed = [witness for witness in parity.witnesses if not witness.passed]
    names = ", ".join(f"{w.name} (worst picture: {w.worst_picture})" for w in failed)
    where = "; ".join(dict.fromkeys(finding.detail for finding in parity.findings[:3]))
    return (
        f"The bundle does not predict like Keras{f' on {names}' if names else ''}."
        + (f" Where: {where}." if where else "")
        + " Export it again; if it stays, please report it as a bug of kerasport."
    )
