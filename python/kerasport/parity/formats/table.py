"""The comparison of formats as a page of documentation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasport.parity.formats.compare import Finding, FormatReport

__all__ = ["format_table"]

_INTRODUCTION = """\
# Formats

Python and the browser give the same bytes for a picture file, or both refuse it and say why.
JPEG, PNG, GIF, BMP, WebP and AVIF are read; what a file is decides its content, not its name.

## How

Both sides first reduce a file to what decides its pixels (`python/kerasport/pictures/`, twin of
`web/src/client/pictures/`), check that it is whole, and refuse what decoders treat differently:

* **JPEG**: baseline and progressive, 8 bits, 1, 3 or 4 components. The first picture of the file,
  without colour profile and thumbnails; it must reach its end marker. Of CMYK
  `(255 - ink) * (255 - black) // 255` remains.
* **PNG**: every kind. Decoded by the client library itself; gamma and colour profiles are ignored,
  of 16 bits the upper 8 remain, of an animation the default image; checksums must be right. A
  colour that stands for transparent is compared in the file's depth, in RGB of 16 bits by the
  upper 8 of each sample.
* **BMP**: decoded by kerasport on both sides: 1 to 32 bits, any colour masks, run-length coding.
* **GIF**, **WebP**: the first frame.
* **AVIF**: not mirrored.
* **Orientation**: EXIF in JPEG, PNG and WebP; AVIF's own rotation.
* **Limits**: 89,478,485 pixels and 256 MiB of file; 32,767 pixels on a side, except in PNG and BMP.
  All are read from the header, before anything is decoded or reserved.

## What is not the same

* Firefox decodes the colour of AVIF a little differently from Pillow, Chromium and WebKit.
* Partly transparent WebP and AVIF need WebGL 2. Where a browser has none, its canvas rounds colours
  under transparency, by at most 1 level once on white in Firefox and WebKit (Chromium: 0), and
  `isExact` of `readPixels()` is false. In a worker WebKit is always so.
* Damage inside the compressed data of a JPEG or WebP whose structure is whole is repaired by the
  decoders. 80 such files came out alike in all engines, but no rule promises it. In PNG and GIF
  such damage is found and refused on both sides.
* Chromium was up to 20 levels off on noise in a lossy AVIF with transparency.
* The largest pictures take long in WebKit: 88 million pixels had no answer in 30 seconds.

## Measured

Written by `python -m kerasport.parity.formats FOLDER --out docs/formats.md`, which compares any
folder: every file at full size, composited on white, all channels of all pixels.
"""

_COLUMNS = (
    "exact",
    "refused by both",
    "refused by Python",
    "refused by engine",
    "different",
    "no answer",
)


def format_table(report: FormatReport) -> str:
    """Return the page: how it works, versions, counts by folder and engine, what disagrees."""
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    parts = [_INTRODUCTION, f"{versions}.\n"]
    for name, reason in sorted(report.missing.items()):
        parts.append(f"**{name} was not measured**: {reason}\n")
    parts.append(_counts(report.findings))
    parts.append("### What is neither exact nor refused by both\n")
    parts.append(_disagreements(report.findings))
    parts.append("### What is refused by both\n")
    parts.append(_refusals(report.findings))
    return "\n".join(parts)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _head(cells: list[str]) -> str:
    return _row(cells) + _row(["---"] * len(cells))


def _folder(file: str) -> str:
    return file.rpartition("/")[0] or "."


def _counts(findings: list[Finding]) -> str:
    counts = Counter((_folder(f.file), f.engine, f.verdict) for f in findings)
    text = _head(["folder", "engine", *_COLUMNS])
    engines = list(dict.fromkeys(f.engine for f in findings))
    for folder in sorted({_folder(f.file) for f in findings}):
        for engine in engines:
            numbers = [str(counts[folder, engine, verdict] or "") for verdict in _COLUMNS]
            text += _row([folder, engine, *numbers])
    for engine in engines:
        total = Counter(f.verdict for f in findings if f.engine == engine)
        text += _row(["**all**", engine, *(str(total[verdict] or "") for verdict in _COLUMNS)])
    return text


def _disagreements(findings: list[Finding]) -> str:
    rows = [f for f in findings if f.verdict not in ("exact", "refused by both")]
    if not rows:
        return "Nothing.\n"
    text = _head(["file", "engine", "verdict", "how"])
    for finding in sorted(rows, key=lambda finding: (finding.file, finding.engine)):
        text += _row([finding.file, finding.engine, finding.verdict, finding.detail])
    return text


def _refusals(findings: list[Finding]) -> str:
    reasons = {f.file: f.detail for f in findings if f.verdict == "refused by both"}
    if not reasons:
        return "Nothing.\n"
    text = _head(["reason", "files"])
    for reason, count in sorted(Counter(reasons.values()).items()):
        text += _row([reason, str(count)])
    return text
