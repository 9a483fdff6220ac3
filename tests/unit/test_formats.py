"""The comparison of picture formats, and its page of documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from kerasport.parity.formats.report import FormatFinding, FormatReport
from kerasport.parity.formats.table import format_table

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"


@pytest.mark.parametrize(
    ("verdicts", "agrees"),
    [
        (["exact", "refused by both"], True),
        (["exact", "different"], False),
        (["exact", "no answer"], False),
        ([], False),
    ],
)
def test_a_report_agrees_where_nothing_differs(verdicts: list[str], agrees: bool) -> None:
    """Exact or refused by both, and at least one file."""
    findings = [FormatFinding("a.png", "chromium", verdict) for verdict in verdicts]

    assert FormatReport({}, {}, findings).agrees is agrees


def test_the_documentation_begins_like_the_page_that_is_written() -> None:
    """What formats are read is told in one place, and docs/formats.md has it."""
    page = format_table(FormatReport({"Python": "3"}, {}, []))

    introduction = page.partition("Python 3.\n")[0]
    assert introduction.startswith("# Formats\n")
    assert PAGE.read_text(encoding="utf-8").startswith(introduction)


def test_the_page_counts_and_lists() -> None:
    """Counts by folder and engine; what disagrees one by one; reasons of what both refuse."""
    findings = [
        FormatFinding("png/a.png", "chromium", "exact"),
        FormatFinding("png/b|c.png", "chromium", "different", "up to 3 of 255 levels"),
        FormatFinding("d.tif", "chromium", "refused by both", "it is a TIFF"),
    ]

    page = format_table(FormatReport({"Python": "3"}, {"webkit": "not here"}, findings))

    assert "**webkit was not measured**: not here" in page
    assert "| . | chromium |  | 1 |  |  |  |  |" in page
    assert "| png | chromium | 1 |  |  |  | 1 |  |" in page
    assert "| **all** | chromium | 1 | 1 |  |  | 1 |  |" in page
    assert "| png/b\\|c.png | chromium | different | up to 3 of 255 levels |" in page
    assert "| it is a TIFF | 1 |" in page
