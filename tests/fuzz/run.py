"""Read mutated pictures in Python and in every engine, and keep those on which they differ."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from fuzz.mutation import mutate
from fuzz.originals import originals
from kerasport.errors import KerasportError
from kerasport.parity.browsers.engines import ENGINES
from kerasport.parity.formats.compare import compare_formats
from kerasport.parity.formats.report import FormatFinding, FormatReport
from kerasport.progress import RichProgress

__all__ = ["FINDS", "main", "table", "write_mutations"]

FINDS = Path(__file__).parents[1] / "golden" / "finds"
"""Mutations on which the two sides once differed; the tests read them all."""

FORMATS = ("jpg", "png", "gif", "bmp", "webp", "avif")

# Columns of the table, and the verdicts that each counts.
_COLUMNS = {
    "exact": ("exact",),
    "refused by both": ("refused by both",),
    "different": ("different",),
    "one side only": ("refused by Python", "refused by engine"),
    "traceback": ("traceback",),
    "no answer": ("no answer",),
}


def write_mutations(folder: Path, *, seed: int, count: int, formats: Sequence[str]) -> None:
    """Write `count` mutations of pictures of some formats, the same for the same seed."""
    files = {
        name: content for name, content in originals().items() if name.rpartition(".")[2] in formats
    }
    for number in range(count):
        name, content = mutate(files, seed=seed, number=number)
        (folder / name).write_bytes(content)


def table(findings: Sequence[FormatFinding]) -> str:
    """Return how many files of each format came out how, per engine, as a table in Markdown."""
    counts = Counter((f.engine, _format_of(f), f.verdict) for f in findings)
    lines = ["| engine | format | " + " | ".join(_COLUMNS) + " |"]
    lines.append("| --- | --- |" + " ---: |" * len(_COLUMNS))
    for engine in dict.fromkeys(f.engine for f in findings):
        for kind in [*sorted({_format_of(f) for f in findings}), "all"]:
            cells = [
                sum(
                    counts[engine, each, verdict]
                    for each in (FORMATS if kind == "all" else (kind,))
                    for verdict in verdicts
                )
                for verdicts in _COLUMNS.values()
            ]
            lines.append(f"| {engine} | {kind} | " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def _format_of(finding: FormatFinding) -> str:
    return finding.file.rpartition(".")[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when all agree, 3 when not, 1 for an error."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="other seeds give other mutations")
    parser.add_argument("--count", type=int, default=3000, help="mutations to read")
    parser.add_argument(
        "--engine", action="append", choices=ENGINES, help="which to ask; all by default"
    )
    parser.add_argument(
        "--format", action="append", choices=FORMATS, help="which to mutate; all by default"
    )
    parser.add_argument(
        "--finds", type=Path, default=FINDS, help="where files go on which the sides differ"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="kerasport-fuzz-") as name:
        folder = Path(name)
        formats = options.format or FORMATS
        write_mutations(folder, seed=options.seed, count=options.count, formats=formats)
        try:
            report = compare_formats(
                folder, engines=options.engine or ENGINES, progress=RichProgress()
            )
        except KerasportError as error:
            sys.stderr.write(f"Error: {error}\n")
            return error.exit_code
        _keep_finds(report, folder, options.finds)
    sys.stdout.write(table(report.findings))
    return 0 if report.agrees else 3


def _keep_finds(report: FormatReport, folder: Path, finds: Path) -> None:
    for finding in report.findings:
        if finding.is_fine:
            continue
        finds.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / finding.file, finds / finding.file)
        sys.stderr.write(
            f"{finding.engine}: {finds / finding.file}: {finding.verdict}. {finding.detail}\n"
        )
