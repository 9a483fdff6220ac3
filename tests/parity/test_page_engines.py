"""The demo page by double-click in Firefox and WebKitGTK: the same journey, the same answers."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from support.engines import engine_here
from support.journeys import go

from kerasport.bundle import Bundle
from kerasport.models import load_model, probabilities
from kerasport.parity.browsers.engines import WebEngine
from kerasport.parity.compare.tally import TOLERANCES
from kerasport.preprocess import preprocess

pytestmark = [pytest.mark.browser, pytest.mark.keras]

PICTURE = Path(__file__).parents[1] / "golden" / "pictures" / "orientation-6.jpg"

JOURNEY = """\
  const state = () => one("#status").dataset.state;
  const answered = async (act) => {
    act();
    // Each begins by saying that it works.
    if (state() !== "working") throw new Error(`nothing happens: ${state()}`);
    await until("answer", () => state() === "done");
    const rows = all("[data-testid=prediction]");
    const shown = rows.map(({ dataset }) => [dataset.className, Number(dataset.probability)]);
    return { shown: Object.fromEntries(shown), backend: one("#backend").textContent };
  };
  const bytes = bytesOf(TASK.base64);
  const picture = (name) => new File([bytes], name, { type: "image/jpeg" });
  try {
    await until("model", () => one("#status")?.dataset.state === "ready");
    seen.title = one("h1").textContent;
    seen.sample = await answered(() => all("[data-testid=sample]")[3].click());
    const shown = one("#result .frame img");
    await shown.decode();
    seen.shownWidth = shown.naturalWidth;
    seen.picked = await answered(() => pick(picture("picture.jpg")));
    one("#why-button").click();
    await until("heat map", () => one("#why-button").getAttribute("aria-pressed") === "true");
    pick(picture("a.jpg"), new File(["x"], "b.jpg"), picture("c.jpg"));
    await until("table", () => one("[data-testid=many]")?.dataset.state === "done");
    seen.rows = all("[data-testid=row]").map((row) => row.innerText);
    const drawn = (canvas) =>
      canvas.getContext("2d").getImageData(44, 44, 1, 1).data[3] === 255;
    await until("thumbnails", () => all("canvas.thumbnail").filter(drawn).length === 2);
    one("#about-button").click();
    one("#self-test-button").click();
    await until("self-test", () => one("#self-test-outcome")?.textContent.includes("identical"));
  } catch (error) {
    seen.failure = String(error && error.message || error);
  }
  report();
"""


@pytest.fixture(params=["firefox", "webkit"])
def engine(request: pytest.FixtureRequest) -> WebEngine:
    """Each engine beside Chromium that this machine has."""
    return engine_here(request.param)


def test_the_page_works_in_another_engine(
    engine: WebEngine, demo_site: Path, digits_bundle: Bundle, digits_run: Any, tmp_path: Path
) -> None:
    """A sample and a picked photo get Keras' answers; table, heat map and self-test work."""
    content = base64.b64encode(PICTURE.read_bytes()).decode()

    seen = go(engine, demo_site, tmp_path / "site", JOURNEY, {"base64": content})

    assert seen.get("failure") is None, seen
    assert seen["complaints"] == []
    assert seen["title"] == "digits"
    names = digits_run.description.class_names
    pixels = preprocess(PICTURE, digits_run.image_spec)
    expected = probabilities(load_model(digits_run.model_path), pixels[None])[0]
    sample = digits_bundle.samples()[3]
    for part, answers in (("sample", sample.probabilities), ("picked", expected)):
        shown, backend = seen[part]["shown"], seen[part]["backend"]
        assert len(shown) >= 3
        for name, probability in shown.items():
            assert abs(probability - answers[names.index(name)]) <= TOLERANCES[backend]
    assert seen["shownWidth"] > 0
    best = names[int(expected.argmax())]
    assert [best in row for row in seen["rows"]] == [True, False, True]
    assert "b.jpg" in seen["rows"][1]
