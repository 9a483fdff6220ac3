"""The report: one page that loads nothing, with everything escaped."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image
from support.reports import EVIL, make_report

from kerasport.evaluation import Reliability
from kerasport.files import write_json, write_text
from kerasport.report import render_page, write_plots


class Page(HTMLParser):
    """Collects the tags, the attributes and the visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.headers: list[str | None] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.images += [dict(attrs)] if tag == "img" else []
        self.headers += [dict(attrs).get("scope")] if tag == "th" else []
        self.links += [value or "" for key, value in attrs if key in ("src", "href", "data")]
        if tag not in ("meta", "img", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def test_the_page_says_what_matters() -> None:
    """Accuracy, counts, warnings, recipe and versions are on the page."""
    text = " ".join(Page(render_page(make_report())).text.split())

    for part in (
        "83.3%",
        "test accuracy",
        "75.0%",
        "1 min 06 s",
        "2 of 2",
        "Counted.",
        "flip yes",
        "automatic: Image size 8x8",
        "Look at them.",
        "and 4 more",
        "1.250 (temperature scaling)",
        "The model was too sure of its answers.",
        "75.0% confidence: 100.0% of the test pictures, 83.3% of these right",
        "head",
        "fine-tuning",
        "best epoch, 2",
        "8 x 8",
        "3.1",
        "2024-02-29",
        "ab" * 32,
    ):
        assert part in text


def test_names_are_text_and_never_markup() -> None:
    """Class names, the model's name and warnings appear as they are, and as text."""
    html = render_page(make_report())
    page = Page(html)

    assert "script" not in page.tags
    assert "<script" not in html
    assert f"pets {EVIL}" in page.text
    assert f"Beware of {EVIL}." in page.text
    assert page.text.count(EVIL) >= 6


def test_the_page_is_whole_and_loads_nothing() -> None:
    """Every tag is closed, every source is a data URI or a place on the page itself."""
    html = render_page(make_report())
    page = Page(html)

    assert page.open == []
    assert [link for link in page.links if not link.startswith(("data:image/", "#"))] == []
    # Six test pictures, and the mistake once more.
    assert sum(link.startswith("data:image/") for link in page.links) == 7
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", html)
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_right_and_wrong_are_marked_without_color() -> None:
    """The only mistake is marked in the grid and shown again, with the true class beside it."""
    html = render_page(make_report())

    figures = re.findall(r'<figure class="(right|wrong)">(.*?)</figure>', html)

    assert [kind for kind, _ in figures] == ["right"] * 5 + ["wrong"] * 2
    for kind, text in figures:
        assert ("&#10007;" if kind == "wrong" else "&#10003;") in text
        assert ("90.0%, is &lt;script&gt;" in text) == (kind == "wrong")


def test_everything_seen_is_said_too() -> None:
    """Pictures and drawings have a text beside them, and every table heading its direction."""
    html = render_page(make_report())
    page = Page(html)

    assert all(len(image["alt"] or "") > 10 for image in page.images)
    assert set(page.headers) == {"col", "row"}
    charts = re.findall(r'<figure role="img" aria-label="([^"]+)"><svg aria-hidden="true"', html)
    assert len(charts) == html.count("<svg") == 4
    assert charts[0] == (
        "The training loss goes from 0.9 to 0.5 in 2 epochs; on validation it is 0.6 at the best "
        "epoch, 2."
    )


@pytest.mark.parametrize(("size", "kind"), [(8, "image/png"), (64, "image/jpeg")])
def test_small_pictures_stay_exact_and_large_ones_small(size: int, kind: str) -> None:
    """Pictures of a few pixels are embedded without loss, larger ones as JPEG."""
    page = Page(render_page(make_report(size=size)))

    assert all(link.startswith(f"data:{kind};base64,") for link in page.links if "data:" in link)


def test_equal_reports_give_equal_pages() -> None:
    """Nothing on the page depends on the moment or on chance."""
    assert render_page(make_report()) == render_page(make_report())


def test_a_page_without_test_pictures_leaves_them_out() -> None:
    """Without test and validation pictures the page still stands, and claims nothing."""
    report = make_report()
    history = {
        key: report.history[key] for key in ("bestEpoch", "epochs", "loss", "accuracy", "seconds")
    }
    description = report.description.model_copy(
        update={"calibration": None, "confidence_threshold": None, "metrics": None}
    )
    bare = replace(
        report,
        description=description,
        evaluation=None,
        history=history,
        warnings=(),
        findings=(),
    )

    page = Page(render_page(bare))

    assert page.open == []
    assert "test accuracy" not in page.text
    assert "validation accuracy" not in page.text
    assert "Confusion" not in page.text
    assert bare.to_dict()["evaluation"] is None


@pytest.mark.parametrize("classes", [21, 101])
def test_many_classes_are_drawn_instead_of_tabled(classes: int) -> None:
    """Beyond 20 classes the matrix is a drawing of what is not zero; the worst stay in words."""
    names = (EVIL, *(f"class {number}" for number in range(1, classes)))

    html = render_page(make_report(classes=names))

    page = Page(html)
    assert page.open == []
    assert f'aria-label="Confusion matrix of {classes} classes"' in html
    # Both classes with pictures have right answers, one of them a mistake too.
    assert len(re.findall(r'<rect class="(?:right|wrong)"', html)) == 3
    assert "class 1, answered &lt;script&gt;" in html
    assert "What is taken for what most often." in page.text
    assert (html.count('rotate(90)"') == classes) == (classes <= 100)


def test_findings_stand_for_the_warnings_among_them() -> None:
    """A warning is shown once: as a finding, or alone where nothing was looked for."""
    report = make_report()

    assert Page(render_page(report)).text.count("Beware of") == 1
    assert Page(render_page(replace(report, findings=()))).text.count("Beware of") == 1


def test_plots_take_any_name(tmp_path: Path) -> None:
    """Each plot is a PNG, whatever a class is called: mathematics, missing glyphs, great length."""
    report = make_report(classes=(EVIL, "$\\frac{$", "\u732b", "x" * 200))

    written = write_plots(report, tmp_path / "plots")

    assert [path.name for path in written] == [
        "curves.png",
        "confusion.png",
        "recall.png",
        "reliability.png",
        "predictions.png",
        "mistakes.png",
    ]
    for path in written:
        with Image.open(path) as image:
            assert image.format == "PNG"
            # Something is drawn.
            assert len(image.convert("L").getcolors(256) or []) > 10


def test_plots_without_test_pictures(tmp_path: Path) -> None:
    """Without an evaluation the curves are all there is."""
    written = write_plots(replace(make_report(), evaluation=None), tmp_path / "plots")

    assert [path.name for path in written] == ["curves.png"]


def test_the_document_is_plain_json() -> None:
    """`report.json` holds description, figures, recipe, findings, times and warnings."""
    document = json.loads(json.dumps(make_report().to_dict()))

    assert sorted(document) == [
        "automatic",
        "calibrationNote",
        "description",
        "evaluation",
        "findings",
        "recipe",
        "timings",
        "trainingSeconds",
        "warnings",
    ]
    assert document["description"]["classNames"] == ["cat", EVIL]
    assert document["evaluation"]["accuracy"] == pytest.approx(5 / 6)
    assert document["trainingSeconds"] == 66.4


def test_nearly_all_is_not_all() -> None:
    """No share but all of them is shown as all: 2,999 right of 3,000 is not 100.0%."""
    report = make_report()
    assert report.evaluation is not None
    nearly = replace(report, evaluation=replace(report.evaluation, accuracy=2999 / 3000))

    text = Page(render_page(nearly)).text

    assert "> 99.9%test accuracy" in text


@pytest.mark.parametrize(
    ("share", "text"), [(6 / 9, "66.7%"), (0.0125, "1.3%"), (0.0004, "< 0.1%")]
)
def test_shares_and_errors_are_rounded_to_the_nearest(share: float, text: str) -> None:
    """An accuracy is not made smaller, and an error not either: 0.04 % of it is not none."""
    report = make_report()
    assert report.evaluation is not None
    off = Reliability(counts=(6,), confidence=(share,), accuracy=(0.0,))
    evaluation = replace(report.evaluation, accuracy=share, reliability=off)

    found = Page(render_page(replace(report, evaluation=evaluation))).text

    assert f"{text}test accuracy" in found
    assert f"{text}calibration error" in found


@pytest.mark.parametrize(
    ("trained", "shown", "said"),
    [
        (100.2, "1 min 40 s", "1 min 40 s, 1 min 06 s of it in epochs"),
        # Only the last part of a training that was resumed is timed as a whole.
        (20.0, "1 min 06 s", "1 min 06 s, 1 min 06 s of it in epochs"),
    ],
    ids=["whole", "resumed"],
)
def test_one_training_has_one_duration(trained: float, shown: str, said: str) -> None:
    """The figure above and the time below are the same, and the epochs are a part of it."""
    page = render_page(replace(make_report(), timings={"train": trained}))

    assert f"<b>{shown}</b><span>training time</span>" in page
    assert f"<dt>train</dt><dd>{said}</dd>" in page


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("/volumes/somebody/secret/weights.h5", "weights.h5"),
        ("C:\\Users\\somebody\\weights.h5", "weights.h5"),
        ("\\\\server\\somebody\\weights.h5", "weights.h5"),
        ("~/somebody/weights.keras", "weights.keras"),
        ("../somebody/weights.h5", "weights.h5"),
        ("/volumes/somebody/secret folder/best one", "best one"),
        ("imagenet", "imagenet"),
        ("warm-up 1/3, then cosine.", "warm-up 1/3, then cosine."),
    ],
)
def test_the_page_names_a_file_without_its_folder(value: str, shown: str) -> None:
    """A page that is passed on tells nothing of the disk it was made on."""
    recipe = {"name": "transfer", "transfer": {"backbone": "MobileNetV2", "weights": value}}

    text = Page(render_page(replace(make_report(), recipe=recipe))).text

    assert f"backbone MobileNetV2, weights {shown}" in text
    assert "somebody" not in text


