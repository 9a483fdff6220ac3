"""Playwright's own builds of a browser, where there is no installed one.

They cannot be downloaded everywhere, so an installed Chromium stands in: it is put where Playwright
looks for its build, and opened through the same program as Firefox and WebKit would be.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.measuring import gather_expectations

from kerasport.bundle import Bundle
from kerasport.errors import BrowserError
from kerasport.parity.browsers import engines, own_build
from kerasport.parity.browsers.chromium import find_chromium
from kerasport.parity.compare.tally import Answer, Expectation
from kerasport.parity.witnesses.served_page import client_page

pytestmark = pytest.mark.browser

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without browsers; returns the empty folder of Playwright's builds."""
    folder = tmp_path / "builds"
    folder.mkdir()
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(folder))
    monkeypatch.setattr(engines, "_find_program", lambda name: None)
    return folder


@pytest.fixture
def stand_in(nothing_installed: Path) -> Path:
    """An installed Chromium in the place of Playwright's build of it."""
    program = find_chromium()
    command = [sys.executable, own_build.__file__, "chromium"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    place = re.search(r"Executable doesn't exist at (\S+)", told)
    assert place is not None, told
    path = Path(place.group(1))
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
    path.chmod(0o755)
    # What the registry calls the folder depends on the release; the name decides what it is.
    (nothing_installed / "chromium-1").mkdir(exist_ok=True)
    return path


def test_a_build_of_playwright_answers_like_an_installed_browser(stand_in: Path) -> None:
    """It is found, says its version, loads the bundle and gives the recorded answers."""
    bundle = Bundle.open(FROZEN)
    expectations = gather_expectations(bundle)

    found = engines.find_engine("chromium")
    with client_page(found, bundle, "cpu") as page:
        answers = page.ask(expectations)

    assert found.is_own
    assert re.fullmatch(r"\d+(\.\d+)+", found.version)
    for expected, answer in zip(expectations, answers, strict=True):
        assert matches(expected, answer)


def matches(expected: Expectation, answer: Answer) -> bool:
    assert answer.pixels is not None
    # The tolerance of the cpu backend, see docs/verify.md.
    close = abs(answer.probabilities - expected.probabilities).max() <= 1e-5
    return bool(close and (answer.pixels == expected.pixels.ravel()).all())


def test_what_brings_a_missing_browser_is_said(nothing_installed: Path) -> None:
    """Debian's package, and Playwright's download for every other system."""
    with pytest.raises(BrowserError) as error:
        engines.find_engine("webkit")

    assert str(error.value) == (
        "webkit is not installed. On Debian and Ubuntu: apt-get install webkit2gtk-driver xvfb. "
        "Elsewhere: python -m playwright install webkit"
    )


def test_a_build_that_does_not_start_is_told_with_its_remedy(nothing_installed: Path) -> None:
    """A folder of another release of Playwright, or one that misses the system's libraries."""
    (nothing_installed / "firefox-1").mkdir()

    with pytest.raises(BrowserError) as error:
        engines.find_engine("firefox")

    message = str(error.value)
    assert message.startswith(f"Playwright's firefox in '{nothing_installed / 'firefox-1'}' does")
    assert message.endswith("Repair it with: python -m playwright install --with-deps firefox")
