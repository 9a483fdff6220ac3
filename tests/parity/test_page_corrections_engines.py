"""Correcting answers in Firefox: marks, a reload, and the archive."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support.engines import engine_here
from support.journeys import go
from support.pictures import write_class_folders

from kerasport.bundle import Bundle
from kerasport.corrections import read_corrections, read_table
from kerasport.dataset.paths import read_bytes
from kerasport.parity.browsers.engines import WebEngine
from kerasport.site import write_site

pytestmark = pytest.mark.browser

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"

JOURNEY = """\
  // What is downloaded, by its name: the page makes a link to it and follows that.
  const made = new Map();
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    const address = create.call(URL, blob);
    made.set(address, blob);
    return address;
  };
  const saved = {};
  const follow = HTMLAnchorElement.prototype.click;
  HTMLAnchorElement.prototype.click = function () {
    if (this.download) saved[this.download] = made.get(this.href);
    else follow.call(this);
  };
  const base64Of = async (blob) => {
    let text = "";
    for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
    return btoa(text);
  };
  const row = (name) => one(`[data-testid=row][data-path="${name}"]`);
  const markOf = (name) => row(name)?.dataset.mark;
  const press = (element, key) => {
    element.focus();
    const target = document.activeElement;
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  };
  const pressAt = (name, key) => press(row(name).querySelector(".file-name"), key);
  const count = () => one("[data-testid=corrections] [data-testid=corrected-count]")?.textContent;
  const save = async (name) => {
    one(`[data-testid=corrections] [data-testid=save-${name.split(".")[1]}]`).click();
    await until(name, () => saved[name]);
    return base64Of(saved[name]);
  };
  const show = async () => {
    const files = Object.entries(TASK.files);
    pick(...files.map(([name, text]) => new File([bytesOf(text)], name, { type: "image/png" })));
    await until("table", () => one("[data-testid=many]")?.dataset.state === "done");
  };
  try {
    await until("model", () => one("#status")?.dataset.state === "ready");
    if (!window.name) {
      await show();
      pressAt("0.png", "c");
      await until("menu", () => one("#class-menu"));
      press(one("#class-filter"), "3");
      await until("class", () => ["label", "right"].includes(markOf("0.png")));
      seen.isClosed = one("#class-menu") === null;
      pressAt("1.png", "n");
      await until("none", () => markOf("1.png") === "none");
      pressAt("2.png", "b");
      await until("bad", () => markOf("2.png") === "bad");
      pressAt("3.png", "n");
      await until("mark", () => markOf("3.png") === "none");
      press(row("3.png").querySelector(".file-name"), "u");
      await until("undo", () => markOf("3.png") === "");
      seen.count = count();
      // Behind the marks: where it is there after the reload, they are to be.
      try { localStorage.setItem("probe", "kept"); } catch {}
      window.name = JSON.stringify(seen);
      location.reload();
      return;
    }
    Object.assign(seen, JSON.parse(window.name));
    try { seen.isKept = localStorage.getItem("probe") === "kept"; } catch { seen.isKept = false; }
    await show();
    if (seen.isKept) await until("marks", () => count() === seen.count);
    seen.marks = Object.keys(TASK.files).map(markOf);
    if (!seen.isKept) {
      pressAt("1.png", "n");
      await until("none", () => markOf("1.png") === "none");
    }
    seen.zip = await save("corrections.zip");
    seen.csv = await save("corrections.csv");
  } catch (error) {
    seen.failure = String(error && error.message || error);
  }
  report();
"""


# WebKit empties `window.name`, which has the state of the journey, where a file is loaded again.
@pytest.fixture(params=["firefox"])
def engine(request: pytest.FixtureRequest) -> WebEngine:
    """An engine beside Chromium, where this machine has it."""
    return engine_here(request.param)


def test_corrections_leave_another_engine_as_python_reads_them(
    engine: WebEngine, tmp_path: Path
) -> None:
    """Keys mark and undo, a reload keeps what the browser keeps, and the archive is whole."""
    bundle = Bundle.open(FROZEN)
    site = write_site(bundle, tmp_path / "made").parent
    drawn = sorted(write_class_folders(tmp_path / "data", {"a": 4}).rglob("*.png"))
    files = {f"{number}.png": path.read_bytes() for number, path in enumerate(drawn)}
    task = {"files": {name: base64.b64encode(each).decode() for name, each in files.items()}}

    seen: Any = go(engine, site, tmp_path / "site", JOURNEY, task)

    assert seen.get("failure") is None, seen
    assert (seen["complaints"], seen["isClosed"], seen["count"]) == ([], True, "3 corrected")
    expected = {"0.png": "label", "1.png": "none", "2.png": "bad"}
    if seen["isKept"]:
        assert seen["marks"][0] in ("label", "right")
        assert seen["marks"][1:] == ["none", "bad", ""]
    else:
        assert seen["marks"] == [""] * 4
        expected = {"1.png": "none"}
    archive, table = tmp_path / "corrections.zip", tmp_path / "corrections.csv"
    archive.write_bytes(base64.b64decode(seen["zip"]))
    table.write_bytes(base64.b64decode(seen["csv"]))
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        assert opened.read("corrections.csv") == table.read_bytes()
    found = read_corrections([archive])
    contents = {name: hashlib.sha256(each).hexdigest() for name, each in files.items()}
    told = {each.file: (each.content, each.verdict) for each in read_table(table)}
    assert told == {name: (contents[name], verdict) for name, verdict in expected.items()}
    for name in expected:
        assert read_bytes(found.pictures[contents[name]]) == files[name]
    if seen["isKept"]:
        assert found.by_content[contents["0.png"]].label in bundle.metadata.class_names
