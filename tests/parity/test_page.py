"""The demo page, opened from file:// as by a double-click: what a person sees and does."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.demo_page import answered, open_page

from kerasport.bundle import Bundle
from kerasport.bundle.script import embed
from kerasport.models import load_model, probabilities
from kerasport.parity.compare.tally import TOLERANCES
from kerasport.preprocess import preprocess

pytestmark = [pytest.mark.browser, pytest.mark.keras]

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def page(demo: Any) -> Any:
    """The page, ready."""
    return demo


@pytest.fixture
def site(demo_site: Path) -> Path:
    """The folder with the page; tests must not change it."""
    return demo_site


def test_the_page_introduces_the_model(page: Any, digits_bundle: Bundle) -> None:
    """Name, every class, test accuracy and every sample are there, and nothing went wrong."""
    metrics = digits_bundle.metadata.metrics
    page.click("#about-button")
    text = page.inner_text("body")
    names = [cell.inner_text() for cell in page.query_selector_all("[data-testid=class-name]")]

    assert page.inner_text("h1") == "digits"
    assert names == digits_bundle.metadata.class_names
    assert metrics is not None
    assert metrics.test_accuracy is not None
    assert f"{metrics.test_accuracy:.1%}" in text
    assert len(page.query_selector_all("[data-testid=sample]")) == len(digits_bundle.samples())
    assert page.complaints == []


@pytest.mark.parametrize("backend", ["cpu", "wasm", "webgl"])
def test_a_chosen_file_gets_keras_probabilities(
    backend: str, page: Any, site: Path, digits_run: Any
) -> None:
    """A photo-like file through the picker shows what Keras says of the same file."""
    picture = GOLDEN / "pictures" / "orientation-6.jpg"
    open_page(page, f"{(site / 'index.html').as_uri()}?backend={backend}")

    page.set_input_files("#file-input", picture)
    shown = answered(page)

    pixels = preprocess(picture, digits_run.image_spec)
    expected = probabilities(load_model(digits_run.model_path), pixels[None])[0]
    assert page.inner_text("#backend") == backend
    assert len(shown) >= 3
    for name, probability in shown.items():
        index = digits_run.description.class_names.index(name)
        assert abs(probability - expected[index]) <= TOLERANCES[backend]


def test_a_sample_is_classified_by_a_click(page: Any, digits_bundle: Bundle) -> None:
    """A sample shows its answer, its true class and how long it took."""
    sample = digits_bundle.samples()[3]

    page.click("[data-testid=sample] >> nth=3")
    shown = answered(page)

    best = int(np.argmax(sample.probabilities))
    assert max(shown, key=shown.__getitem__) == digits_bundle.metadata.class_names[best]
    assert sample.label in page.inner_text("#true-class").split()
    assert "ms" in page.inner_text("#result")


def transfer(page: Any, kind: str, path: Path) -> Any:
    """Return a DataTransfer that holds a file, as a drop or a paste brings it."""
    return page.evaluate_handle(
        """([base64, name]) => {
          const transfer = new DataTransfer();
          const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
          transfer.items.add(new File([bytes], name, { type: "image/png" }));
          return transfer;
        }""",
        [base64.b64encode(path.read_bytes()).decode(), path.name],
    )


def test_a_picture_can_be_dropped(page: Any, digits_bundle: Bundle) -> None:
    """Dropping a file on the page classifies it."""
    sample = digits_bundle.samples()[5]
    data = transfer(page, "drop", digits_bundle.path / sample.file)

    page.dispatch_event("#drop-zone", "drop", {"dataTransfer": data})
    shown = answered(page)

    best = int(np.argmax(sample.probabilities))
    assert max(shown, key=shown.__getitem__) == digits_bundle.metadata.class_names[best]


def test_a_picture_can_be_pasted(page: Any, digits_bundle: Bundle) -> None:
    """Pasting a picture classifies it."""
    sample = digits_bundle.samples()[7]
    data = transfer(page, "paste", digits_bundle.path / sample.file)

    page.evaluate(
        "(data) => document.dispatchEvent(new ClipboardEvent('paste', "
        "{ clipboardData: data, bubbles: true }))",
        data,
    )
    shown = answered(page)

    best = int(np.argmax(sample.probabilities))
    assert max(shown, key=shown.__getitem__) == digits_bundle.metadata.class_names[best]


def test_an_unreadable_file_is_named_and_the_page_goes_on(
    page: Any, tmp_path: Path, digits_bundle: Bundle
) -> None:
    """A file that is no picture gives a clear message, and the next one is classified."""
    broken = tmp_path / "holiday.png"
    broken.write_bytes(b"this is no picture")

    page.set_input_files("#file-input", broken)
    page.wait_for_selector("#status[data-state=problem]")
    assert "holiday.png" in page.inner_text("[data-testid=problem]")

    page.click("[data-testid=sample] >> nth=0")
    assert len(answered(page)) >= 3


def test_no_request_leaves_the_page(page: Any, digits_bundle: Bundle) -> None:
    """Everything comes from the folder, and the Content-Security-Policy refuses the network."""
    page.click("[data-testid=sample] >> nth=0")
    answered(page)
    schemes = {url.split(":", 1)[0] for url in page.requests_seen}
    assert schemes <= {"file", "blob", "data"}

    attempts = page.evaluate(
        """async () => {
          const refused = {};
          const blocked = new Set();
          addEventListener("securitypolicyviolation", (e) => blocked.add(e.effectiveDirective));
          const image = new Image();
          image.src = "http://127.0.0.1:9/pixel.png";
          await new Promise((done) => { image.onload = image.onerror = done; });
          await fetch("http://127.0.0.1:9/").catch(() => {});
          navigator.sendBeacon("http://127.0.0.1:9/", "x");
          try { new WebSocket("ws://127.0.0.1:9/"); } catch {}
          await new Promise((done) => setTimeout(done, 0));
          return [...blocked];
        }"""
    )
    assert sorted(attempts) == ["connect-src", "img-src"]


def test_the_device_can_check_itself(page: Any) -> None:
    """The self-test recomputes the samples and says that they agree with Keras."""
    page.click("#about-button")
    page.click("#self-test-button")
    # A selector: the page's policy forbids the eval that waiting for an expression needs.
    page.wait_for_selector("#self-test-outcome:has-text('every pixel identical')")

    result = page.evaluate("kerasport.loadClassifier().then((c) => c.selfTest())")
    assert result["passed"] is True
    assert result["differingPictures"] == 0
    assert result["maxAbsoluteDifference"] <= 1e-5


def test_class_names_are_text_never_markup(browser: Any, site: Path, tmp_path: Path) -> None:
    """A hostile class name is shown as it is written and runs nothing."""
    shutil.copytree(site, tmp_path / "site")
    shutil.rmtree(tmp_path / "site" / "model")
    shutil.copytree(GOLDEN / "bundle-v1", tmp_path / "site" / "model")
    page = browser.new_page()

    open_page(page, (tmp_path / "site" / "index.html").as_uri())

    page.click("#about-button")
    assert "<b>green</b>" in page.inner_text("body")
    assert page.query_selector("main b, b") is None
    page.close()


def test_a_page_without_a_model_says_how_to_make_one(
    browser: Any, site: Path, tmp_path: Path
) -> None:
    """Without web/model the page names the command that writes it."""
    shutil.copytree(site, tmp_path / "site")
    shutil.rmtree(tmp_path / "site" / "model")
    page = browser.new_page()

    page.goto((tmp_path / "site" / "index.html").as_uri())
    page.wait_for_selector("#message", state="visible")

    assert "make train export" in page.inner_text("#message")
    page.close()


def test_a_newer_bundle_is_refused_with_advice(browser: Any, site: Path, tmp_path: Path) -> None:
    """The page does not run a bundle of a later format, and says what to do."""
    shutil.copytree(site, tmp_path / "site")
    script = tmp_path / "site" / "model" / "model.js"
    metadata = json.loads((tmp_path / "site" / "model" / "metadata.json").read_text("utf-8"))
    metadata["formatVersion"] = 99
    script.write_bytes(embed("later", 99, {"metadata.json": json.dumps(metadata).encode()}))
    page = browser.new_page()

    page.goto((tmp_path / "site" / "index.html").as_uri())
    page.wait_for_selector("#message", state="visible")

    assert "99" in page.inner_text("#message")
    page.close()


def test_a_large_photo_is_classified_whole(page: Any, digits_run: Any, tmp_path: Path) -> None:
    """A picture of three megapixels gives the same answer as in Python."""
    generator = np.random.default_rng(4)
    small = generator.integers(0, 256, (30, 40, 3), dtype=np.uint8)
    photo = tmp_path / "photo.jpg"
    Image.fromarray(small).resize((2000, 1500), Image.Resampling.BICUBIC).save(photo, quality=90)

    page.set_input_files("#file-input", photo)
    shown = answered(page)

    pixels = preprocess(photo, digits_run.image_spec)
    expected = probabilities(load_model(digits_run.model_path), pixels[None])[0]
    best = max(shown, key=shown.__getitem__)
    assert abs(shown[best] - expected.max()) <= TOLERANCES["wasm"]
