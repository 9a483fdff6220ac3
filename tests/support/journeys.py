"""Journeys through the page in browsers that nobody drives: a script beside the page makes them.

The page's policy allows no connection, so the script says what it saw by leaving for a loopback
address, which no policy forbids.
"""

from __future__ import annotations

import base64
import json
import queue
import shutil
from pathlib import Path
from typing import Any

from kerasport.parity.browsers.engines import WebEngine, opened
from kerasport.parity.witnesses.desk import Desk

__all__ = ["STEPS", "go"]

PATIENCE_SECONDS = 150

STEPS = """\
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
  const pick = (...files) => {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    one("#file-input").files = transfer.files;
    one("#file-input").dispatchEvent(new Event("change", { bubbles: true }));
  };
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
  const report = () => {
    const text = btoa(unescape(encodeURIComponent(JSON.stringify(seen))));
    location.replace(TASK.report + text.replaceAll("+", "-").replaceAll("/", "_"));
  };
"""
"""What journeys begin with, inside of a function; `TASK` has what they are about."""


class _ReportDesk(Desk):
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


def go(
    engine: WebEngine, site: Path, folder: Path, journey: str, task: dict[str, Any]
) -> dict[str, Any]:
    """Return what a journey saw, from a copy of the page in `folder`.

    Args:
        engine: the browser.
        site: the folder of the page with a model.
        folder: is made.
        journey: statements in JavaScript that follow `STEPS`, the last of which is `report()`.
        task: what is `TASK` for it.
    """
    shutil.copytree(site, folder)
    index = folder / "index.html"
    page = index.read_text("utf-8")
    index.write_text(
        page.replace("</head>", '<script defer src="journey.js"></script></head>'), "utf-8"
    )
    with _ReportDesk() as desk:
        told = json.dumps({**task, "report": desk.address + "report/"})
        script = f"(async () => {{\nconst TASK = {told};\n{STEPS}\n{journey}\n}})();"
        (folder / "journey.js").write_text(script, "utf-8")
        with opened(engine, index.as_uri()):
            return desk.reports.get(timeout=PATIENCE_SECONDS)
