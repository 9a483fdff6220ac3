"""Photograph the demo page in every state, light, dark and in forced colors, on every width."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.demo_page import problems, watched

from kerasport.bundle import Bundle
from kerasport.parity.browsers.chromium import CHROMIUM_FLAGS, find_chromium, launched_chromium
from looks.material import Material, make_material
from looks.states import STATES

__all__ = ["CAMERA_FLAGS", "SCHEMES", "SIZES", "become_phone", "in_state", "main"]

SCHEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced": {"color_scheme": "dark", "forced_colors": "active"},
}
SIZES = {320: 640, 390: 844, 768: 1024, 1440: 900}
"""Height of the window for each width."""

CAMERA_FLAGS = (*CHROMIUM_FLAGS, "--use-fake-device-for-media-stream=device-count=2")
_PHONE = 400
"""Up to this width people use a finger."""


@contextmanager
def in_state(
    browser: Any, name: str, material: Material, width: int, **options: Any
) -> Iterator[Any]:
    """Yield a page of a window of that width in a state; nothing in it grows or fades."""
    context = browser.new_context(
        viewport={"width": width, "height": SIZES[width]},
        reduced_motion="reduce",
        permissions=["camera"],
        has_touch=width <= _PHONE,
        is_mobile=width <= _PHONE,
        **options,
    )
    page = watched(context.new_page())
    STATES[name](page, material)
    yield page
    context.close()


def become_phone(page: Any, width: int) -> None:
    """Make the window of Chromium that of a phone, as `in_state` would, in the state that it is."""
    session = page.context.new_cdp_session(page)
    size = {"width": width, "height": SIZES[width], "deviceScaleFactor": 1}
    session.send("Emulation.setDeviceMetricsOverride", {**size, "mobile": True})
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.wait_for_function("width => innerWidth === width", arg=width)


def main() -> int:
    """Write `STATE-WIDTH-SCHEME.png` for each, and print what axe-core finds in it."""
    parser = argparse.ArgumentParser(prog="python -m looks", description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("web/model"))
    parser.add_argument("--out", type=Path, default=Path("test-results/looks"))
    parser.add_argument("--state", choices=STATES, action="append", help="this one alone")
    parser.add_argument("--width", type=int, choices=SIZES, action="append", help="this one alone")
    parser.add_argument("--scheme", choices=SCHEMES, action="append", help="this one alone")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    found = 0
    with tempfile.TemporaryDirectory() as scratch, launched_chromium() as own:
        material = make_material(Bundle.open(chosen.bundle), Path(scratch))
        browser = own.browser_type.launch(executable_path=find_chromium(), args=list(CAMERA_FLAGS))
        for name in chosen.state or STATES:
            for width in chosen.width or SIZES:
                found += _photograph(
                    browser, name, material, width, chosen.scheme or list(SCHEMES), chosen.out
                )
        browser.close()
    return 1 if found else 0


def _photograph(
    browser: Any, name: str, material: Material, width: int, schemes: Sequence[str], out: Path
) -> int:
    found = 0
    with in_state(browser, name, material, width) as page:
        for scheme in schemes:
            page.emulate_media(**SCHEMES[scheme])
            place = f"{name}-{width}-{scheme}"
            # Not `full_page`: for its while the browser takes a phone for a computer.
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, SIZES[width])})
            page.screenshot(path=out / f"{place}.png")
            for problem in problems(page):
                found += 1
                sys.stdout.write(f"{place}: {problem}\n")
    return found