def test_what_scrolls_can_be_scrolled_with_the_keyboard() -> None:
    """Whatever may be wider than a phone takes the focus, and says what it is."""
    for classes in (2, 120):
        names = tuple(f"class {number}" for number in range(classes))

        page = render_page(make_report(classes=names))

        frames = re.findall(r'<div class="scroll"([^>]*)>', page)
        assert len(frames) >= 6
        for frame in frames:
            assert re.fullmatch(r' role="group" tabindex="0" aria-label="[^"]+"', frame)


def test_names_that_begin_alike_stay_apart_in_a_drawing() -> None:
    """What is cut of a long name is its middle."""
    names = tuple(f"Tomato___Tomato_Yellow_Leaf_Curl_Virus_{number}" for number in range(40))

    page = render_page(make_report(classes=names))

    rows = re.findall(r"<text x=[^>]*>([^<]*)</text>", page)
    assert len(set(rows)) == len(rows) == 40
    assert all(len(row) == 18 for row in rows)


def test_of_many_classes_the_pairs_are_named_first() -> None:
    """A drawing of 120 classes tells pairs by their place; they stand before it in words."""
    names = tuple(f"class {number}" for number in range(120))

    page = render_page(make_report(classes=names))

    rows = re.findall(r'<tr><th scope="row">class 1</th><td>class 0</td><td>1</td>', page)
    assert len(rows) == 1
    assert page.index(rows[0]) < page.index("Confusion matrix of 120 classes")


