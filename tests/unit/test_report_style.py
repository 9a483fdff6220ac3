"""Report, certificate and demo page look like one product."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from support.reports import make_report

from kerasport.report import html_document, render_page

DEMO = Path(__file__).parents[2] / "web" / "src" / "demo" / "page" / "page.css"
SCHEMES = ("", "@media (prefers-color-scheme: dark)", "@media print")


def roots(css: str) -> dict[str, dict[str, str]]:
    """Return what `:root` declares, by the rule around it."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found = {}
    for around, body in re.findall(r"(@media [^{]+)?\{?\s*:root\s*\{([^}]*)\}", css):
        pairs = re.findall(r"([\w-]+):\s*([^;]+);", body)
        found[around.strip()] = {name: " ".join(value.split()) for name, value in pairs}
    return found


def styles_of(name: str) -> str:
    return files("kerasport.report").joinpath(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", SCHEMES, ids=["light", "dark", "paper"])
def test_reports_have_the_colors_letters_and_corners_of_the_page(scheme: str) -> None:
    """What the page's stylesheet declares for all of it, the reports declare with equal values."""
    page = roots(DEMO.read_text(encoding="utf-8"))[scheme]

    assert roots(styles_of("tokens.css"))[scheme] == page
    assert len(page) > 8


def test_no_other_colors_are_used() -> None:
    """Every colour comes from the tokens, in the certificate too."""
    own = styles_of("page.css")
    own += files("kerasport.parity").joinpath("certificate.css").read_text(encoding="utf-8")

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\([^)]*\)", own) == []
    used = set(re.findall(r"var\((--[\w-]+)\)", own))
    assert used <= {*roots(styles_of("tokens.css"))[""], "--share", "--strongest", "--aspect"}


def test_drawings_follow_the_scheme_of_the_page() -> None:
    """No drawing on the page has a colour of its own: in the dark they would stay light."""
    drawings = "".join(re.findall(r"<svg.*?</svg>", render_page(make_report()), flags=re.DOTALL))

    assert re.findall(r"(?:fill|stroke): ?#[0-9a-f]+", drawings) == []
    assert "stroke: var(--accent)" in drawings


def test_a_title_is_text() -> None:
    """A name cannot leave the head of the document."""
    assert "<title>&lt;/title&gt;&lt;script&gt;</title>" in html_document("</title><script>", "")
