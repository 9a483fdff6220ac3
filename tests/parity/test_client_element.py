"""The custom element on a page from file://: which model it asks, and what a page can ask of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.damage import seal_folder
from support.npm import FROZEN
from support.strange import bundle_with_novelty

from kerasport.assets import CLIENT_SCRIPT, web_asset

pytestmark = pytest.mark.browser

SCRIPTS = (CLIENT_SCRIPT, "kerasport-element.iife.js")
PICTURE = """
const pixels = { data: new Uint8Array(3), width: 1, height: 1, channels: 3 };
const ask = (element) => element.classify(pixels);
"""


def renamed(folder: Path, name: str) -> Path:
    """Copy the frozen bundle under another name, the name in front of each class."""
    shutil.copytree(FROZEN, folder)
    file = folder / "metadata.json"
    metadata = json.loads(file.read_text(encoding="utf-8"))
    names = [f"{name} {each}" for each in metadata["classNames"]]
    changed = {**metadata, "name": name, "classNames": names}
    file.write_text(json.dumps(changed), encoding="utf-8")
    seal_folder(folder)
    return folder


def of_labels(folder: Path) -> Path:
    """Make its three classes labels, of which the first and the last hold in every picture."""
    file = folder / "metadata.json"
    metadata = json.loads(file.read_text(encoding="utf-8"))
    output = {"kind": "labels", "activation": "sigmoid", "thresholds": [0, 1, 0]}
    output |= {"aim": "unknown", "precision": None}
    file.write_text(json.dumps({**metadata, "formatVersion": 2, "output": output}), "utf-8")
    seal_folder(folder)
    return folder


def strange(folder: Path) -> Path:
    """A model to which every picture is strange whose one feature is not 0."""
    bundle_with_novelty(folder, threshold=0)
    file = folder / "metadata.json"
    metadata = {**json.loads(file.read_text(encoding="utf-8")), "name": "strange"}
    file.write_text(json.dumps(metadata), encoding="utf-8")
    seal_folder(folder)
    return folder


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with two embedded models, the library and the element."""
    folder = tmp_path_factory.mktemp("element")
    models = [
        of_labels(renamed(folder / "tags", "tags")),
        strange(folder / "strange"),
        *(renamed(folder / name, name) for name in ("first", "second")),
    ]
    scripts = [f"{model.name}/model.js" for model in models]
    for script in SCRIPTS:
        shutil.copy(web_asset(script), folder)
    tags = "".join(f'<script src="{script}"></script>' for script in (*scripts, *SCRIPTS))
    page = folder / "index.html"
    page.write_text(f"<!doctype html>{tags}<main></main><script>{PICTURE}</script>", "utf-8")
    return page.as_uri()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    page = browser.new_page()
    page.goto(address)
    yield page
    page.close()


def test_each_element_asks_the_model_that_it_names(page: Any) -> None:
    """Two models on one page from a file: each element has its own, one without has the last."""
    page.evaluate("""() => document.querySelector('main').append(
      ...['embedded:first', 'embedded:second', null].map((model) => {
        const element = document.createElement('image-classifier');
        element.model = model;
        return element;
      }))""")

    answers = page.evaluate("""async () => {
      const all = await Promise.all([...document.querySelectorAll('image-classifier')].map(ask));
      return all.map(({ predictions: [{ className }] }) => className.split(' ')[0]);
    }""")

    assert answers == ["first", "second", "second"]
    assert page.locator("image-classifier >> nth=0").locator("li").count() == 3


def test_a_model_that_is_not_there_is_named(page: Any) -> None:
    """The element says which models there are; with another name it works."""
    said = page.evaluate("""async () => {
      document.querySelector('main').innerHTML =
        '<image-classifier model="embedded:third"></image-classifier>';
      const element = document.querySelector('image-classifier');
      await ask(element);
      const said = element.shadowRoot.querySelector('[role=status]').textContent;
      element.setAttribute('model', 'embedded:first');
      return [said, (await ask(element)).predictions[0].className];
    }""")

    assert '"third"' in said[0]
    assert '"first", "second"' in said[0]
    assert said[1].startswith("first ")


@pytest.mark.parametrize("value", ["abc", "0", "1.5", ""])
def test_a_wrong_number_of_classes_is_said(value: str, page: Any) -> None:
    """`top-k` is no number: the page is told, and so is who looks."""
    said = page.evaluate(
        """async (value) => {
          const element = document.createElement('image-classifier');
          element.setAttribute('top-k', value);
          document.body.append(element);
          let told;
          document.addEventListener('classificationerror', ({ detail }) => { told = detail; });
          await ask(element);
          return [told.code, element.shadowRoot.querySelector('[role=status]').textContent];
        }""",
        value,
    )

    assert said[0] == "invalid-argument"
    assert f"'top-k' is {json.dumps(value)}. Expected a whole number from 1." in said[1]


def test_an_eager_element_loads_with_the_page(page: Any) -> None:
    """How far it is and that it is there are events, which the page hears at its top."""
    told = page.evaluate("""async () => {
      const told = [];
      document.addEventListener('modelprogress', ({ detail }) => told.push(detail.fraction));
      const loaded = new Promise((resolve) => document.addEventListener('modelload', resolve));
      const element = document.createElement('image-classifier');
      Object.assign(element, { model: 'embedded:first', loading: 'eager', backend: 'wasm' });
      document.body.append(element);
      const { detail } = await loaded;
      return [told.at(-1), detail.metadata.name, detail === await element.load()];
    }""")

    assert told == [1, "first", True]


