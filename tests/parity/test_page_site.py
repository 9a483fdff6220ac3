"""The demo page as it is handed on: a hosted folder, an installed app, a single file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.damage import seal_folder
from support.demo_page import answered, open_page, serious_problems, watched
from support.serving import served

from kerasport.bundle import Bundle
from kerasport.site import write_single_file

pytestmark = [pytest.mark.browser, pytest.mark.keras]

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """An empty page in a browser context of its own."""
    page = watched(browser.new_context().new_page())
    yield page
    page.context.close()


def test_a_served_page_is_installable_and_works_offline(
    page: Any, demo_site: Path, digits_bundle: Bundle
) -> None:
    """After one visit the page loads and classifies without its server."""
    with served(demo_site) as address:
        open_page(page, f"{address}/index.html")
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        manifest = page.get_attribute("link[rel=manifest]", "href")
        content = json.loads((demo_site / manifest).read_text(encoding="utf-8"))
        assert content["display"] == "standalone"
        assert all((demo_site / icon["src"]).is_file() for icon in content["icons"])
        assert page.complaints == []

    # The server is gone now.
    page.reload()
    page.wait_for_selector("#status[data-state=ready]")
    page.click("[data-testid=sample] >> nth=2")
    shown = answered(page)

    sample = digits_bundle.samples()[2]
    best = digits_bundle.metadata.class_names[int(np.argmax(sample.probabilities))]
    assert max(shown, key=shown.__getitem__) == best


def test_from_a_file_nothing_of_the_installed_app_runs(demo: Any) -> None:
    """On file:// there is no manifest link and no service worker, and no complaint about them."""
    assert demo.query_selector("link[rel=manifest]") is None
    assert demo.complaints == []


def test_a_single_file_holds_everything(page: Any, digits_bundle: Bundle, tmp_path: Path) -> None:
    """One HTML file opens from disk without any request, classifies, and checks itself."""
    path = write_single_file(digits_bundle, tmp_path / "digits.html")

    open_page(page, path.as_uri())
    page.click("[data-testid=sample] >> nth=5")
    shown = answered(page)
    page.click("#about-button")
    page.click("#self-test-button")
    page.wait_for_selector("#self-test-outcome:has-text('every pixel identical')")

    sample = digits_bundle.samples()[5]
    best = digits_bundle.metadata.class_names[int(np.argmax(sample.probabilities))]
    assert max(shown, key=shown.__getitem__) == best
    assert [url for url in page.requests_seen if url.startswith(("http", "ws"))] == []
    assert {url for url in page.requests_seen if url.startswith("file:")} == {path.as_uri()}
    assert page.complaints == []


def test_a_single_file_runs_no_other_script(
    page: Any, digits_bundle: Bundle, tmp_path: Path
) -> None:
    """A script that was added to the file afterwards is refused by its own policy."""
    path = write_single_file(digits_bundle, tmp_path / "digits.html")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("</body>", "<script>document.title='x'</script></body>"), "utf-8")

    open_page(page, path.as_uri())

    assert page.title() != "x"
    assert any("Content Security Policy" in complaint for complaint in page.complaints)


def test_another_bundle_takes_the_built_in_ones_place(
    page: Any, demo_site: Path, tmp_path: Path
) -> None:
    """An exported folder that is chosen is used, and the built-in model is one click away."""
    open_page(page, (demo_site / "index.html").as_uri())
    page.click("#about-button")
    page.set_input_files("#bundle-input", GOLDEN / "bundle-v1")
    page.wait_for_selector("h1:has-text('frozen')")
    page.click("[data-testid=sample] >> nth=0")
    assert "<b>green</b>" in answered(page)

    page.click("#about-button")
    page.click("#built-in-button")
    page.wait_for_selector("h1:has-text('digits')")
    page.click("[data-testid=sample] >> nth=0")
    assert set(answered(page)) <= set("0123456789")

    # A damaged one is refused, and the one in use stays.
    shutil.copytree(GOLDEN / "bundle-v1", tmp_path / "damaged")
    (tmp_path / "damaged" / "model.json").write_text("{}")
    page.click("#about-button")
    page.set_input_files("#bundle-input", tmp_path / "damaged")
    page.wait_for_selector("#status[data-state=problem]", state="attached")
    assert "model.json" in page.inner_text("[data-testid=problem]")
    page.click("[data-testid=sample] >> nth=1")
    assert answered(page)


def test_below_the_threshold_no_class_is_named(
    demo: Any, digits_bundle: Bundle, tmp_path: Path
) -> None:
    """A picture that is no digit gives 'Not sure', for those who look and those who listen.

    Where the model measures how strange pictures are, the page says that in its place.
    """
    demo.set_input_files("#file-input", GOLDEN / "pictures" / "orientation-6.jpg")
    answered(demo)
    assert "Unlike anything" in demo.inner_text("[data-testid=strange]")
    assert demo.query_selector("[data-testid=unsure]") is None
    assert demo.query_selector("#best-class") is None
    shutil.copytree(digits_bundle.path, tmp_path / "strict")
    file = tmp_path / "strict" / "metadata.json"
    metadata = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(
        json.dumps({**metadata, "confidenceThreshold": 1.0, "novelty": None}), encoding="utf-8"
    )
    seal_folder(tmp_path / "strict")
    demo.click("#about-button")
    demo.set_input_files("#bundle-input", tmp_path / "strict")
    demo.wait_for_selector("#status:has-text('Now using')")

    demo.set_input_files("#file-input", GOLDEN / "pictures" / "orientation-6.jpg")
    shown = answered(demo)

    assert max(shown.values()) < 1
    assert "Not sure" in demo.inner_text("[data-testid=unsure]")
    assert demo.query_selector("#best-class") is None
    assert demo.text_content("#status").startswith("Not sure")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_no_obstacle(browser: Any, demo_site: Path, scheme: str) -> None:
    """axe-core finds nothing serious with a result shown, nor in the panel, in either scheme."""
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = watched(context.new_page())
    open_page(page, (demo_site / "index.html").as_uri())
    page.click("[data-testid=sample] >> nth=0")
    answered(page)
    page.click("#why-button")
    page.wait_for_selector("[data-testid=heat]")
    assert serious_problems(page) == []

    page.click("#about-button")
    assert serious_problems(page) == []
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "about-button"
    context.close()
