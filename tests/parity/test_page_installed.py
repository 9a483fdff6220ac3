"""The installed page: in time, and always of one version, whatever becomes of its server."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.damage import seal_folder
from support.demo_page import answered, open_page, watched
from support.npm import FROZEN
from support.serving import served

from kerasport.bundle import Bundle
from kerasport.site import write_site

pytestmark = pytest.mark.browser

PATIENCE = 3000
"""Milliseconds after which the page does without its server, as it says itself."""


@dataclass
class Server:
    """A server with moods.

    Attributes:
        folder: what it serves.
        address: where.
        status: what it answers everything with, or None.
        held: paths that it does not answer before it is `released`.
    """

    folder: Path
    address: str = ""
    status: int | None = None
    held: Callable[[str], bool] = field(default=lambda path: False)
    released: threading.Event = field(default_factory=threading.Event)

    def trouble(self, path: str) -> int | None:
        """Be as slow and as broken as asked."""
        if self.held(path):
            self.released.wait(60)
        return self.status


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the page that lets every cache keep everything for a year."""
    folder = write_site(Bundle.open(FROZEN), tmp_path / "hosted").parent
    server = Server(folder)
    with served(folder, cache_control="max-age=31536000", trouble=server.trouble) as address:
        server.address = f"{address}/"
        yield server
        server.released.set()


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    """The page after a first visit, kept."""
    page = watched(browser.new_context().new_page())
    open_page(page, server.address)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    yield page
    page.context.close()


def deploy(tmp_path: Path) -> Path:
    """Write the page anew, with another model and another style, and return it."""
    bundle = shutil.copytree(FROZEN, tmp_path / "second")
    metadata = json.loads((bundle / "metadata.json").read_text(encoding="utf-8"))
    (bundle / "metadata.json").write_text(json.dumps({**metadata, "name": "second"}), "utf-8")
    seal_folder(bundle)
    site = write_site(Bundle.open(bundle), tmp_path / "second site").parent
    style, listing = site / "dist" / "demo.css", site / "page-files.json"
    style.write_text(f"{style.read_text(encoding='utf-8')} :root {{ --version: 2 }}", "utf-8")
    listed = json.loads(listing.read_text(encoding="utf-8"))
    listed["dist/demo.css"] = hashlib.sha256(style.read_bytes()).hexdigest()
    listing.write_text(json.dumps(listed), encoding="utf-8")
    return site


def shown(page: Any) -> tuple[str, str]:
    """Return the model and the style that the page shows: both old, or both new."""
    page.wait_for_selector("#status[data-state=ready]")
    style = page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--version').trim()"
    )
    return page.inner_text("h1"), style


OLD, NEW = ("frozen", ""), ("second", "2")


def replace(server: Server, site: Path) -> None:
    """Put another page in the served one's place."""
    shutil.rmtree(server.folder)
    shutil.copytree(site, server.folder)


def test_the_next_visit_shows_what_was_deployed(page: Any, server: Server, tmp_path: Path) -> None:
    """Whatever a cache keeps: model and style are both the new ones."""
    assert shown(page) == OLD
    replace(server, deploy(tmp_path))

    page.reload()

    assert shown(page) == NEW
    assert page.complaints == []


@pytest.mark.parametrize("how", ["hangs", "is down", "wants a password"])
def test_a_server_in_trouble_leaves_the_page_that_was_kept(
    how: str, page: Any, server: Server
) -> None:
    """The page comes in a moment and classifies."""
    if how == "hangs":
        server.held = lambda path: True
    elif how == "is down":
        server.status = 503
    else:
        # As networks of hotels do: each address has the same page.
        for file in server.folder.rglob("*.*"):
            file.write_text("<!doctype html><h1>Welcome</h1>", encoding="utf-8")

    page.goto(server.address, timeout=10 * PATIENCE)

    assert shown(page) == OLD
    page.click("[data-testid=sample] >> nth=0")
    assert answered(page)


@pytest.mark.parametrize("missing", ["model/model.js", "dist/demo.css", "page-files.json"])
def test_half_a_deployment_is_not_shown(
    missing: str, page: Any, server: Server, tmp_path: Path
) -> None:
    """While one file is still the old one, the visitor has the old page; then the new one."""
    site = deploy(tmp_path)
    old = (server.folder / missing).read_bytes()
    replace(server, site)
    (server.folder / missing).write_bytes(old)

    page.reload()
    assert shown(page) == OLD

    shutil.copy(site / missing, server.folder / missing)
    page.reload()
    assert shown(page) == NEW


def test_a_slow_deployment_waits_for_the_next_visit(
    page: Any, server: Server, tmp_path: Path
) -> None:
    """What does not come in time is fetched meanwhile; the visitor does not wait for it."""
    replace(server, deploy(tmp_path))
    server.held = lambda path: path.endswith("model.js")
    page.reload()
    assert shown(page) == OLD

    server.released.set()
    page.wait_for_function(
        """async () => {
          const names = (await caches.keys()).filter((name) => name.includes('set'));
          const all = await Promise.all(
            names.map((name) => caches.match('page-files.json', { cacheName: name })));
          return all.filter(Boolean).length > 1;
        }"""
    )

    # A part that is asked for only now is of the version that the page began with.
    part = page.evaluate("fetch('dist/demo.css').then((r) => r.text()).catch(() => 'refused')")
    assert "--version" not in part
    page.reload()
    assert shown(page) == NEW


def test_what_is_not_the_page_is_left_to_the_server(page: Any, server: Server) -> None:
    """Another page beside it comes from the server, and no set grows by it."""
    (server.folder / "notes.html").write_text("<!doctype html><p>first", encoding="utf-8")
    page.goto(f"{server.address}notes.html?1")
    (server.folder / "notes.html").write_text("<!doctype html><p>second", encoding="utf-8")

    page.goto(f"{server.address}notes.html?2")

    assert page.inner_text("p") == "second"


def test_a_page_without_a_list_of_its_files_is_kept_too(browser: Any, tmp_path: Path) -> None:
    """As in a checkout, where the model is written into the folder of the page."""
    folder = write_site(Bundle.open(FROZEN), tmp_path / "web").parent
    (folder / "page-files.json").unlink()
    context = browser.new_context()
    page = watched(context.new_page())
    with served(folder) as address:
        open_page(page, f"{address}/index.html")
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")

    page.reload()

    assert shown(page) == OLD
    context.close()
