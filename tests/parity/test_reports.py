"""Report and certificate in a real browser: they are no obstacle, and nothing sticks out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.demo_page import problems, watched
from support.reports import make_certificate, make_report

from kerasport.report import render_page

pytestmark = pytest.mark.browser

PAGES: dict[str, Callable[[], str]] = {
    "two-classes": lambda: render_page(make_report()),
    "twelve-classes": lambda: render_page(make_report(classes=named(12))),
    "many-classes": lambda: render_page(make_report(classes=named(120))),
    "passed": lambda: make_certificate(passed=True),
    "failed": lambda: make_certificate(passed=False),
}


def named(count: int) -> tuple[str, ...]:
    """Long names without a place to break, as plants and aircraft have them."""
    return tuple(f"Tomato___Tomato_Yellow_Leaf_Curl_Virus_{number}" for number in range(count))


@pytest.mark.parametrize("kind", PAGES)
def test_reports_are_no_obstacle(kind: str, browser: Any, tmp_path: Path) -> None:
    """axe-core finds nothing, light or dark, phone or desk, and no page scrolls sideways."""
    path = tmp_path / "page.html"
    path.write_text(PAGES[kind](), encoding="utf-8")
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = watched(context.new_page())
        page.goto(path.as_uri())
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 900})

            assert problems(page) == [], f"{scheme}, {width} px"
            assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.requests_seen == [path.as_uri()]
        assert page.complaints == []
        context.close()
