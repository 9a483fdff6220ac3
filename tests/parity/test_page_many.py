"""The demo page with many pictures at once: the table, its files, and the score by folder."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.demo_page import answered, drop_files, open_page, serious_problems, watched

from kerasport.bundle import Bundle
from kerasport.parity.compare.tally import TOLERANCES
from kerasport.prediction import predict

pytestmark = [pytest.mark.browser, pytest.mark.keras]

FOCUSED_ROW = "document.activeElement.closest('[data-testid=row]')?.dataset.path"
"""Path of the row that has the focus."""

PICTURES = 200


@pytest.fixture(scope="module")
def folder(digits_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 scans in class folders, two of them badly named, one no picture, and a note."""
    scans = sorted((digits_run.path.parents[1] / "data").rglob("*.png"))
    root = tmp_path_factory.mktemp("many") / "scans"
    chosen = [scans[place * len(scans) // PICTURES] for place in range(PICTURES)]
    for place, scan in enumerate(chosen):
        # A file of a wrong class: the score must not be perfect.
        label = "7" if place == 3 else scan.parent.name
        name = {10: '=cmd|"x".png', 20: "a, b.png"}.get(place, scan.name)
        target = root / label / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(scan, target)
    (root / "0" / "broken.png").write_bytes(b"no picture")
    (root / "notes.txt").write_text("no picture either")
    return root


@pytest.fixture(scope="module")
def table(demo_site: Path, browser: Any, folder: Path) -> Iterator[Any]:
    """The page after the folder was chosen and classified; each test leaves all rows shown."""
    page = watched(browser.new_page())
    open_page(page, (demo_site / "index.html").as_uri())
    page.set_input_files("#folder-input", folder)
    page.wait_for_selector("[data-testid=many][data-state=done]")
    yield page
    page.close()


def saved(page: Any, button: str) -> str:
    """Press a download button and return what it saves."""
    with page.expect_download() as download:
        page.click(button)
    return Path(download.value.path()).read_bytes().decode("utf-8-sig")


def saved_lines(page: Any) -> list[dict[str, str]]:
    """Return the lines of the table's CSV as a strict reader takes them."""
    text = io.StringIO(saved(page, "#many-csv"), newline="")
    return list(csv.DictReader(text, strict=True))


def test_the_csv_is_what_python_predicts(table: Any, folder: Path, digits_bundle: Bundle) -> None:
    """Line by line: file, class, probability, true class, and whether they agree."""
    files = sorted(folder.rglob("*.png"))
    predictions, errors = predict(digits_bundle, files)
    expected = {prediction.path: prediction for prediction in predictions}
    threshold = digits_bundle.metadata.confidence_threshold or 0.0

    lines = saved_lines(table)

    by_path = {line["file"].removeprefix("'"): line for line in lines}
    assert len(lines) == len(files) == PICTURES + 1
    assert [error.args[0] for error in errors if "broken.png" in str(error)]
    for path in files:
        line = by_path[path.relative_to(folder.parent).as_posix()]
        if path.name == "broken.png":
            assert "broken.png" in line["problem"]
            assert line["class"] == line["confidence"] == line["correct"] == ""
            continue
        name, probability = expected[path].top(1)[0]
        assert line["class"] == name
        assert abs(float(line["confidence"]) - probability) <= TOLERANCES["wasm"]
        assert line["sure"] == ("true" if float(line["confidence"]) >= threshold else "false")
        assert line["trueClass"] == path.parent.name
        assert line["correct"] == ("true" if name == path.parent.name else "false")


def test_the_json_has_every_probability(table: Any, folder: Path, digits_bundle: Bundle) -> None:
    """Each picture's probabilities are those of Python, in the order of the class names."""
    content = json.loads(saved(table, "#many-json"))
    answers = [picture for picture in content["pictures"] if "probabilities" in picture]
    paths = [folder.parent / picture["file"] for picture in answers]
    predictions, _ = predict(digits_bundle, paths)

    assert content["classNames"] == digits_bundle.metadata.class_names
    assert len(answers) == PICTURES
    for picture, prediction in zip(answers, predictions, strict=True):
        for value, expected in zip(picture["probabilities"], prediction.probabilities, strict=True):
            assert abs(value - expected) <= TOLERANCES["wasm"]


def test_the_folders_give_accuracy_and_confusion(
    table: Any, folder: Path, digits_bundle: Bundle
) -> None:
    """The numbers are those of Python, and each number shows its pictures."""
    predictions, _ = predict(digits_bundle, sorted(folder.rglob("*.png")))
    pairs = [(prediction.path.parent.name, prediction.top(1)[0][0]) for prediction in predictions]
    right = sum(truth == answer for truth, answer in pairs)

    assert f"right: {right} of {PICTURES} pictures" in table.inner_text("[data-testid=accuracy]")
    rows = table.query_selector_all("[data-testid=confusion] tbody tr")
    shown = [[int(cell.inner_text()) for cell in row.query_selector_all("td")] for row in rows]
    names = digits_bundle.metadata.class_names
    assert shown == [[pairs.count((truth, answer)) for answer in names] for truth in names]

    count = pairs.count(("7", "7"))
    table.click(f"[aria-label='{count} pictures of 7 answered as 7']")
    assert table.inner_text(".filters__shown p").startswith(f"{count} of ")
    table.click("text=Show all")
    assert table.inner_text(".filters__shown p") == f"{PICTURES + 1} shown"


def test_rows_are_sorted_and_filtered(table: Any) -> None:
    """By confidence, most probable first; by class; by least confidence; the wrong ones alone."""
    table.click("[data-column=probability] button")
    assert table.get_attribute("[data-column=probability]", "aria-sort") == "descending"
    confident = [line["confidence"] for line in saved_lines(table)]
    values = [float(value) for value in confident if value]
    assert values == sorted(values, reverse=True)
    assert confident[-1] == ""

    table.select_option("#filter-class", label="4")
    classes = {row.inner_text() for row in table.query_selector_all(".cell--className .two-lines")}
    assert classes == {"4"}

    table.click("text=Show all")
    table.check("#filter-wrong")
    wrong = saved_lines(table)
    assert wrong
    assert {line["correct"] for line in wrong} == {"false"}

    table.click("text=Show all")
    table.fill("#filter-minimum", "100")
    sure = saved_lines(table)
    assert all(float(line["confidence"]) == 1.0 for line in sure)
    table.click("text=Show all")
    table.click("[data-column=path] button")


def test_the_table_holds_only_the_rows_in_view(table: Any) -> None:
    """Scrolling brings the last row, and the number of elements stays small."""
    rows = table.query_selector_all("[data-testid=row]")
    assert 5 < len(rows) < 60
    last = PICTURES + 2
    assert table.get_attribute("[data-testid=table]", "aria-rowcount") == str(last)

    table.focus(".table-scroll")
    table.keyboard.press("End")
    table.wait_for_selector(f"[data-testid=row][aria-rowindex='{last}']")

    assert len(table.query_selector_all("[data-testid=row]")) < 60
    table.keyboard.press("Home")
    table.wait_for_selector("[data-testid=row][aria-rowindex='2']")


def test_a_row_opens_its_picture_and_back(table: Any) -> None:
    """A file name shows the picture with its true class; the way back leads to the row."""
    first = table.get_attribute("[data-testid=row] >> nth=0", "data-path")
    table.click("[data-testid=row] button >> nth=0")
    assert answered(table)
    assert "0" in table.inner_text("#true-class")
    assert table.inner_text("#picture-name") == first

    table.click("#back-to-many")
    table.wait_for_selector("[data-testid=table]")
    assert table.evaluate(FOCUSED_ROW) == first


def test_pictures_of_the_table_follow_each_other(table: Any) -> None:
    """Arrow keys and buttons lead on in the order of the table; Escape and Back lead to the row."""
    paths = [
        row.get_attribute("data-path") for row in table.query_selector_all("[data-testid=row]")[:3]
    ]
    table.click("[data-testid=row] button >> nth=0")
    answered(table)
    assert table.is_disabled("#previous-picture")

    table.keyboard.press("ArrowRight")
    table.wait_for_function(
        "name => document.querySelector('#picture-name').textContent === name", arg=paths[1]
    )
    table.click("#next-picture")
    table.wait_for_function(
        "name => document.querySelector('#picture-name').textContent === name", arg=paths[2]
    )
    assert table.evaluate("document.activeElement.id") == "next-picture"
    assert table.inner_text("#picture-position").startswith("3 of ")

    table.keyboard.press("Escape")
    table.wait_for_selector("[data-testid=table]")
    assert table.evaluate(FOCUSED_ROW) == paths[2]

    table.go_forward()
    table.wait_for_selector("#picture-name")
    table.go_back()
    table.wait_for_selector("[data-testid=table]")
    assert table.evaluate(FOCUSED_ROW) == paths[2]


def test_on_paper_there_is_every_row(table: Any) -> None:
    """What only scrolling shows is printed, and on the screen it is as before."""
    table.evaluate("dispatchEvent(new Event('beforeprint'))")
    printed = table.locator("[data-testid=row]").count()
    table.evaluate("dispatchEvent(new Event('afterprint'))")

    assert printed == PICTURES + 1
    assert table.locator("[data-testid=row]").count() < 60


def test_the_table_is_no_obstacle(table: Any) -> None:
    """Screen readers and keyboards get through: axe-core finds nothing serious, nor the console."""
    assert table.complaints == []
    assert serious_problems(table) == []


def test_a_dropped_folder_is_walked_and_can_be_stopped(demo: Any, folder: Path) -> None:
    """Folders arrive by drag and drop with their paths; stopping keeps what is answered."""
    # At the first sight of the button: a person's click might come after the last picture.
    demo.evaluate(
        "new MutationObserver(() => document.querySelector('#many-cancel')?.click())"
        ".observe(document.body, { childList: true, subtree: true })"
    )
    drop_files(demo, [folder])
    demo.wait_for_selector("[data-testid=many][data-state=cancelled]")

    assert "left out" in demo.inner_text("[data-testid=many-state]")
    # On file:// Chromium hides a dropped folder's files with names that Windows does not allow.
    names = {p.relative_to(folder.parent).as_posix() for p in folder.rglob("*.png")}
    lines = saved_lines(demo)
    assert {line["file"] for line in lines} == {n for n in names if '"' not in n}
    assert sum(line["class"] != "" for line in lines) < PICTURES / 2
    demo.click("#many-back")
    assert demo.is_visible("#drop-zone")
