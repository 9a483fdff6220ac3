"""The comparison of formats as a page of documentation."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files

from kerasport.parity.formats.report import FormatFinding, FormatReport

__all__ = ["format_table"]

_COLUMNS = (
    "exact",
    "refused by both",
    "refused by Python",
    "refused by engine",
    "different",
    "no answer",
    "traceback",
)


def format_table(report: FormatReport) -> str:
    """Return the page: how it works, versions, counts by folder and engine, what disagrees."""
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    introduction = files("kerasport.parity.formats").joinpath("introduction.md")
    parts = [introduction.read_text(encoding="utf-8"), f"{versions}.\n"]
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


def _counts(findings: list[FormatFinding]) -> str:
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


def _disagreements(findings: list[FormatFinding]) -> str:
    rows = [f for f in findings if not f.is_fine]
    if not rows:
        return "Nothing.\n"
    text = _head(["file", "engine", "verdict", "how"])
    for finding in sorted(rows, key=lambda finding: (finding.file, finding.engine)):
        text += _row([finding.file, finding.engine, finding.verdict, finding.detail])
    return text


def _refusals(findings: list[FormatFinding]) -> str:
    reasons = {f.file: f.detail for f in findings if f.verdict == "refused by both"}
    if not reasons:
        return "Nothing.\n"
    text = _head(["reason", "files"])
    for reason, count in sorted(Counter(reasons.values()).items()):
        text += _row([reason, str(count)])
    return text
