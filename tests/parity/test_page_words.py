"""Words on the page: long ones, other languages, names that run from right to left, few colours."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from support.demo_page import answered, open_page, serious_problems, watched

import kerasport
from kerasport.site import write_site

pytestmark = [pytest.mark.browser, pytest.mark.keras]

PICTURE = Path(__file__).parents[1] / "golden" / "pictures" / "orientation-6.jpg"

OUTSIDE = """\
() => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page');
  const shown = (element) => element.offsetParent !== null && !element.closest('.visually-hidden');
  const selector = 'h1, h2, p, dd, button, label, .prediction__class, .card';
  for (const element of [...document.querySelectorAll(selector)].filter(shown)) {
    const { left, right } = element.getBoundingClientRect();
    if (left < 0 || right > innerWidth + 0.5) found.push(element.className || element.tagName);
    if (element.closest('.table-scroll')) continue;
    const isInline = getComputedStyle(element).display === 'inline';
    if (!isInline && element.scrollWidth > element.clientWidth + 1) {
      found.push(`inside ${element.className || element.tagName}`);
    }
  }
  const cards = [...document.querySelectorAll('.columns .card')].filter(shown);
  for (const [index, card] of cards.entries()) {
    const a = card.getBoundingClientRect();
    for (const other of cards.slice(index + 1)) {
      const b = other.getBoundingClientRect();
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 0.5 && down > 0.5) found.push(`${card.className} under ${other.className}`);
    }
  }
  return found;
}"""
"""What sticks out of the page or of its own box, and cards that cover each other."""


@pytest.fixture(scope="module")
def long_names(digits_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with a model whose class names are of 36 to 80 characters without a space."""
    folder = tmp_path_factory.mktemp("long")
    names = [f"Tomato___{digit}_" + "W" * (25 + 5 * digit) for digit in range(9)]
    names.append("طائرة Boeing 747 " + "ب" * 40)
    bundle = kerasport.export(digits_run.model_path, folder / "model", class_names=names)
    return write_site(bundle, folder / "site").parent


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(320, 640, 1), (390, 844, 1), (1440, 900, 1), (360, 225, 4)]
)
def test_long_words_stay_where_they_belong(
    width: int, height: int, scale: int, browser: Any, long_names: Path, tmp_path: Path
) -> None:
    """Names of classes and files, errors, tables: nothing is covered, nothing sticks out."""
    picture = tmp_path / f"{'IMG' * 24}.jpg"
    shutil.copy(PICTURE, picture)
    unreadable = tmp_path / f"{'WhatsApp' * 9}.jpg"
    unreadable.write_bytes(b"no picture")
    # 1440 pixels enlarged four times are 360 by 225 of four device pixels each.
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale
    )
    page = watched(context.new_page())
    open_page(page, (long_names / "index.html").as_uri())

    page.set_input_files("#file-input", picture)
    answered(page)
    assert page.evaluate(OUTSIDE) == []
    page.set_input_files("#file-input", unreadable)
    page.wait_for_selector("#status[data-state=problem]", state="attached")
    assert page.evaluate(OUTSIDE) == []
    page.evaluate(
        "hash => { document.querySelector('#status').textContent = hash;"
        " document.querySelector('[data-testid=problem] p:last-child').textContent = hash; }",
        f"'group1-shard1of1.bin' has the SHA-256 {'0' * 64}. Expected {'f' * 64}.",
    )
    assert page.evaluate(OUTSIDE) == []
    page.set_input_files("#file-input", [picture, unreadable])
    page.wait_for_selector("[data-testid=many][data-state=done]")
    assert page.evaluate(OUTSIDE) == []
    page.click(".file-name >> nth=0")
    answered(page)
    assert page.evaluate(OUTSIDE) == []
    context.close()


def test_names_from_right_to_left_stand_in_their_own_order(browser: Any, long_names: Path) -> None:
    """Every name decides on its direction by itself."""
    page = watched(browser.new_page())
    open_page(page, (long_names / "index.html").as_uri())
    page.set_input_files("#file-input", PICTURE)
    answered(page)
    # The page names the five most probable classes; the one that is asked for is put among them.
    page.evaluate(
        "name => { document.querySelector('.prediction__class').textContent = name; }",
        "طائرة Boeing 747",
    )

    directions = page.evaluate(
        "[...document.querySelectorAll('.prediction__class')]"
        ".map(name => [/^[a-z]/i.test(name.textContent), getComputedStyle(name).direction])"
    )

    assert [True, "ltr"] in directions
    assert [False, "rtl"] in directions
    page.close()