def test_what_fails_early_is_told(page: Any) -> None:
    """A model that cannot be loaded, or a backend that there is none of, is an event too."""
    codes = page.evaluate("""async () => {
      const codes = [];
      for (const set of [{ model: 'embedded:third' }, { backend: 'gpu' }]) {
        const element = document.createElement('image-classifier');
        Object.assign(element, { loading: 'eager', ...set });
        const failed = new Promise((resolve) =>
          element.addEventListener('classificationerror', resolve));
        document.body.append(element);
        codes.push((await failed).detail.code);
      }
      return codes;
    }""")

    assert codes == ["bundle-missing", "invalid-argument"]


def test_attributes_are_properties(page: Any) -> None:
    """Both ways, and what was set before the element was known counts."""
    seen = page.evaluate("""() => {
      const early = document.createElement('own-classifier');
      Object.assign(early, { topK: 2, label: 'Early', disabled: true });
      document.body.append(early);
      customElements.define('own-classifier',
        class extends kerasportElement.ImageClassifierElement {});
      const input = early.shadowRoot.querySelector('input');
      const before = [early.getAttribute('top-k'), early.shadowRoot.textContent.trim(),
        input.disabled];
      early.disabled = false;
      early.capture = 'user';
      early.label = null;
      return [...before, input.disabled, input.getAttribute('capture'),
        early.hasAttribute('label'), early.shadowRoot.textContent.trim()];
    }""")

    assert seen == ["2", "Early", True, False, "user", False, "Choose a picture"]


def test_a_classifier_of_the_page_stays_the_pages(page: Any) -> None:
    """Elements can share one; it outlives them."""
    names = page.evaluate("""async () => {
      const classifier = await kerasport.loadClassifier('embedded:first');
      const elements = ['a', 'b'].map(() => document.createElement('image-classifier'));
      const names = [];
      for (const element of elements) {
        element.classifier = classifier;
        document.body.append(element);
        names.push((await ask(element)).predictions[0].className);
        element.remove();
        await null;
      }
      names.push((await classifier.classify(pixels)).predictions[0].className);
      classifier.dispose();
      return names;
    }""")

    assert [name.split(" ")[0] for name in names] == ["first"] * 3


def test_an_element_that_moves_keeps_its_model_and_one_that_goes_frees_it(page: Any) -> None:
    """Frameworks put elements to another place: nothing is loaded again for it."""
    seen = page.evaluate("""async () => {
      const element = document.createElement('image-classifier');
      document.body.append(element);
      const classifier = await element.load();
      document.querySelector('main').append(element);
      await new Promise((resolve) => setTimeout(resolve));
      const isSame = (await element.load()) === classifier;
      element.remove();
      await new Promise((resolve) => setTimeout(resolve));
      return [isSame, await classifier.classify(pixels).catch(({ code }) => code)];
    }""")

    assert seen == [True, "disposed"]


def test_another_model_takes_the_answer_of_the_one_before_away(page: Any) -> None:
    """Neither what is shown nor what still comes is that of a model that was replaced."""
    seen = page.evaluate("""async () => {
      const element = document.createElement('image-classifier');
      element.model = 'embedded:first';
      document.body.append(element);
      await ask(element);
      const late = ask(element);
      element.model = 'embedded:second';
      await late;
      const text = () => element.shadowRoot.querySelector('ol').textContent;
      const between = text();
      await ask(element);
      return [between, text().startsWith('second ')];
    }""")

    assert seen == ["", True]


LABELS = """
async (kind) => {
  const told = [];
  const element = document.createElement("image-classifier");
  element.model = "embedded:tags";
  if (kind) element.kind = kind;
  for (const name of ["classification", "labelclassification", "classificationerror"]) {
    element.addEventListener(name, ({ type, detail }) => told.push([type, detail.code ?? null]));
  }
  document.querySelector("main").append(element);
  const answer = await ask(element);
  const { shadowRoot } = element;
  const read = (part) => [...shadowRoot.querySelectorAll(`[part~=${part}]`)];
  const [status] = read("status");
  element.remove();
  const names = read("held").map((item) => item.textContent.replace(/ [^ ]*$/, ""));
  return { told, status: status.textContent, held: names, kind: answer?.kind ?? null };
}
"""


@pytest.mark.parametrize("kind", ["labels", "any"])
def test_an_element_that_takes_labels_names_all_that_hold(kind: str, page: Any) -> None:
    """They come by an event of their own, so that no listener takes one for a winner."""
    seen = page.evaluate(LABELS, kind)

    names = ["tags red", "tags bl\u00fce"]
    assert seen["told"] == [["labelclassification", None]]
    assert seen["status"] == ", ".join(names)
    assert sorted(seen["held"]) == sorted(names)
    assert seen["kind"] == "labels"


def test_an_element_for_one_winner_takes_no_labels(page: Any) -> None:
    """Nothing is named; what is shown says what the model is."""
    seen = page.evaluate(LABELS, None)

    assert seen["told"] == [["classificationerror", "other-kind"]]
    assert "tells labels" in seen["status"]
    assert seen["held"] == []


def test_a_strange_picture_is_said_to_be_one(page: Any) -> None:
    """No class is put in front, in words that the page can choose, and the event has the number."""
    seen = page.evaluate("""async () => {
      const element = document.createElement('image-classifier');
      element.model = 'embedded:strange';
      let told;
      element.addEventListener('classification', ({ detail }) => { told = detail; });
      document.querySelector('main').append(element);
      const status = () => element.shadowRoot.querySelector('[role=status]').textContent;
      await ask(element);
      const before = status();
      element.strangeLabel = 'Never seen';
      await ask(element);
      const { familiar, novelty } = told;
      return { before, after: status(), familiar, isPositive: novelty > 0,
        items: element.shadowRoot.querySelectorAll('li').length };
    }""")

    assert seen == {
        "before": "Unlike anything it was trained on",
        "after": "Never seen",
        "familiar": False,
        "isPositive": True,
        "items": 3,
    }
