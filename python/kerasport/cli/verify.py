"""`kerasport verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kerasport.cli.console import messages, print_json, results
from kerasport.cli.shared_options import JsonOption, WitnessOption, one_of
from kerasport.errors import CheckFailed
from kerasport.literals import Backend
from kerasport.shares import share_text

if TYPE_CHECKING:
    from kerasport.bundle.parity import Parity

__all__ = ["print_parity", "verify"]

_SAME = {"probabilities": "top-1", "labels": "same labels"}

BackendOption = Annotated[
    list[str] | None,
    typer.Option(
        parser=one_of(Backend),
        metavar=f"<list[{'|'.join(get_args(Backend))}]>",
        help="Short for --witness chromium/BACKEND; may be repeated.",
    ),
]
TraceOption = Annotated[
    bool,
    typer.Option("--trace", help="Compare layer by layer, and name the first that departs."),
]
CertificateOption = Annotated[
    Path | None,
    typer.Option(
        help="Page to write.  \\[default: parity.html in the bundle; none with --images]",
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
        typer.Option(
            help="Folder of pictures, or .parquet and .tar files, to compare instead of the "
            "samples; needs --run."
        ),
    ] = None,
    witness: WitnessOption = None,
    backend: BackendOption = None,
    trace: TraceOption = False,
    certificate: CertificateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a bundle in real browsers with Keras: pixels, probabilities, best class.

    Writes parity.json and parity.html into the bundle. Exits with 3 when a tolerance is broken.

    [bold]kerasport verify web/model --witness all[/]\n
    [bold]kerasport verify web/model --run runs/digits --images pictures --witness 'firefox/*'[/]
    """
    from kerasport.bundle import Bundle
    from kerasport.parity import verify as verify_bundle
    from kerasport.parity.certificate import CERTIFICATE_FILE
    from kerasport.progress import RichProgress
    from kerasport.runs.run import Run

    parity = verify_bundle(
        Bundle.open(bundle),
        run=Run.open(run) if run else None,
        images=images,
        witnesses=_chosen_witnesses(witness, backend),
        trace=trace,
        certificate=certificate,
        progress=RichProgress(messages),
    )
    if as_json:
        print_json(parity.model_dump(mode="json", by_alias=True))
    else:
        print_parity(parity, results)
    for reason in parity.skipped:
        messages.print(f"Skipped: {reason}", style="yellow", soft_wrap=True)
    page = certificate or (None if images else bundle / CERTIFICATE_FILE)
    if page is None:
        messages.print(
            "No certificate was written, for pictures of your own need not be shown to others: "
            "--certificate FILE writes one.",
            style="dim",
            soft_wrap=True,
        )
    else:
        messages.print(f"Certificate: {page}", style="dim", soft_wrap=True)
    if not parity.passed:
        raise CheckFailed(_failure_of(parity))


def _chosen_witnesses(witnesses: list[str] | None, backends: list[str] | None) -> list[str] | None:
    """Return the patterns that the command line asks for; None for the usual ones."""
    patterns = [*(witnesses or ()), *(f"chromium/{backend}" for backend in backends or ())]
    return patterns or None


def print_parity(parity: Parity, console: Console) -> None:
    """Print a row for each witness, where they differ, and who is missing."""
    from kerasport.parity.compare.bits import bits_sentence
    from kerasport.parity.compare.location import merge_findings

    table = Table()
    same = _SAME[parity.output_kind]
    for heading in ("witness", "pixels off", "probabilities off", "allowed", same, ""):
        # Names and figures stay whole on a narrow terminal; headings may break.
        table.add_column(
            heading,
            justify="left" if heading in ("witness", "") else "right",
            no_wrap=heading != "probabilities off",
        )
    for witness in parity.witnesses:
        table.add_row(
            witness.name,
            f"{witness.differing_pixels:,}",
            f"{witness.max_absolute_difference:.2g}",
            f"{witness.tolerance:.1e}",
            share_text(witness.top1_agreement),
            Text("passed", "green") if witness.passed else Text("FAILED", "red"),
        )
    console.print(table)
    if parity.engine_bits is not None:
        console.print(bits_sentence(parity.engine_bits), soft_wrap=True)
    _print_agreement(parity, console)
    for where, who, detail in merge_findings(parity.findings):
        text = f"{who}: {detail}" if who else detail
        console.print(Text(where, "red"), text, soft_wrap=True)
    for missing in parity.missing:
        kind = "not asked" if missing.left_out else "missing"
        text = f"{missing.name}: {missing.reason}"
        console.print(Text(kind, "yellow"), text, soft_wrap=True)
    versions = dict.fromkeys(f"{each.engine} {each.engine_version}" for each in parity.witnesses)
    # Runtimes of other formats have none.
    libraries = [v for v in dict.fromkeys(each.tfjs_version for each in parity.witnesses) if v]
    tfjs = f" TensorFlow.js {', '.join(libraries)}." if libraries else ""
    console.print(
        f"{parity.pictures}, against {parity.reference}. {', '.join(versions)}.{tfjs}",
        soft_wrap=True,
    )


def _print_agreement(parity: Parity, console: Console) -> None:
    """Print how far quantised weights are from those they were made from, where they are."""
    pairs = [(each.name, each.float_agreement) for each in parity.witnesses]
    agreements = [(name, agreement) for name, agreement in pairs if agreement]
    if not agreements:
        return
    table = Table("witness", title="Against the float32 weights", title_justify="left")
    table.add_column("probabilities off", justify="right")
    table.add_column(_SAME[parity.output_kind], justify="right")
    for name, agreement in agreements:
        off = f"{agreement.max_absolute_difference:.2g}"
        table.add_row(name, off, share_text(agreement.top1_agreement))
    console.print(table)


def _failure_of(parity: Parity) -> str:
    """Return what failed, and what to do."""
    from kerasport.parity.compare.verdict import verdict_of

    return (
        f"{verdict_of(parity)} Export the bundle again; if it stays, please report it as a bug of "
        "kerasport."
    )
