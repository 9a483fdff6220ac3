"""Models of several labels in real browsers: the page's journey, the element, and verify."""

from __future__ import annotations

import contextlib
import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support import zoo
from support.demo_page import open_page, serious_problems, watched

from kerasport.bundle import Bundle
from kerasport.corrections import apply_corrections, read_corrections
from kerasport.dataset import read_labeled
from kerasport.errors import BrowserError
from kerasport.exporter import export
from kerasport.parity import verify
from kerasport.parity.browsers.engines import find_engine
from kerasport.parity.compare.tally import TOLERANCES
from kerasport.prediction import predict
from kerasport.site import write_site

pytestmark = [pytest.mark.browser, pytest.mark.keras]

THRESHOLDS = [0.3, 0.5, 0.5, 0.7]
TRUTH = {"a.png": "ant|bee", "b.png": "", "c.png": "dog"}


@pytest.fixture(scope="module")
def bundle(keras: Any, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return export(
        zoo.build("labels", keras),
        tmp_path_factory.mktemp("labels") / "model",
        class_names=zoo.CLASS_NAMES,
        output_kind="labels",
        thresholds=THRESHOLDS,
        name="tags",
    )


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three pictures of noise of different brightness, and a table of their labels."""
    folder = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(9)
    for name, bright in zip(TRUTH, (90, 170, 255), strict=True):
        Image.fromarray(generator.integers(0, bright, (40, 30, 3), np.uint8)).save(folder / name)
    lines = ["file,labels", *(f"{name},{labels}" for name, labels in TRUTH.items())]
    (folder / "labels.csv").write_text("\n".join(lines))
    return [*(folder / name for name in TRUTH), folder / "labels.csv"]


@pytest.fixture(scope="module")
def page(bundle: Bundle, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    site = write_site(bundle, tmp_path_factory.mktemp("site") / "site").parent
    page = watched(browser.new_page())
    open_page(page, (site / "index.html").as_uri())
    yield page
    page.close()


def test_one_picture_shows_its_labels_and_no_winner(
    page: Any, bundle: Bundle, pictures: list[Path]
) -> None:
    """Every label has Python's probability, and those are marked that hold."""
    (expected,), _ = predict(bundle, pictures[:1], engine="numpy")

    page.set_input_files("#file-input", pictures[0])
    page.wait_for_selector("#status[data-state=done]", state="attached")

    shown = {
        row.get_attribute("data-class-name"): row
        for row in page.query_selector_all("[data-testid=label]")
    }
    assert set(shown) == set(zoo.CLASS_NAMES)
    for label in expected.labels():
        row = shown[label.name]
        received = float(row.get_attribute("data-probability"))
        assert abs(received - label.probability) <= TOLERANCES["wasm"]
        assert row.get_attribute("data-holds") == str(label.holds).lower()
    assert page.query_selector("#best-class") is None
    assert page.query_selector("[data-testid=unsure]") is None
    assert serious_problems(page) == []
    assert page.complaints == []


def test_each_label_is_explained_in_its_turn(page: Any, pictures: list[Path]) -> None:
    """One heat map lies over the picture at a time, that of the button which is pressed."""
    page.set_input_files("#file-input", pictures[1])
    page.wait_for_selector("#picture-name:has-text('b.png')")
    buttons = page.locator("[data-testid=why-label]")

    for place in (0, 1, 0):
        buttons.nth(place).click()
        buttons.nth(place).and_(page.locator("[aria-pressed=true]")).wait_for()

        assert page.locator("[data-testid=why-label][aria-pressed=true]").count() == 1
        assert page.locator(".heat:visible").count() == 1


def test_the_table_compares_with_the_one_that_was_chosen_beside(
    page: Any, bundle: Bundle, pictures: list[Path]
) -> None:
    """Right, missed and false add up for each label, and the CSV has a column for each."""
    answers, _ = predict(bundle, pictures[:3], engine="numpy")
    held = {a.path.name: [each.name for each in a.labels() if each.holds] for a in answers}
    right = sum("|".join(held[name]) == truth for name, truth in TRUTH.items())

    page.set_input_files("#file-input", pictures)
    page.wait_for_selector("[data-testid=many][data-state=done]")

    assert f"{right} of 3" in page.inner_text("[data-testid=accuracy]")
    for row, name in enumerate(zoo.CLASS_NAMES):
        cells = page.locator(f"[data-testid=label-table] tbody tr >> nth={row} >> td")
        true = {each for each, truth in TRUTH.items() if name in truth.split("|")}
        told = {each for each in TRUTH if name in held[each]}
        counts = [len(true & told), len(true - told), len(told - true)]
        assert [int(text) for text in cells.all_inner_texts()] == counts
    with page.expect_download() as download:
        page.click("#many-csv")
    text = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert {line["file"]: line["labels"] for line in lines} == {
        name: "|".join(names) for name, names in held.items()
    }
    assert {line["file"]: line["trueLabels"] for line in lines} == TRUTH
    assert {f"p:{name}" for name in zoo.CLASS_NAMES} <= set(lines[0])
    assert page.locator(".correct-button").count() == 3
    assert page.is_visible("#filter-marked")
    assert serious_problems(page) == []
    page.select_option("#filter-class", label=zoo.CLASS_NAMES[0])
    first = sum(zoo.CLASS_NAMES[0] in names for names in held.values())
    assert page.locator("[data-testid=row]").count() == first
    page.click("#many-back")


@pytest.fixture
def fresh(bundle: Bundle, browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A page that nobody has marked anything on."""
    site = write_site(bundle, tmp_path / "site").parent
    context = browser.new_context(accept_downloads=True)
    page = watched(context.new_page())
    open_page(page, (site / "index.html").as_uri())
    yield page
    assert page.complaints == []
    context.close()


def test_labels_are_corrected_and_leave_as_python_reads_them(
    fresh: Any, bundle: Bundle, pictures: list[Path], tmp_path: Path
) -> None:
    """Keys set and take labels, marks survive a reload, and a data set takes them as meant."""
    answers, _ = predict(bundle, pictures[:3], engine="numpy")
    held = {a.path.name: [each.name for each in a.labels() if each.holds] for a in answers}

    def row(name: str) -> Any:
        return fresh.locator(f"[data-testid=row][data-path='{name}']")

    def press(name: str, *keys: str) -> None:
        row(name).locator(".file-name").focus()
        for key in keys:
            fresh.keyboard.press(key)

    fresh.set_input_files("#file-input", pictures)
    fresh.wait_for_selector("[data-testid=many][data-state=done]")
    press("a.png", "c")
    fresh.wait_for_selector("#class-menu[open]")
    boxes = fresh.locator("#class-menu input[type=checkbox]")
    assert boxes.evaluate_all("all => all.map((each) => each.checked)") == [
        name in held["a.png"] for name in zoo.CLASS_NAMES
    ]
    assert serious_problems(fresh) == []
    for place, name in enumerate(zoo.CLASS_NAMES):
        if (name in held["a.png"]) != (name in ("bee", "dog")):
            fresh.keyboard.press(str(place + 1))
    fresh.keyboard.press("Enter")
    a_mark = "right" if held["a.png"] == ["bee", "dog"] else "label"
    row("a.png").and_(fresh.locator(f"[data-mark={a_mark}]")).wait_for()
    assert "bee, dog" in row("a.png").locator(".correct-button").get_attribute("data-words")
    press("b.png", "n")
    b_mark = "right" if held["b.png"] == [] else "none"
    row("b.png").and_(fresh.locator(f"[data-mark={b_mark}]")).wait_for()
    press("c.png", "r")
    row("c.png").and_(fresh.locator("[data-mark=right]")).wait_for()
    fresh.check("#filter-marked")
    assert fresh.locator("[data-testid=row]").count() == 3

    fresh.reload()
    fresh.wait_for_selector("#status[data-state=ready]", state="attached")
    fresh.set_input_files("#file-input", pictures[0])
    fresh.wait_for_selector("#correction:has-text('bee, dog')")
    fresh.set_input_files("#file-input", pictures)
    fresh.wait_for_selector("[data-testid=many][data-state=done]")
    fresh.wait_for_selector(
        "[data-testid=corrections] [data-testid=corrected-count]:has-text('3 corrected')"
    )
    with fresh.expect_download() as download:
        fresh.locator("[data-testid=save-zip]:visible").click()
    archive = tmp_path / "corrections.zip"
    download.value.save_as(archive)

    table = tmp_path / "data" / "labels.csv"
    table.parent.mkdir()
    for path in pictures[:3]:
        shutil.copy(path, table.parent)
    lines = ["file,labels", "a.png,ant", "b.png,cat|ant", "c.png,bee"]
    table.write_text("\n".join(lines))
    before = read_labeled(table, class_names=zoo.CLASS_NAMES, kind="labels")
    after, applied = apply_corrections(before, read_corrections([archive]))
    shown = {
        each.path.name: [zoo.CLASS_NAMES[place] for place in each.labels] for each in after.examples
    }
    assert shown == {"a.png": ["bee", "dog"], "b.png": [], "c.png": held["c.png"]}
    assert applied.absent == applied.bad == 0


@pytest.mark.parametrize("quantize", ["float32", "uint8"])
def test_every_engine_tells_the_same_labels(quantize: str, keras: Any, tmp_path: Path) -> None:
    """Probabilities are Keras' and the same labels hold, in each browser that is installed."""
    made = export(
        zoo.build("labels", keras),
        tmp_path / "model",
        class_names=zoo.CLASS_NAMES,
        output_kind="labels",
        quantize=quantize,
    )
    names = ["chromium/wasm", "chromium/cpu", "stock-tfjs/wasm"]
    for name in ("firefox", "webkit"):
        with contextlib.suppress(BrowserError):
            find_engine(name)
            names.append(f"{name}/wasm")

    parity = verify(made, witnesses=names)

    assert parity.passed, parity
    assert parity.output_kind == "labels"
    assert all(each.top1_agreement == 1 for each in parity.witnesses)
    certificate = (made.path / "parity.html").read_text("utf-8")
    assert "same labels held" in certificate
    assert "holds (0.5)" in certificate
    if quantize == "uint8":
        assert all(each.float_agreement for each in parity.witnesses)
