"""Nothing on the demo page moves away from under a reader or a finger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.demo_page import answered, open_page, watched

pytestmark = [pytest.mark.browser, pytest.mark.keras]

PICTURE = Path(__file__).parents[1] / "golden" / "pictures" / "orientation-6.jpg"

# A tenth of what browsers' makers call good for a whole visit (0.1): one line of text on a phone
# that moves by its own height is about 0.003, the page below a line that comes late about 0.07.
LIMIT = 0.01

OBSERVE = """\
globalThis.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    const moved = sources.map(({ node }) => node?.className || node?.nodeName);
    // What follows a click at once is what the click was for.
    if (!hadRecentInput) shifts.push([value, String(moved)]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_a_whole_visit_shifts_nothing(
    width: int, height: int, browser: Any, demo_site: Path, digits_run: Any
) -> None:
    """Loading, answers, tabs, a table that fills, what the model is: the sum stays small."""
    page = watched(browser.new_page(viewport={"width": width, "height": height}))
    page.add_init_script(OBSERVE)
    open_page(page, (demo_site / "index.html").as_uri())
    page.click("[data-testid=sample] >> nth=3")
    answered(page)
    page.set_input_files("#file-input", PICTURE)
    page.wait_for_selector("#true-class", state="detached")
    answered(page)
    for tab in ("camera", "drawing", "files"):
        page.click(f"#tab-{tab}")
    zeros = next((digits_run.path.parents[1] / "data").rglob("0/*.png")).parent
    page.set_input_files("#folder-input", zeros)
    page.wait_for_selector("[data-testid=many][data-state=done]")
    page.click("#many-back")
    page.click("#about-button")
    # Shifts are told with the next frames.
    page.wait_for_timeout(200)

    shifts = page.evaluate("shifts")
    assert sum(value for value, _ in shifts) < LIMIT, shifts
    page.close()