@pytest.mark.parametrize(
    ("locale", "language", "button"),
    [
        ("de-AT", "de", "Bilder wählen"),
        ("es-MX", "es", "Elegir imágenes"),
        ("en-GB", "en", "Choose pictures"),
        ("fi-FI", "en", "Choose pictures"),
    ],
)
def test_the_page_speaks_the_language_of_the_browser(
    locale: str, language: str, button: str, browser: Any, demo_site: Path
) -> None:
    """A language that there is no file of is English; the document says which one it is."""
    context = browser.new_context(locale=locale)
    page = watched(context.new_page())
    open_page(page, (demo_site / "index.html").as_uri())

    assert page.get_attribute("html", "lang") == language
    assert page.inner_text(".choose") == button
    assert page.complaints == []
    context.close()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1440, 900)])
def test_the_whole_answer_is_on_the_first_screen(
    width: int, height: int, browser: Any, demo_site: Path
) -> None:
    """Picture, what the model sees, the answer and Why? need no scrolling on a desk."""
    page = watched(browser.new_page(viewport={"width": width, "height": height}))
    open_page(page, (demo_site / "index.html").as_uri())
    page.click("[data-testid=sample] >> nth=3")
    answered(page)

    box = page.locator("#result").bounding_box()

    assert page.evaluate("scrollY") == 0
    assert box["y"] + box["height"] <= height
    page.close()


def test_bars_stand_beside_their_names_and_are_as_long_as_their_shares(demo: Any) -> None:
    """The bar of the answer lies under its name, every other one between its name and its share."""
    # Bars that still grow have no length to be measured.
    demo.emulate_media(reduced_motion="reduce")
    demo.set_input_files("#file-input", PICTURE)
    answered(demo)
    rows = demo.evaluate("""() => [...document.querySelectorAll('.prediction')].map((row) => {
      const box = (part) => row.querySelector(part).getBoundingClientRect();
      const [name, bar, fill, share] =
        ['.prediction__class', '.bar', '.bar__fill', '.prediction__share'].map(box);
      return {
        isAnswer: row.querySelector('#best-class') !== null,
        probability: Number(row.dataset.probability),
        filled: fill.width / bar.width,
        isUnder: bar.top >= name.bottom - 1,
        isBetween: bar.left >= name.left && bar.right <= share.left && bar.bottom < name.bottom,
      };
    })""")

    assert len(rows) == 5
    for row in rows:
        assert row["filled"] == pytest.approx(row["probability"], abs=0.01)
        assert row["isUnder" if row["isAnswer"] else "isBetween"], row


def test_the_colors_of_the_system_leave_every_mark(browser: Any, demo_site: Path) -> None:
    """Where the system chooses the colours, the chosen tab and the bars can still be told."""
    context = browser.new_context(forced_colors="active")
    page = watched(context.new_page())
    open_page(page, (demo_site / "index.html").as_uri())
    page.click("[data-testid=sample] >> nth=3")
    answered(page)

    background = "id => getComputedStyle(document.querySelector(id)).backgroundColor"
    chosen, other = (page.evaluate(background, tab) for tab in ("#tab-files", "#tab-camera"))
    bar, card = (page.evaluate(background, what) for what in (".bar__fill", ".card"))

    assert chosen != other
    assert bar != card
    assert serious_problems(page) == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_borders_of_what_can_be_pressed_are_seen(
    scheme: str, browser: Any, demo_site: Path
) -> None:
    """They stand out 3 to 1 from what lies inside and outside: WCAG 2.2, 1.4.11."""
    context = browser.new_context(color_scheme=scheme)
    page = watched(context.new_page())
    open_page(page, (demo_site / "index.html").as_uri())
    colors = page.evaluate("""() => {
      const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
      return ['--edge', '--card', '--page'].map((name) => color(name).trim());
    }""")

    edge, *grounds = map(_luminance, colors)

    for ground in grounds:
        assert (max(edge, ground) + 0.05) / (min(edge, ground) + 0.05) >= 3
    context.close()


def _luminance(color: str) -> float:
    """Return the relative luminance of `#rrggbb`, by WCAG 2.2."""
    values = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
