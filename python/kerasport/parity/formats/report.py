"""What a comparison of formats found."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FormatFinding", "FormatReport"]


@dataclass(frozen=True)
class FormatFinding:
    """One file in one engine.

    `verdict` is `exact`, `refused by both`, `refused by Python`, `refused by engine`, `different`
    or `no answer`; `detail` says how or why.
    """

    file: str
    engine: str
    verdict: str
    detail: str = ""


@dataclass(frozen=True)
class FormatReport:
    """What was compared: versions by name, what is missing and why, one finding per file."""

    versions: dict[str, str]
    missing: dict[str, str]
    findings: list[FormatFinding]

    @property
    def agrees(self) -> bool:
        """Whether every file is exact or refused by both, in at least one engine."""
        fine = {"exact", "refused by both"}
        return bool(self.findings) and all(found.verdict in fine for found in self.findings)
