"""Compare what Python and web engines read of files: `python -m kerasport.parity.formats DIR`."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import features

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.errors import BrowserError, DataError, KerasportError
from kerasport.files import write_text
from kerasport.parity.browsers.engines import ENGINES, WebEngine, find_engine
from kerasport.parity.formats.exchange import Reply, ask_engine
from kerasport.parity.formats.report import FormatFinding, FormatReport
from kerasport.parity.formats.table import format_table
from kerasport.preprocess import read_pixels
from kerasport.progress import SILENT, Progress, RichProgress

__all__ = ["compare_formats", "main"]

_BACKGROUND = (255, 255, 255)


def compare_formats(
    folder: Path,
    *,
    engines: Sequence[str] = ENGINES,
    client: Path | None = None,
    progress: Progress = SILENT,
) -> FormatReport:
    """Read every file below `folder` in Python and in each engine, and compare the pixels.

    Args:
        folder: any files; those that are no pictures must be refused by both.
        engines: some of `ENGINES`; those that are not installed are reported as missing.
        client: the built client library; by default that of this installation.
        progress: what is told meanwhile.

    Raises:
        DataError: there are no files.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise DataError(f"There are no files below '{folder}'. Expected some to compare.")
    missing: dict[str, str] = {}
    found: list[WebEngine] = []
    for name in engines:
        try:
            found.append(find_engine(name))
        except BrowserError as error:
            missing[name] = str(error)
            progress.warn(str(error))
    findings = []
    for engine in found:
        with progress.task(engine.name, total=len(files)) as task:
            for reply in ask_engine(engine, client or web_asset(CLIENT_SCRIPT), files):
                name = reply.path.relative_to(folder).as_posix()
                findings.append(_judge(name, engine.name, reply))
                task.advance(detail=name)
    versions = {
        "Python": platform.python_version(),
        "Pillow": PIL.__version__,
        **{name: features.version(name) or "none" for name in ("libjpeg_turbo", "webp", "avif")},
        **{engine.name: engine.version for engine in found},
    }
    return FormatReport(versions, missing, findings)


def _judge(file: str, engine: str, reply: Reply) -> FormatFinding:
    try:
        expected = _read(reply.path)
    except Exception as error:
        return FormatFinding(file, engine, "traceback", repr(error))
    if reply.lost is not None:
        return FormatFinding(file, engine, "no answer", reply.lost)
    received = reply.refusal if reply.pixels is None else reply.pixels
    if isinstance(expected, str):
        reason = expected.partition(" cannot be read: ")[2] or expected
        both = isinstance(received, str)
        return FormatFinding(file, engine, f"refused by {'both' if both else 'Python'}", reason)
    if not isinstance(received, np.ndarray):
        reason = str(received).partition(" cannot be read: ")[2] or str(received)
        return FormatFinding(file, engine, "refused by engine", reason)
    if expected.shape != received.shape:
        sizes = [f"{shape[1]} x {shape[0]}" for shape in (expected.shape, received.shape)]
        return FormatFinding(file, engine, "different", f"{sizes[0]} in Python, {sizes[1]} here")
    off = np.abs(expected.astype(np.int16) - received).max(axis=2)
    if not off.any():
        return FormatFinding(file, engine, "exact")
    detail = f"up to {off.max()} of 255 levels in {np.count_nonzero(off):,} of {off.size:,} pixels"
    return FormatFinding(file, engine, "different", detail)


def _read(path: Path) -> NDArray[np.uint8] | str:
    """Return the pixels at full size, or why there are none."""
    try:
        return read_pixels(path, _BACKGROUND)
    except DataError as error:
        return str(error)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when all agree, 3 when not, 1 for an error."""
    parser = argparse.ArgumentParser(
        prog="python -m kerasport.parity.formats",
        description="Compare the pixels that Python and web engines read of any files.",
    )
    parser.add_argument("folder", type=Path, help="files to compare, in any folders")
    parser.add_argument(
        "--engine", action="append", choices=ENGINES, help="which to ask; may be repeated"
    )
    parser.add_argument("--out", type=Path, help="write the table to this Markdown file")
    parser.add_argument("--json", action="store_true", help="write all findings to stdout")
    options = parser.parse_args(arguments)
    try:
        report = compare_formats(
            options.folder, engines=options.engine or ENGINES, progress=RichProgress()
        )
    except KerasportError as error:
        sys.stderr.write(f"Error: {error}\n")
        return error.exit_code
    if options.out:
        write_text(options.out, format_table(report))
    for line in _lines(report, as_json=options.json):
        sys.stdout.write(line + "\n")
    return 0 if report.agrees else 3


def _lines(report: FormatReport, *, as_json: bool) -> Iterator[str]:
    if as_json:
        content = {
            "versions": report.versions,
            "missing": report.missing,
            "findings": [vars(finding) for finding in report.findings],
        }
        yield json.dumps(content, indent=2)
        return
    for engine in dict.fromkeys(finding.engine for finding in report.findings):
        verdicts = [finding.verdict for finding in report.findings if finding.engine == engine]
        counts = {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))}
        yield f"{engine}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    for name, reason in report.missing.items():
        yield f"{name}: missing. {reason}"
