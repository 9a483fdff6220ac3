"""The demo page by double-click in Firefox and WebKitGTK: the same journey, the same answers.

The page's policy allows no connection, so a script beside it makes the journey, and says what it
saw by leaving for a loopback address, which no policy forbids.
"""

from __future__ import annotations

import base64
import json
import queue
import shutil
from pathlib import Path
from typing import Any

import pytest

from kerasport.bundle import Bundle
from kerasport.errors import BrowserError
from kerasport.models import load_model, probabilities
from kerasport.parity.browsers.engines import WebEngine, find_engine, opened
from kerasport.parity.compare.tally import TOLERANCES
from kerasport.parity.witnesses.desk import Desk
from kerasport.preprocess import preprocess

pytestmark = [pytest.mark.browser, pytest.mark.keras]

PICTURE = Path(__file__).parents[1] / "golden" / "pictures" / "orientation-6.jpg"
PATIENCE_SECONDS = 150

JOURNEY = """\
(async () => {
  const seen = { complaints: [] };
  const complain = (what) => void seen.complaints.push(String(what));
  addEventListener("error", ({ message }) => complain(message));
  addEventListener("unhandledrejection", ({ reason }) => complain(reason));
  addEventListener("securitypolicyviolation", (e) => complain(e.effectiveDirective + e.blockedURI));
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const until = async (what, test) => {
    for (const end = performance.now() + 60000; !test(); ) {
      if (performance.now() > end) throw new Error(`no ${what}: ${document.body.innerText}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  };
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
  const pick = (...files) => {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    one("#file-input").files = transfer.files;
    one("#file-input").dispatchEvent(new Event("change", { bubbles: true }));
  };
  const { base64, report } = TASK;
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
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
  const text = btoa(unescape(encodeURIComponent(JSON.stringify(seen))));
  location.replace(report + text.replaceAll("+", "-").replaceAll("/", "_"));
})();
"""


class ReportDesk(Desk):
    """Takes what a page says by coming here."""

    def __init__(self) -> None:
        super().__init__()
        self.reports: queue.Queue[dict[str, Any]] = queue.Queue()

    def get(self, action: str) -> bytes | None:
        """Keep a report."""
        if not action.startswith("report/"):
            return None
        text = action.removeprefix("report/").replace("/", "")
        self.reports.put(json.loads(base64.urlsafe_b64decode(text)))
        return b"thank you"

    def post(self, action: str, options: dict[str, list[str]], body: bytes) -> bytes | None:
        """Nothing is posted."""
        return None


@pytest.fixture(params=["firefox", "webkit"])
def engine(request: pytest.FixtureRequest) -> WebEngine:
    """Each engine beside Chromium that this machine has."""
    try:
        return find_engine(request.param)
    except BrowserError as error:
        pytest.skip(str(error))


def test_the_page_works_in_another_engine(
    engine: WebEngine, demo_site: Path, digits_bundle: Bundle, digits_run: Any, tmp_path: Path
) -> None:
    """A sample and a picked photo get Keras' answers; table, heat map and self-test work."""
    site = tmp_path / "site"
    shutil.copytree(demo_site, site)
    index = site / "index.html"
    page = index.read_text("utf-8")
    index.write_text(page.replace("</head>", '<script defer src="journey.js"></script></head>'))
    with ReportDesk() as desk:
        content = base64.b64encode(PICTURE.read_bytes()).decode()
        task = json.dumps({"base64": content, "report": desk.address + "report/"})
        (site / "journey.js").write_text(JOURNEY.replace("TASK", task))
        with opened(engine, index.as_uri()):
            seen = desk.reports.get(timeout=PATIENCE_SECONDS)

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
