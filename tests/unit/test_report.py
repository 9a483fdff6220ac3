"""The report: one page that loads nothing, with everything escaped."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from kerasport.evaluation import score
from kerasport.fitting import History
from kerasport.metadata import (
    ClassifierDescription,
    Counts,
    Metrics,
    Output,
    Preprocessing,
    Rescaling,
    Training,
)
from kerasport.report import Report

EVIL = "<script>alert('x')</script> & \"co\""


class Page(HTMLParser):
    """Collects the tags, the attributes and the visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for key, value in attrs if key in ("src", "href", "data")]
        if tag not in ("meta", "img", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def make_report(*, classes: tuple[str, ...] = ("cat", EVIL), size: int = 8) -> Report:
    """Return a report on six test pictures of which one is answered wrongly."""
    truth = np.array([0, 0, 0, 1, 1, 1])
    probabilities = np.full((6, len(classes)), 0.05, np.float32)
    probabilities[np.arange(6), [0, 0, 0, 1, 1, 0]] = 0.9
    evaluation = score(probabilities, truth, classes)
    counts = [3] * len(classes)
    description = ClassifierDescription(
        name=f"pets {EVIL}",
        class_names=list(classes),
        input_shape=(size, size, 3),
        color_mode="rgb",
        rescaling=Rescaling(scale=1 / 255, offset=0.0),
        preprocessing=Preprocessing(),
        output=Output(activation="softmax"),
        training=Training(
            recipe="folder",
            architecture="pooled_cnn",
            data_fingerprint="ab" * 32,
            counts=Counts(train=counts, validation=counts, test=counts),
            seed=1,
            epochs=2,
            best_epoch=2,
            date="2024-02-29",
            versions={"keras": "3.1"},
        ),
        metrics=Metrics(
            test_accuracy=evaluation.accuracy,
            test_pictures=6,
            validation_accuracy=0.75,
            method="Counted.",
        ),
    )
    return Report(
        description=description,
        recipe={"name": "folder", "image_size": (size, size), "augmentation": {"flip": True}},
        history=History(
            loss=(0.9, 0.5),
            accuracy=(0.5, 0.8),
            validation_loss=(0.8, 0.6),
            validation_accuracies=(0.5, 0.75),
            seconds=(1.0, 65.4),
            best_epoch=2,
        ),
        evaluation=evaluation,
        pixels=np.arange(6 * size * size * 3, dtype=np.uint32)
        .astype(np.uint8)
        .reshape(6, size, size, 3),
        truth=truth,
        warnings=(f"Beware of {EVIL}.",),
    )


def test_the_page_says_what_matters() -> None:
    """Accuracy, counts, warnings, recipe and versions are on the page."""
    text = " ".join(Page(make_report().to_html()).text.split())

    for part in (
        "83.3 %",
        "test accuracy",
        "75.0 %",
        "1 min 06 s",
        "2 of 2",
        "Counted.",
        "flip True",
        "8 x 8",
        "3.1",
        "2024-02-29",
        "ab" * 32,
    ):
        assert part in text


def test_names_are_text_and_never_markup() -> None:
    """Class names, the model's name and warnings appear as they are, and as text."""
    html = make_report().to_html()
    page = Page(html)

    assert "script" not in page.tags
    assert "<script" not in html
    assert f"pets {EVIL}" in page.text
    assert f"Beware of {EVIL}." in page.text
    assert page.text.count(EVIL) >= 6


def test_the_page_is_whole_and_loads_nothing() -> None:
    """Every tag is closed, every source is a data URI or a place on the page itself."""
    html = make_report().to_html()
    page = Page(html)

    assert page.open == []
    assert [link for link in page.links if not link.startswith(("data:image/", "#"))] == []
    assert sum(link.startswith("data:image/") for link in page.links) == 6
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", html)
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_mistakes_are_marked_and_come_first() -> None:
    """The first picture of the grid is the wrong one, with the true class beside the answer."""
    html = make_report().to_html()

    figures = re.findall(r"<figure.*?</figure>", html)

    assert len(figures) == 6
    assert 'class="wrong"' in figures[0]
    assert "90.0 %, is &lt;script&gt;" in figures[0]
    assert not any("wrong" in figure for figure in figures[1:])


@pytest.mark.parametrize(("size", "kind"), [(8, "image/png"), (64, "image/jpeg")])
def test_small_pictures_stay_exact_and_large_ones_small(size: int, kind: str) -> None:
    """Pictures of a few pixels are embedded without loss, larger ones as JPEG."""
    page = Page(make_report(size=size).to_html())

    assert all(link.startswith(f"data:{kind};base64,") for link in page.links if "data:" in link)


def test_equal_reports_give_equal_pages() -> None:
    """Nothing on the page depends on the moment or on chance."""
    assert make_report().to_html() == make_report().to_html()


def test_a_page_without_test_pictures_leaves_them_out() -> None:
    """Without test and validation pictures the page still stands, and claims nothing."""
    report = make_report()
    history = replace(report.history, validation_loss=(), validation_accuracies=())
    bare = replace(report, evaluation=None, pixels=report.pixels[:0], history=history, warnings=())

    page = Page(bare.to_html())

    assert page.open == []
    assert "test accuracy" not in page.text
    assert "validation accuracy" not in page.text
    assert "Confusion" not in page.text
    assert bare.to_dict()["evaluation"] is None


def test_many_classes_are_not_drawn_as_a_table_of_all_pairs() -> None:
    """Beyond 30 classes the confusion is left to report.json."""
    names = tuple(f"class {number}" for number in range(31))

    page = Page(make_report(classes=names).to_html())

    assert "31 classes: see the table in report.json." in page.text


def test_the_document_is_plain_json() -> None:
    """`report.json` holds description, figures, recipe, time and warnings."""
    document = json.loads(json.dumps(make_report().to_dict()))

    assert sorted(document) == [
        "description",
        "evaluation",
        "recipe",
        "trainingSeconds",
        "warnings",
    ]
    assert document["description"]["classNames"] == ["cat", EVIL]
    assert document["evaluation"]["accuracy"] == pytest.approx(5 / 6)
    assert document["trainingSeconds"] == 66.4


def test_nearly_all_is_not_all() -> None:
    """A share is rounded down: 2,999 right of 3,000 is not 100 %."""
    report = make_report()
    assert report.evaluation is not None
    nearly = replace(report, evaluation=replace(report.evaluation, accuracy=2999 / 3000))

    text = Page(nearly.to_html()).text

    assert "99.9 %test accuracy" in text
