"""The client library where there is no page: workers of every kind, and workers of the site."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.npm import FROZEN
from support.serving import served

from kerasport.assets import CLIENT_SCRIPT, web_asset

pytestmark = pytest.mark.browser

OpenSite = Callable[..., Any]

LIKE_KERAS = {"passed": True, "backend": "wasm"}

# Each is a worker that answers every message with what the model makes of the samples here.
ANSWER = """\
addEventListener("message", async ({ data, source, ports }) => {
  try {
    const classifier = await LOAD("/model/", data);
    const { passed } = await classifier.selfTest();
    const pixels = { data: new Uint8Array(300), width: 10, height: 10 };
    await classifier.classify(pixels);
    (source ?? self).postMessage({ passed, backend: classifier.backend });
    classifier.dispose();
  } catch (error) {
    (source ?? self).postMessage(`${error.code}: ${error.message}`);
  }
});
"""
CLASSIC = 'importScripts("kerasport.iife.js");' + ANSWER.replace("LOAD", "kerasport.loadClassifier")
MODULE = 'import { loadClassifier } from "./kerasport.js";' + ANSWER.replace(
    "LOAD", "loadClassifier"
)
STATIC = MODULE.replace("kerasport.js", "kerasport-static.js")

IN_WORKER = """\
([script, type, options]) => new Promise((resolve, reject) => {
  const worker = new Worker(script, { type });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.postMessage(options);
})
"""
IN_SERVICE_WORKER = """\
async ([script, type, options]) => {
  const answer = new Promise((resolve) => {
    navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
  });
  const registration = await navigator.serviceWorker.register(script, { type });
  await navigator.serviceWorker.ready;
  registration.active.postMessage(options);
  return answer;
}
"""


@pytest.fixture
def open_site(browser: Any, tmp_path: Path) -> Iterator[OpenSite]:
    """Open an empty page of a site that has the built library, the frozen model and a script."""
    for path in web_asset(CLIENT_SCRIPT).parent.glob("kerasport*.js"):
        shutil.copy(path, tmp_path)
    shutil.copytree(FROZEN, tmp_path / "model")
    context = browser.new_context()
    with served(tmp_path) as address:

        def opened(script: str = "", policy: str = "") -> Any:
            (tmp_path / "own.js").write_text(script)
            meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            (tmp_path / "index.html").write_text(
                f'<!doctype html>{meta if policy else ""}<script src="kerasport.iife.js"></script>'
            )
            page = context.new_page()
            page.goto(f"{address}/index.html")
            return page

        yield opened
        context.close()


@pytest.mark.parametrize(
    ("script", "kind"),
    [(CLASSIC, "classic"), (MODULE, "module"), (STATIC, "module")],
    ids=["importScripts", "module", "static"],
)
@pytest.mark.parametrize("options", [{}, {"worker": False}], ids=["auto", "own-thread"])
def test_a_worker_of_somebody_s_own_classifies(
    script: str, kind: str, options: dict[str, Any], open_site: OpenSite
) -> None:
    """By `importScripts`, as a module, and with everything imported at once."""
    page = open_site(script)

    assert page.evaluate(IN_WORKER, ["own.js", kind, options]) == LIKE_KERAS


def test_a_classic_worker_finds_the_graphics_processor_s_script_beside_it(
    open_site: OpenSite,
) -> None:
    """Where there is no page to put a script element into."""
    page = open_site(CLASSIC)

    received = page.evaluate(
        IN_WORKER, ["own.js", "classic", {"backend": "webgl", "worker": False}]
    )

    assert received == {"passed": True, "backend": "webgl"}


@pytest.mark.parametrize(
    ("script", "kind"),
    [(CLASSIC, "classic"), (STATIC, "module")],
    ids=["importScripts", "static"],
)
def test_a_service_worker_classifies(script: str, kind: str, open_site: OpenSite) -> None:
    """It may start no worker and import nothing later."""
    page = open_site(script)

    assert page.evaluate(IN_SERVICE_WORKER, ["own.js", kind, {}]) == LIKE_KERAS


OWN_WORKER = """\
async ({ options, start }) => {
  try {
    if (start) options.workerUrl = () => new Worker("kerasport-worker.js", { type: "module" });
    const classifier = await kerasport.loadClassifier("model/", options);
    const { passed } = await classifier.selfTest();
    const { usesWorker, backend } = classifier;
    classifier.dispose();
    return { passed, usesWorker, backend };
  } catch ({ code, message }) {
    return { code, message };
  }
}
"""
OWN_ALONE = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"


@pytest.mark.parametrize("backend", ["wasm", "webgl"])
@pytest.mark.parametrize("start", [False, True], ids=["address", "function"])
def test_a_site_without_blob_workers_gives_one_of_its_own(
    backend: str, start: bool, open_site: OpenSite
) -> None:
    """`workerUrl` works beside the page under a policy that knows only the site's own scripts."""
    page = open_site(policy=OWN_ALONE)
    options = {"backend": backend, "workerUrl": "/kerasport-worker.js", "worker": True}

    received = page.evaluate(OWN_WORKER, {"options": options, "start": start})

    assert received == {"passed": True, "usesWorker": True, "backend": backend}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"passed": True, "usesWorker": False, "backend": "wasm"}),
        ({"workerUrl": "/lost.js"}, {"passed": True, "usesWorker": False, "backend": "wasm"}),
        ({"workerUrl": "/lost.js", "worker": True}, {"code": "backend-unavailable"}),
        ({"worker": True}, {"code": "backend-unavailable"}),
        ({"workerUrl": 7}, {"code": "invalid-argument"}),
    ],
    ids=["none", "lost", "lost-and-required", "required", "no-address"],
)
def test_without_that_worker_the_page_does_the_work_or_says_why(
    options: dict[str, Any], expected: dict[str, Any], open_site: OpenSite
) -> None:
    """The same policy without a worker that starts."""
    page = open_site(policy=OWN_ALONE)

    received = page.evaluate(OWN_WORKER, {"options": options, "start": False})

    assert received.items() >= expected.items()


def test_the_element_s_script_may_come_twice(open_site: OpenSite) -> None:
    """The first one stays, and the page goes on."""
    page = open_site()
    for _ in range(2):
        page.add_script_tag(url="kerasport-element.iife.js")

    assert page.evaluate(
        "document.createElement('image-classifier') instanceof "
        "customElements.get('image-classifier')"
    )
