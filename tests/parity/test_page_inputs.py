"""The demo page's camera and drawing pad."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.demo_page import PATIENCE, answered, open_page, serious_problems, watched

from kerasport.parity.browsers.chromium import CHROMIUM_FLAGS, find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.keras]

PICTURE = Path(__file__).parents[1] / "golden" / "pictures" / "orientation-6.jpg"
TWO_CAMERAS = "--use-fake-device-for-media-stream=device-count=2"


@pytest.fixture(scope="module")
def camera_browser(browser: Any) -> Iterator[Any]:
    """A Chromium with two cameras that film a test picture."""
    launched = browser.browser_type.launch(
        executable_path=find_chromium(), args=[*CHROMIUM_FLAGS, TWO_CAMERAS]
    )
    yield launched
    launched.close()


def camera_page(camera_browser: Any, demo_site: Path, permissions: list[str]) -> Any:
    page = watched(camera_browser.new_context(permissions=permissions).new_page())
    open_page(page, (demo_site / "index.html").as_uri())
    page.click("#tab-camera")
    page.click("#camera-start")
    return page


def test_the_camera_is_classified_until_it_is_stopped(camera_browser: Any, demo_site: Path) -> None:
    """On file:// answers follow the picture, another camera can be chosen, and stop is stop."""
    page = camera_page(camera_browser, demo_site, ["camera"])
    # An answer that changes several times: the backend's name is built anew with each.
    for _ in range(3):
        shown = page.wait_for_selector("#result [data-testid=prediction]")
        shown.wait_for_element_state("hidden", timeout=PATIENCE)
    assert page.locator("#camera-choice option").count() == 2
    first = page.input_value("#camera-choice")
    page.select_option("#camera-choice", index=1)
    page.wait_for_selector("#result .frame canvas")
    assert page.input_value("#camera-choice") != first

    track = page.evaluate_handle(
        "document.querySelector('#camera-video').srcObject.getVideoTracks()[0]"
    )
    page.click("#camera-stop")
    page.wait_for_selector("#camera-start:visible")

    assert track.evaluate("track => track.readyState") == "ended"
    assert page.locator("[data-testid=prediction]").count() >= 3
    assert page.complaints == []
    page.context.close()


def test_a_frozen_picture_can_be_asked_why(camera_browser: Any, demo_site: Path) -> None:
    """A camera that faces its user is a mirror; its picture stays, and explains itself."""
    page = camera_page(camera_browser, demo_site, ["camera"])
    page.wait_for_selector("#result [data-testid=prediction]")
    # The fake camera does not tell where it looks, as those of computers.
    transform = page.evaluate("getComputedStyle(document.querySelector('#camera-video')).transform")
    assert transform == "matrix(-1, 0, 0, 1, 0, 0)"

    page.click("#camera-freeze")
    page.click("#why-button")

    page.wait_for_selector(".heat")
    assert page.is_visible("#camera-start")
    assert page.complaints == []
    page.context.close()


@pytest.mark.parametrize("what", ["a text", "a sample"])
def test_what_is_no_file_leaves_the_answer_alone(demo: Any, what: str) -> None:
    """A dropped or pasted text, or a sample dragged onto the page, is said and forgotten."""
    demo.click("[data-testid=sample] >> nth=2")
    answered(demo)
    before = demo.inner_text(".predictions")

    if what == "a text":
        demo.evaluate("""() => {
          const data = new DataTransfer();
          data.setData('text/plain', 'a text');
          dispatchEvent(new ClipboardEvent('paste', { clipboardData: data }));
          document.querySelector('#drop-zone').dispatchEvent(
            new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        }""")
        demo.wait_for_selector("#status[data-state=note]")
    else:
        demo.drag_and_drop("[data-testid=sample] >> nth=1", "#drop-zone")

    assert demo.inner_text(".predictions") == before
    assert demo.locator("[data-testid=problem]").count() == 0


def test_on_a_phone_the_camera_comes_first(browser: Any, demo_site: Path) -> None:
    """With a finger nothing is dropped: the first button takes a picture."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = watched(context.new_page())
    open_page(page, (demo_site / "index.html").as_uri())

    assert page.inner_text("#drop-zone .buttons >> nth=0").split("\n")[0] == "Take a picture"
    assert page.get_attribute("#take-input", "capture") == "environment"
    assert not page.is_visible("text=Drop pictures here")

    page.set_input_files("#take-input", PICTURE)
    assert answered(page)
    assert page.complaints == []
    context.close()


def test_a_refused_camera_says_what_to_do(camera_browser: Any, demo_site: Path) -> None:
    """Without permission the page names the way out, and the files still work."""
    page = camera_page(camera_browser, demo_site, [])

    page.wait_for_selector("#status[data-state=problem]", state="attached")
    assert "Allow it" in page.inner_text("[data-testid=problem]")

    page.click("#tab-files")
    page.click("[data-testid=sample] >> nth=0")
    assert len(answered(page)) >= 3
    page.context.close()


def draw(page: Any, points: list[tuple[float, float]]) -> None:
    """Draw one stroke through points in shares of the pad's side."""
    box = page.locator("#drawing-pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()


@pytest.mark.parametrize(
    ("digit", "strokes"),
    [
        # In a corner, and small: the drawing is put where the training pictures have theirs.
        ("1", [[(0.15, 0.1), (0.15, 0.35)]]),
        ("0", [[(0.5, 0.2), (0.33, 0.35), (0.33, 0.65), (0.5, 0.8), (0.67, 0.65), (0.67, 0.35),
                (0.5, 0.2)]]),
        ("7", [[(0.25, 0.2), (0.7, 0.2), (0.45, 0.85)], [(0.35, 0.52), (0.7, 0.52)]]),
    ],
)  # fmt: skip
def test_a_drawn_digit_is_recognized(
    demo: Any, digit: str, strokes: list[list[tuple[float, float]]]
) -> None:
    """Ink and paper are those of the training pictures, light on dark, and so is the size."""
    demo.click("#tab-drawing")
    for stroke in strokes:
        draw(demo, stroke)
        demo.wait_for_selector("#why-button")

    shown = answered(demo)
    assert max(shown, key=shown.__getitem__) == digit


def test_the_pad_is_cleared_by_keyboard(demo: Any) -> None:
    """Undo and clear are buttons; an empty pad has no answer."""
    demo.click("#tab-files")
    demo.keyboard.press("ArrowRight")
    demo.keyboard.press("ArrowRight")
    assert demo.is_visible("#drawing-pad")
    draw(demo, [(0.5, 0.2), (0.5, 0.8)])
    answered(demo)

    demo.focus("#drawing-clear")
    demo.keyboard.press("Enter")

    demo.wait_for_selector("#result .empty")
    assert serious_problems(demo) == []
    assert demo.complaints == []
