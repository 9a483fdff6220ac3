"""What a comparison of formats found."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FormatFinding", "FormatReport"]


@dataclass(frozen=True)
class FormatFinding:
    """One file in one engine.

    `verdict` is `exact`, `refused by both`, `refused by Python`, `refused by engine`, `different`,
    `no answer` of the engine, or `traceback` where Python fails without a word to users; `detail`
    says how or why.
    """

    file: str
    engine: str
    verdict: str
    detail: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether both sides read the same pixels, or none."""
        return self.verdict in ("exact", "refused by both")


@dataclass(frozen=True)
class FormatReport:
    """What was compared: versions by name, what is missing and why, one finding per file."""

    versions: dict[str, str]
    missing: dict[str, str]
    findings: list[FormatFinding]

    @property
    def agrees(self) -> bool:
        """Whether every file is exact or refused by both, in at least one engine."""
        return bool(self.findings) and all(finding.is_fine for finding in self.findings)
