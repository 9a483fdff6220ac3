"""The examples of scripts in `web/examples`, each in a browser, and the custom element."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from support.examples import check_answer, check_page
from support.npm import FROZEN, WEB
from support.serving import served

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import Bundle
from kerasport.parity.browsers.chromium import CHROMIUM_FLAGS, find_chromium

pytestmark = pytest.mark.browser

EXAMPLES = WEB / "examples"


def test_one_script_tag_works_from_a_file(browser: Any, tmp_path: Path) -> None:
    """The page is opened from file://, with the built script and a bundle beside it."""
    shutil.copy(EXAMPLES / "script-tag" / "index.html", tmp_path)
    shutil.copy(web_asset(CLIENT_SCRIPT), tmp_path)
    shutil.copytree(FROZEN, tmp_path / "model")

    check_page(browser, (tmp_path / "index.html").as_uri())


def test_stock_tensorflowjs_works_without_the_library(browser: Any, tmp_path: Path) -> None:
    """The page is served, with stock TensorFlow.js and a bundle beside it."""
    shutil.copy(EXAMPLES / "stock-tfjs" / "index.html", tmp_path)
    shutil.copy(WEB / "node_modules" / "@tensorflow" / "tfjs" / "dist" / "tf.min.js", tmp_path)
    shutil.copytree(FROZEN, tmp_path / "model")

    with served(tmp_path) as address:
        check_page(browser, f"{address}/index.html")


def test_an_app_s_web_view_loads_the_model_as_a_script(browser: Any, tmp_path: Path) -> None:
    """The page of the app is a file there too, under the policy that it states."""
    shutil.copytree(EXAMPLES / "webview" / "www", tmp_path, dirs_exist_ok=True)
    shutil.copy(web_asset(CLIENT_SCRIPT), tmp_path)
    shutil.copytree(FROZEN, tmp_path / "model")

    check_page(browser, (tmp_path / "index.html").as_uri())


def test_the_window_of_a_desktop_app_loads_the_model_as_a_script(
    browser: Any, tmp_path: Path
) -> None:
    """What Electron's window opens, in the Chromium that is here, the package where npm puts it."""
    shutil.copytree(EXAMPLES / "electron", tmp_path, dirs_exist_ok=True)
    packed = tmp_path / "node_modules" / "kerasport" / "dist"
    packed.mkdir(parents=True)
    shutil.copy(web_asset(CLIENT_SCRIPT), packed)
    shutil.copytree(FROZEN, tmp_path / "model")

    check_page(browser, (tmp_path / "index.html").as_uri())


def test_an_extension_classifies_in_its_background(browser: Any, tmp_path: Path) -> None:
    """A real one, of manifest version 3: its popup asks its service worker."""
    folder = tmp_path / "extension"
    shutil.copytree(EXAMPLES / "extension", folder)
    scripts = folder / "kerasport"
    scripts.mkdir()
    for name in ("kerasport-static.js", "kerasport-wasm.js"):
        shutil.copy(web_asset(name), scripts)
        # What the example's own command puts there.
        assert f"dist/{name}" in (folder / "package.json").read_text(encoding="utf-8")
    shutil.copytree(FROZEN, folder / "model")

    context = browser.browser_type.launch_persistent_context(
        str(tmp_path / "profile"),
        executable_path=find_chromium(),
        args=[
            *CHROMIUM_FLAGS,
            f"--disable-extensions-except={folder}",
            f"--load-extension={folder}",
        ],
    )
    try:
        workers = context.service_workers
        worker = workers[0] if workers else context.wait_for_event("serviceworker")
        page = context.new_page()
        page.goto(f"{worker.url.rsplit('/', 1)[0]}/popup.html")
        check_answer(page)
    finally:
        context.close()


def test_the_element_answers_in_its_own_words(browser: Any, tmp_path: Path) -> None:
    """A chosen picture gives an event, a spoken status and a list; texts are the page's."""
    sample = Bundle.open(FROZEN).samples()[0]
    scripts = [CLIENT_SCRIPT, "kerasport-element.iife.js"]
    for script in scripts:
        shutil.copy(web_asset(script), tmp_path)
    shutil.copytree(FROZEN, tmp_path / "model")
    (tmp_path / "index.html").write_text(
        '<!doctype html><html lang="de"><script src="model/model.js"></script>'
        + "".join(f'<script src="{script}"></script>' for script in scripts)
        + '<image-classifier label="Bild" top-k="2"></image-classifier>'
        '<script>addEventListener("classification", ({ detail }) => { seen = detail; }, true);'
        "let seen;</script>"
    )
    page = browser.new_page()
    try:
        page.goto((tmp_path / "index.html").as_uri())
        page.get_by_label("Bild").set_input_files(FROZEN / sample.file)
        page.wait_for_function("seen")
        status = page.get_by_role("status").inner_text()
        items = page.locator("image-classifier li").all_inner_texts()
        shown = page.evaluate("seen.predictions.map(({ className }) => className)")
        page.get_by_label("Bild").set_input_files(
            {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
        )
        page.wait_for_function(
            "document.querySelector('image-classifier').shadowRoot"
            ".querySelector('[role=status]').textContent.includes('cannot be read')"
        )
    finally:
        page.close()

    assert status == shown[0]
    assert len(items) == len(shown) == 2
    assert all(
        item.startswith(name) and item.endswith("%")
        for item, name in zip(items, shown, strict=True)
    )
