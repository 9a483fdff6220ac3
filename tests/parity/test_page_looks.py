"""The page in every state that `make screenshots` photographs: no obstacle to anybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from looks.material import Material, make_material
from looks.run import CAMERA_FLAGS, SCHEMES, become_phone, in_state
from looks.states import STATES
from support.demo_page import color_problems, problems

from kerasport.bundle import Bundle
from kerasport.parity.browsers.chromium import find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.keras]


@pytest.fixture(scope="module")
def material(digits_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Material:
    """What the states are made with."""
    return make_material(digits_bundle, tmp_path_factory.mktemp("looks"))


@pytest.fixture(scope="module")
def camera_browser(browser: Any) -> Iterator[Any]:
    """A Chromium with two cameras that film a test picture."""
    launched = browser.browser_type.launch(executable_path=find_chromium(), args=list(CAMERA_FLAGS))
    yield launched
    launched.close()


@pytest.mark.parametrize("name", STATES)
def test_no_state_is_an_obstacle(name: str, camera_browser: Any, material: Material) -> None:
    """axe-core finds nothing at all, wide and on a phone, in any scheme of colors."""
    with in_state(camera_browser, name, material, 1440) as page:
        wide = _found(page)
        # Getting there takes longer than looking.
        become_phone(page, 320)
        assert page.evaluate("matchMedia('(pointer: coarse)').matches")

        assert {"wide": wide, "phone": _found(page)} == {"wide": [], "phone": []}


def _found(page: Any) -> list[str]:
    found = []
    for scheme, media in SCHEMES.items():
        page.emulate_media(**media)
        # Another scheme changes nothing but colors.
        look = problems if scheme == "light" else color_problems
        found += [f"{scheme}: {problem}" for problem in look(page)]
    return found


def test_a_damaged_script_is_not_taken_for_none(camera_browser: Any, material: Material) -> None:
    """A model.js that breaks off says so, and not that there is no model yet."""
    with in_state(camera_browser, "broken-model", material, 1440) as page:
        assert "model.js is there, but it is damaged" in page.inner_text("#message")
        assert "make train" not in page.inner_text("#message")