def test_an_evaluation_without_pixels_is_reported_without_pictures(tmp_path: Path) -> None:
    """Figures and drawings are there; no picture is shown, on the page or as a plot."""
    report = make_report()
    assert report.evaluation is not None
    blind = replace(report, evaluation=replace(report.evaluation, pixels=None))

    found = Page(render_page(blind))

    assert found.images == []
    assert "Confusion" in found.text
    assert [path.name for path in write_plots(blind, tmp_path / "plots")] == [
        "curves.png",
        "confusion.png",
        "recall.png",
        "reliability.png",
    ]


def test_of_many_classes_the_worst_are_shown(tmp_path: Path) -> None:
    """Page and plots stay small with 3,000 classes, and have those that are confused."""
    names = tuple(f"class {number:04}" for number in range(3000))
    report = make_report(classes=names)

    page = render_page(report)
    plots = write_plots(report, tmp_path / "plots")

    assert len(page) < 1_500_000
    text = Page(page).text
    assert "The 100 of 3,000 classes that are confused most." in text
    assert "The 1,000 of 3,000 classes with the lowest recall" in text
    assert "The 1,000 of 3,000 classes with the fewest training pictures" in text
    # Taken for the first one once.
    assert "class 0001, answered class 0000: 1 of 3" in page
    assert text.count("class 2999") == 0
    for path in plots:
        with Image.open(path) as image:
            assert max(image.size) < 4000


def test_names_that_are_no_utf_8_reach_page_and_plots(tmp_path: Path) -> None:
    """A file and a class from an old archive do not stop a report."""
    odd = "caf\udce9"
    report = make_report(classes=("cat", odd))
    assert report.evaluation is not None
    mistakes = tuple(replace(m, path=Path(f"{odd}.png")) for m in report.evaluation.mistakes)
    report = replace(
        report,
        evaluation=replace(report.evaluation, mistakes=mistakes),
        warnings=(odd,),
        findings=[{**report.findings[0], "examples": [[odd]]}],
    )

    write_text(tmp_path / "report.html", render_page(report))
    write_json(tmp_path / "report.json", report.to_dict())
    write_plots(report, tmp_path / "plots")

    assert "caf\\xe9.png" in (tmp_path / "report.html").read_text("utf-8")
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["warnings"] == [odd]
