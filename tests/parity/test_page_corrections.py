"""Correcting answers on the demo page: keys, marks that stay, and what Python reads of them."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import zoo
from support.demo_page import answered, open_page, problems, watched
from support.pictures import write_class_folders

from kerasport.corrections import apply_corrections, read_corrections, read_table
from kerasport.dataset import read_data
from kerasport.dataset.paths import read_bytes
from kerasport.exporter import export
from kerasport.site import write_site

pytestmark = [pytest.mark.browser, pytest.mark.keras]

CLASSES = ["ant", 'b, "bee"', "=cat", "dög"]
FOCUSED_ROW = "document.activeElement.closest('[data-testid=row]')?.dataset.path"
ROW = "[data-testid=row]"
COUNT = "[data-testid=corrections] [data-testid=corrected-count]"


@pytest.fixture(scope="module")
def address(keras: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page with a model of four classes, opened as a double-click opens it."""
    folder = tmp_path_factory.mktemp("corrections")
    bundle = export(zoo.build("conv", keras), folder / "model", class_names=CLASSES, name="é %")
    return (write_site(bundle, folder / "site").parent / "index.html").as_uri()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Few enough to be in view at once, one of them twice, with difficult names."""
    counts = {"ant": 7, "=cat": 6}
    root = write_class_folders(tmp_path_factory.mktemp("pictures") / "data", counts)
    shutil.move(root / "ant" / "001.png", root / "ant" / 'a, "ü".png')
    shutil.copy(root / "ant" / "002.png", root / "=cat" / "copy.png")
    return root


@pytest.fixture
def page(address: str, browser: Any) -> Iterator[Any]:
    """A page that nobody has marked anything on."""
    context = browser.new_context(accept_downloads=True)
    page = watched(context.new_page())
    open_page(page, address)
    page.set_default_timeout(30_000)
    yield page
    foreign = [each for each in page.requests_seen if not each.startswith(("file:", "blob:"))]
    assert (page.complaints, foreign) == ([], [])
    context.close()


def show(page: Any, folder: Path) -> None:
    page.set_input_files("#folder-input", folder)
    page.wait_for_selector("[data-testid=many][data-state=done]")


def row(page: Any, path: str) -> Any:
    return page.locator(f"{ROW}[data-path={_quoted(path)}]")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def marked(page: Any, path: str, kind: str, words: str) -> None:
    """Wait until the row says so."""
    view = f"{ROW}[data-path={_quoted(path)}][data-mark={kind!r}]"
    page.locator(f"{view} .correct-button[data-words={_quoted(words)}]").wait_for()


def answer_of(page: Any, path: str) -> str:
    return str(row(page, path).locator(".cell--className .two-lines").inner_text())


def has_label(page: Any, path: str, label: str) -> None:
    """Wait until the row has the label; where that is the answer, it is called right."""
    if label == answer_of(page, path):
        marked(page, path, "right", f"Right: {label}")
    else:
        marked(page, path, "label", label)


def press(page: Any, path: str, *keys: str) -> None:
    """Press keys while the row of the picture has the focus."""
    row(page, path).locator(".file-name").focus()
    for key in keys:
        page.keyboard.press(key)


def save(page: Any, which: str, path: Path) -> Path:
    with page.expect_download() as download:
        page.locator(f"[data-testid=save-{which}]:visible").click()
    download.value.save_as(path)
    assert download.value.suggested_filename == f"corrections.{which}"
    return path


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_corrections_made_by_keyboard_train_a_model(
    page: Any, folder: Path, tmp_path: Path
) -> None:
    """Marks made in the table leave as an archive, which changes the data set as it was meant."""
    show(page, folder)
    press(page, "data/ant/000.png", "c", "3")
    has_label(page, "data/ant/000.png", "=cat")
    # The next row has the focus: what is pressed now is about that.
    assert page.evaluate(FOCUSED_ROW) == "data/ant/002.png"
    page.keyboard.down("n")
    page.keyboard.down("n")
    page.keyboard.up("n")
    marked(page, "data/ant/002.png", "none", "None of these")
    marked(page, "data/=cat/copy.png", "none", "None of these")
    # A key that is held down is pressed once; what it did is said.
    said = page.text_content("[data-testid=corrections] [role=status]")
    assert said == "data/ant/002.png: None of these."
    press(page, 'data/ant/a, "ü".png', "b")
    marked(page, 'data/ant/a, "ü".png', "bad", "Bad picture")
    answer = answer_of(page, "data/=cat/001.png")
    press(page, "data/=cat/001.png", "r")
    marked(page, "data/=cat/001.png", "right", f"Right: {answer}")
    assert page.inner_text(COUNT) == "4 corrected"

    archive = save(page, "zip", tmp_path / "corrections.zip")
    table = save(page, "csv", tmp_path / "corrections.csv")

    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        assert {each.compress_type for each in opened.infolist()} == {zipfile.ZIP_STORED}
        assert opened.read("corrections.csv") == table.read_bytes()
        names = [name for name in opened.namelist() if name.startswith("pictures/")]
        assert len(names) == 4
        assert any(name.endswith("-a, _ü_.png") for name in names)
    found = read_corrections([archive])
    cases = {
        "ant/000.png": ("label", "=cat", "ant"),
        "ant/002.png": ("none", "", "ant"),
        'ant/a, "ü".png': ("bad", "", "ant"),
        "=cat/001.png": ("label", answer, "=cat"),
    }
    for name, (verdict, label, given) in cases.items():
        each = found.by_content[sha(folder / name)]
        assert (each.file, each.verdict, each.label, each.given) == (
            f"data/{name}", verdict, label, given,
        )  # fmt: skip
        assert read_bytes(found.pictures[each.content]) == (folder / name).read_bytes()
    assert [each.content for each in read_table(table)] == list(found.by_content)

    before = read_data(folder)
    after, applied = apply_corrections(before, found)

    labels = {each.content: each.label for each in after.examples}
    assert labels[sha(folder / "ant/000.png")] == after.class_names.index("=cat")
    assert sha(folder / "ant/002.png") not in labels
    # The copy that lies in the other folder is left out too.
    assert (applied.none, applied.bad, applied.absent) == (2, 1, 0)


def test_the_menu_finds_classes_and_closes_without_a_mark(page: Any, folder: Path) -> None:
    """Typing filters, Enter takes the first, Escape nothing, and a mark can be taken away."""
    show(page, folder)
    path = "data/ant/004.png"
    press(page, path, "c")
    page.wait_for_selector("#class-menu")
    assert problems(page) == []
    assert page.locator(".class-menu__class").all_inner_texts()[0].startswith("ant")
    page.keyboard.type("DOG")
    assert page.locator(".class-menu__class").count() == 1
    page.keyboard.press("Escape")
    page.wait_for_selector("#class-menu", state="detached")
    assert row(page, path).get_attribute("data-mark") == ""
    assert page.evaluate(FOCUSED_ROW) == path

    page.keyboard.press("c")
    page.keyboard.type("dog")
    page.keyboard.press("Enter")
    has_label(page, path, "dög")
    row(page, path).locator(".correct-button").click()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    has_label(page, path, "=cat")
    assert page.evaluate(FOCUSED_ROW) == path
    page.keyboard.press("Control+z")
    has_label(page, path, "dög")
    row(page, path).locator(".correct-button").click()
    page.click("#menu-unmark")
    page.locator(f"{ROW}[data-path={_quoted(path)}][data-mark='']").wait_for()
    page.keyboard.press("u")
    has_label(page, path, "dög")


def test_corrected_rows_can_be_shown_alone(page: Any, folder: Path) -> None:
    """The filter shows them, a mark that is taken back leaves it, and all can be discarded."""
    show(page, folder)
    for name in ("ant/003.png", "=cat/002.png"):
        press(page, f"data/{name}", "n")
        marked(page, f"data/{name}", "none", "None of these")
    page.check("#filter-marked")
    assert page.locator(ROW).count() == 2
    press(page, "data/=cat/002.png", "u")
    row(page, "data/=cat/002.png").wait_for(state="detached")
    assert page.locator(ROW).count() == 1
    page.click("text=Show all")
    assert page.inner_text(".filters__shown p") == "14 shown"

    page.click("[data-testid=discard-corrections]")
    page.wait_for_selector(f"{COUNT}:has-text('corrects it')")
    assert page.is_disabled("[data-testid=save-zip]")
    page.click("[data-testid=undo-correction]")
    page.wait_for_selector(f"{COUNT}:has-text('1 corrected')")


def test_marks_survive_a_reload(page: Any, folder: Path, tmp_path: Path) -> None:
    """Of the picture wherever it comes from then; the pictures themselves are kept nowhere."""
    show(page, folder)
    press(page, "data/ant/004.png", "c", "2")
    has_label(page, "data/ant/004.png", CLASSES[1])
    kept = page.evaluate("Object.entries(localStorage)")
    assert len(kept) == 1
    assert sha(folder / "ant" / "004.png") in kept[0][0]
    assert len(kept[0][1]) < 200

    page.reload()
    page.wait_for_selector("#status[data-state=ready]")
    elsewhere = Path(shutil.copy(folder / "ant" / "004.png", tmp_path / "other.png"))
    page.set_input_files("#file-input", elsewhere)
    answered(page)
    page.wait_for_selector("#correction:has-text('Corrected: b, \"bee\"')")
    (line,) = read_table(save(page, "csv", tmp_path / "corrections.csv"))

    assert (line.content, line.file, line.label) == (sha(elsewhere), "other.png", CLASSES[1])


def test_one_picture_is_corrected_by_buttons_and_keys(
    page: Any, folder: Path, tmp_path: Path
) -> None:
    """What is pressed is said, shown in the table too, and arrows lead on as before."""
    show(page, folder)
    row(page, "data/ant/003.png").locator(".file-name").click()
    answered(page)
    page.wait_for_selector("#correction:has-text('Not corrected')")
    page.click("[data-testid=correct-none]")
    page.wait_for_selector("#correction:has-text('None of these')")
    assert page.inner_text("#status") == "data/ant/003.png: None of these."
    assert page.evaluate("document.activeElement.dataset.testid") == "correct-none"
    page.keyboard.press("c")
    page.keyboard.press("4")
    page.wait_for_selector("#correction:has-text('Corrected: dög')")
    assert page.get_attribute("[data-testid=correct-class]", "aria-pressed") == "true"
    assert problems(page) == []
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#picture-name:has-text('004.png')")
    page.wait_for_selector("#correction:has-text('Not corrected')")
    page.keyboard.press("b")
    page.wait_for_selector("#correction:has-text('Bad picture')")
    page.keyboard.press("u")
    page.wait_for_selector("#correction:has-text('Not corrected')")
    page.keyboard.press("Escape")
    has_label(page, "data/ant/003.png", "dög")
    assert row(page, "data/ant/004.png").get_attribute("data-mark") == ""


def test_what_came_with_the_model_is_not_corrected(demo: Any) -> None:
    """A sample is none of the user's pictures: its answer has nothing to correct it with."""
    demo.click("[data-testid=sample] >> nth=0")
    answered(demo)
    demo.keyboard.press("n")

    assert demo.locator("[data-testid=correct]").count() == 0
    assert demo.evaluate("localStorage.length") == 0


def test_a_key_that_follows_at_once_is_about_the_next_row(page: Any, folder: Path) -> None:
    """However long the file before takes to read."""
    show(page, folder)
    page.evaluate(
        """() => {
          const read = Blob.prototype.arrayBuffer;
          Blob.prototype.arrayBuffer = async function () {
            await new Promise((done) => setTimeout(done, 300));
            return read.call(this);
          };
        }"""
    )
    press(page, "data/ant/003.png", "n", "b")

    marked(page, "data/ant/003.png", "none", "None of these")
    marked(page, "data/ant/004.png", "bad", "Bad picture")
