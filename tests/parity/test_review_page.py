"""The page of a review in a browser: keys, marks, the table, and nothing that is asked for."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.demo_page import problems
from support.pictures import write_class_folders

from kerasport.corrections import read_table, table_text
from kerasport.dataset import decode_dataset, read_data
from kerasport.preprocess import ImageSpec
from kerasport.review.page import render_review
from kerasport.review.suspicion import Suspect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

CLASSES = ("a", 'b, "quoted"', "=c")


@dataclass
class Opened:
    """The page, what went wrong on it, and the pictures on it in their order."""

    page: Page
    problems: list[str]
    suspects: list[Suspect]

    def counts(self) -> list[int]:
        """Return marked, changed, right, none and bad as the page counts them."""
        names = ("marked", "changed", "right", "none", "bad")
        return [int(self.page.inner_text(f"#count-{name}")) for name in names]

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def table(self, path: Path) -> Path:
        with self.page.expect_download() as download:
            self.page.keyboard.press("s")
        download.value.save_as(path)
        return path


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Opened:
    """A page of six pictures, opened as a double-click opens it."""
    return open_page(browser, tmp_path, CLASSES)


def open_page(
    browser: Browser, tmp_path: Path, classes: tuple[str, ...], file: str | None = None
) -> Opened:
    folder = write_class_folders(tmp_path / "data", dict.fromkeys(("a", "b", "c"), 10))
    spec = ImageSpec(height=8, width=8, color_mode="rgb")
    decoded = decode_dataset(read_data(folder), spec)
    suspects = [
        Suspect(at, each, each.label, (each.label + 1) % 3, 0.9, 0.1, ("label",), ("Why.",))
        for at, each in enumerate(decoded.dataset.examples[:6])
    ]
    if file is not None:
        examples = [replace(each.example, path=folder / file) for each in suspects]
        suspects = [
            replace(suspect, example=each) for suspect, each in zip(suspects, examples, strict=True)
        ]
    dataset = replace(decoded.dataset, class_names=classes)
    html = render_review(
        dataset, suspects, decoded.pixels, name="data", answered=30, method="By models."
    )
    (tmp_path / "review.html").write_text(html, encoding="utf-8", newline="")
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    asked = (tmp_path / "review.html").as_uri()
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("data:", "blob:")) or request.url == asked
            else problems.append(request.url)
        ),
    )
    page.goto(asked)
    page.wait_for_selector("html[data-ready]")
    return Opened(page, problems, suspects)


def test_labels_are_corrected_by_keyboard(opened: Opened, tmp_path: Path) -> None:
    """Each key marks the picture and goes on; the table has what was meant, for Python too."""
    opened.press(" ", "Enter", "n", "b", "3")

    rows = read_table(opened.table(tmp_path / "corrections.csv"))

    first = opened.suspects
    assert [row.content for row in rows] == [each.example.content for each in first[:5]]
    assert [row.verdict for row in rows] == ["label", "label", "none", "bad", "label"]
    assert [row.label for row in rows] == [
        CLASSES[first[0].proposed],
        CLASSES[first[1].given],
        "",
        "",
        "=c",
    ]
    assert [row.given for row in rows] == [CLASSES[each.given] for each in first[:5]]
    assert opened.counts()[0] == 5
    assert opened.page.inner_text("#place") == "6 of 6"
    assert opened.problems == []


def test_undo_takes_back_one_mark_at_a_time(opened: Opened) -> None:
    """The picture of the mark is shown again, with the mark that it had before."""
    opened.press("n", "ArrowLeft", "b")
    assert opened.counts() == [1, 0, 0, 0, 1]

    opened.press("u")
    assert opened.counts() == [1, 0, 0, 1, 0]
    assert opened.page.inner_text("#place") == "1 of 6"
    opened.press("Control+z")
    assert opened.counts() == [0, 0, 0, 0, 0]
    opened.press("u")
    assert opened.page.inner_text("#said") == "There is nothing to undo."


def test_marks_survive_a_reload_and_come_back_from_a_table(opened: Opened, tmp_path: Path) -> None:
    """A reload keeps them; elsewhere the table restores them, and keeps pictures of other pages."""
    opened.press(" ", "n")
    table = opened.table(tmp_path / "corrections.csv")
    opened.page.reload()
    assert opened.counts()[0] == 2
    opened.page.evaluate("localStorage.clear()")
    opened.page.reload()
    assert opened.counts()[0] == 0
    text = table.read_text(encoding="utf-8") + f'{"e" * 64},"other, ""x"".png",a,,bad\n'
    table.write_text("\ufeff" + text, encoding="utf-8", newline="")

    opened.page.set_input_files("#restore", str(table))
    opened.page.wait_for_selector("#said:not(:empty)", state="attached")
    again = opened.table(tmp_path / "again.csv").read_text(encoding="utf-8")

    assert opened.counts()[0] == 2
    assert list(csv.reader(io.StringIO(again))) == list(csv.reader(io.StringIO(text)))
    assert opened.problems == []


def test_another_file_restores_nothing(opened: Opened, tmp_path: Path) -> None:
    """The page says which columns it expects, and keeps its marks."""
    opened.press("n")
    (tmp_path / "other.csv").write_text('path,label\n"1.png,a\n')

    opened.page.set_input_files("#restore", str(tmp_path / "other.csv"))
    opened.page.wait_for_selector("#said:has-text('no corr')", state="attached")

    assert opened.counts()[0] == 1
    assert "content, file, given, label, verdict" in opened.page.inner_text("#said")


def test_a_filter_shows_a_class_alone(opened: Opened) -> None:
    """Pictures of one label, and of those the ones without a mark."""
    name = opened.suspects[0].given
    count = sum(each.given == name for each in opened.suspects)

    opened.page.select_option("#class", str(name))
    assert opened.page.locator("#list .card").count() == count
    opened.page.locator("#list .card").first.focus()
    opened.press("b")
    opened.page.select_option("#state", "open")

    assert opened.page.locator("#list .card").count() == count - 1


def test_the_page_is_no_obstacle(opened: Opened) -> None:
    """axe-core finds nothing, light or dark, phone or desk, and nothing sticks out."""
    opened.press("n", " ")
    for scheme in ("light", "dark"):
        opened.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a literal
        for width in (340, 700, 1280):
            opened.page.set_viewport_size({"width": width, "height": 800})

            assert problems(opened.page) == [], f"{scheme}, {width} px"
            assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


HOSTILE = (
    ("</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--"),
    ("=cmd|' /C calc'!A0", "'=x", "@SUM(1)"),
    (" a ", "a;b", "c\td"),
    ("x\ny", "\u202ecod.exe", "\u2028z"),
    ("__proto__", "constructor", "toString"),
)


@pytest.mark.parametrize("classes", HOSTILE, ids=["markup", "formulas", "marks", "signs", "words"])
def test_whatever_classes_and_files_are_called_marks_come_back(
    classes: tuple[str, ...], browser: Browser, tmp_path: Path
) -> None:
    """Names are texts and no more: shown on a line, saved, read by Python, and restored."""
    page = open_page(browser, tmp_path, classes, 'a/=1;<b>\u202e,"x"\n.png')
    page.press("1", "2", "3")

    table = page.table(tmp_path / "corrections.csv")
    rows = read_table(table)
    table.write_text(table_text(rows), encoding="utf-8", newline="")
    page.page.evaluate("localStorage.clear()")
    page.page.reload()
    page.page.set_input_files("#restore", str(table))
    page.page.wait_for_selector("#said:not(:empty)", state="attached")

    assert [row.label for row in rows] == list(classes)
    assert page.counts()[0] == 3
    assert "3 marks restored" in page.page.inner_text("#said")
    assert read_table(page.table(tmp_path / "again.csv")) == rows
    shown = page.page.inner_text("main")
    assert not any(sign in shown for sign in "\u202e\u2028")
    assert page.problems == []
