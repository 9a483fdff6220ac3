"""What the tests of the demo page share: open it, wait for an answer, read the answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_COLOR_RULES = ("color-contrast", "link-in-text-block")
PATIENCE = 120_000
"""Milliseconds that a step may take on a machine with much else to do."""


def watched(page: Any) -> Any:
    """Keep the page's requests in `requests_seen`, its complaints in `complaints`."""
    page.set_default_timeout(PATIENCE)
    page.requests_seen = []
    page.complaints = []
    page.on("request", lambda request: page.requests_seen.append(request.url))
    page.on("console", lambda m: m.type == "error" and page.complaints.append(m.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


def open_page(page: Any, address: str) -> None:
    """Open the page and wait until it takes pictures."""
    page.goto(address)
    page.wait_for_selector("#status[data-state=ready]")


def answered(page: Any) -> dict[str, float]:
    """Wait for the answer and return class name -> probability as the page shows it."""
    page.wait_for_selector("#status[data-state=done]", state="attached")
    rows = page.query_selector_all("[data-testid=prediction]")
    return {
        row.get_attribute("data-class-name"): float(row.get_attribute("data-probability"))
        for row in rows
    }


def drop_files(page: Any, paths: Sequence[Path]) -> None:
    """Drag files and folders from outside onto the page and let them go."""
    box = page.locator("#drop-zone").bounding_box()
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": box["x"] + 50, "y": box["y"] + 50, "data": data}
        session.send("Input.dispatchDragEvent", event)


def serious_problems(page: Any) -> list[str]:
    """Return what axe-core holds for a serious or critical obstacle to people."""
    return [text for impact, text in _problems(page) if impact in ("serious", "critical")]


def problems(page: Any) -> list[str]:
    """Return all that axe-core finds."""
    return [text for _, text in _problems(page)]


def color_problems(page: Any) -> list[str]:
    """Return what axe-core finds in colors: for a page that it has found nothing else in."""
    return [text for _, text in _problems(page, runOnly=_COLOR_RULES)]


def _problems(page: Any, **options: Any) -> list[tuple[str, str]]:
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE.read_text(encoding="utf-8") + "; null")
    found = page.evaluate("options => axe.run(options)", {"preload": False, **options})
    return [(each["impact"], _described(each)) for each in found["violations"]]


def _described(violation: dict[str, Any]) -> str:
    where = [node["html"][:120] for node in violation["nodes"][:3]]
    return f"{violation['id']}: {json.dumps(where)}"
