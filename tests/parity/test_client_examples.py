"""The examples in `web/examples`, each in a browser, the npm package, and the custom element."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.serving import served

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import Bundle

pytestmark = pytest.mark.browser

WEB = Path(__file__).parents[2] / "web"
EXAMPLES = WEB / "examples"
FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"


def check_page(browser: Any, address: str) -> None:
    """Choose the first sample and expect Keras' class and probability on the page."""
    bundle = Bundle.open(FROZEN)
    sample = bundle.samples()[0]
    best = int(np.argmax(sample.probabilities))
    name = bundle.metadata.class_names[best]
    expected = f"{name} ({sample.probabilities[best]:.3f})"
    page = browser.new_page()
    try:
        page.goto(address)
        page.set_input_files("#picture", FROZEN / sample.file)
        page.wait_for_function("document.querySelector('#answer').textContent")
        assert page.inner_text("#answer") == expected
    finally:
        page.close()


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


def test_the_npm_package_works_in_a_vite_app(browser: Any, tmp_path: Path) -> None:
    """What `npm pack` writes is installed without the network, type-checked, bundled and run."""
    app = tmp_path / "app"
    shutil.copytree(EXAMPLES / "vite-app", app)
    shutil.copytree(FROZEN, app / "public" / "model")
    node = WEB / "node.sh"
    run([node, "npm", "pack", "--silent", "--pack-destination", str(tmp_path)])
    (package,) = tmp_path.glob("kerasport-*.tgz")
    # Vite and TypeScript come from this checkout; the package itself needs nothing.
    (app / "package.json").write_text('{"name": "app", "private": true, "type": "module"}')
    run([node, "npm", "install", "--prefix", str(app), "--offline", "--no-audit", str(package)])
    tools = WEB / "node_modules" / ".bin"
    run([node, str(tools / "tsc"), "-p", str(app)])
    run([node, str(tools / "vite"), "build", str(app), "--logLevel", "error"])

    with served(app / "dist") as address:
        check_page(browser, f"{address}/index.html")


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


def run(command: list[Any]) -> None:
    """Run a command, and show what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
