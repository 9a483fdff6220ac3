"""The client library beside the page's own thread: workers, many pictures, memory, backends."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kerasport.assets import CLIENT_SCRIPT, web_asset

pytestmark = pytest.mark.browser

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"
PICTURES = Path(__file__).parents[1] / "golden" / "pictures"

Open = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a page on file:// with the client and the frozen model, under a policy of one's own."""
    pages = []

    def opened(policy: str = "", script: str = "", attribute: str = "") -> Any:
        page = browser.new_page()
        pages.append(page)
        if script:
            page.add_init_script(script)
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
        document = tmp_path / "page.html"
        document.write_text(
            f'<!doctype html>{meta}<input id="files" type="file" multiple>'
            f'<script src="{web_asset(CLIENT_SCRIPT).as_uri()}" {attribute}></script>'
            f'<script src="{(FROZEN / "model.js").as_uri()}"></script>'
        )
        page.goto(document.as_uri())
        return page

    yield opened
    for page in pages:
        page.close()


SELF_TEST = """\
async (options) => {
  try {
    const classifier = await kerasport.loadClassifier(undefined, options);
    const { passed } = await classifier.selfTest();
    const { usesWorker, backend } = classifier;
    classifier.dispose();
    return { passed, usesWorker, backend };
  } catch ({ code, message }) {
    return { code, message };
  }
}
"""

COUNT_WORKERS = """\
globalThis.workers = 0;
globalThis.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    globalThis.workers++;
  }
};
"""


@pytest.mark.parametrize(
    ("attribute", "options", "early", "passed"),
    [
        ("", {}, 0, {"passed": True, "usesWorker": True, "backend": "wasm"}),
        ("data-start-worker", {}, 1, {"passed": True, "usesWorker": True, "backend": "wasm"}),
        # A choice of one's own is not answered by what was started before it.
        (
            "data-start-worker",
            {"worker": False},
            1,
            {"passed": True, "usesWorker": False, "backend": "wasm"},
        ),
    ],
)
def test_a_worker_can_be_started_before_there_is_a_model(
    attribute: str, options: dict[str, Any], early: int, passed: dict[str, Any], open_page: Open
) -> None:
    """The first classifier takes it, so that there is one; the second has its own."""
    page = open_page(script=COUNT_WORKERS, attribute=attribute)

    before = page.evaluate("workers")
    answers = [page.evaluate(SELF_TEST, {"backend": "wasm", **options}) for _ in range(2)]

    assert before == early
    assert answers == [passed, passed]
    assert page.evaluate("workers") == (2 if passed["usesWorker"] else early)


STRICT = (
    "default-src 'none'; script-src file: 'wasm-unsafe-eval'; {more} "
    "require-trusted-types-for 'script'; trusted-types {policies}"
)


@pytest.mark.parametrize(
    ("policy", "worker"),
    [
        ("", True),
        (STRICT.format(more="worker-src blob:;", policies="kerasport"), True),
        (STRICT.format(more="worker-src blob:;", policies="'none'"), False),
        (STRICT.format(more="", policies="kerasport"), False),
    ],
    ids=["open", "strict", "without-policy", "without-workers"],
)
def test_a_worker_is_used_where_the_page_allows_one(
    policy: str, worker: bool, open_page: Open
) -> None:
    """Under every policy the answers are Keras'; a worker gives them where it may start."""
    received = open_page(policy).evaluate(SELF_TEST, {})

    assert received == {"passed": True, "usesWorker": worker, "backend": "wasm"}


def test_a_worker_that_is_required_and_forbidden_is_an_error(open_page: Open) -> None:
    """`worker: true` says what to change in the page."""
    page = open_page(STRICT.format(more="", policies="kerasport"))

    received = page.evaluate(SELF_TEST, {"worker": True})

    assert received["code"] == "backend-unavailable"
    assert "worker-src blob:" in received["message"]


def test_the_page_s_own_thread_gives_the_same_answers(open_page: Open) -> None:
    """`worker: false` starts no worker."""
    page = open_page()

    received = page.evaluate(SELF_TEST, {"worker": False})

    assert received == {"passed": True, "usesWorker": False, "backend": "wasm"}
    assert page.workers == []


@pytest.mark.parametrize(
    ("backend", "outcome"),
    [
        ("wasm", {"code": "backend-unavailable"}),
        ("auto", {"passed": True, "usesWorker": False, "backend": "webgl"}),
    ],
)
def test_without_webassembly_another_backend_is_taken_or_asked_for(
    backend: str, outcome: dict[str, object], open_page: Open
) -> None:
    """A browser without WebAssembly runs on, and a required one is refused with the reason."""
    page = open_page(script="delete globalThis.WebAssembly")

    received = page.evaluate(SELF_TEST, {"worker": False, "backend": backend})

    assert received.items() >= outcome.items()
    assert "wasm: " in received.get("message", "wasm: ")


@pytest.mark.parametrize("worker", [True, False])
def test_a_thousand_pictures_leave_no_tensor_and_disposing_frees_all(
    worker: bool, open_page: Open
) -> None:
    """The number of tensors is flat over 1,000 pictures; a worker ends, a thread keeps nothing."""
    page = open_page()

    received = page.evaluate(
        """async (worker) => {
          const load = () => kerasport.loadClassifier(undefined, { worker });
          const classifier = await load();
          const picture = { data: new Uint8Array(20 * 20 * 3), width: 20, height: 20, channels: 3 };
          const counts = new Set();
          for (let round = 0; round < 1000; round++) {
            picture.data[round] = round;
            await classifier.classify(picture);
            if (round % 100 === 0) counts.add((await classifier.memory()).tensors);
          }
          const pending = classifier.classify(picture).catch((error) => error.code);
          classifier.dispose();
          const code = await Promise.race([pending, classifier.classify(picture)])
            .catch((error) => error.code);
          const next = await load();
          const { tensors } = await next.memory();
          return { counts: [...counts], code, tensors };
        }""",
        worker,
    )

    assert len(received["counts"]) == 1
    assert received["code"] == "disposed"
    assert received["tensors"] == received["counts"][0]
    assert len(page.workers) == (1 if worker else 0)


def test_many_pictures_go_on_behind_an_unreadable_one(open_page: Open, tmp_path: Path) -> None:
    """Results keep their order, an unreadable file has its error, and progress is told."""
    (tmp_path / "broken.png").write_bytes(b"no picture")
    page = open_page()
    paths = [PICTURES / "rgb.png", tmp_path / "broken.png", PICTURES / "rgb.png"]
    page.set_input_files("#files", paths)

    received = page.evaluate(
        """async () => {
          const classifier = await kerasport.loadClassifier();
          const files = document.querySelector("#files").files;
          const seen = [];
          const told = [];
          const results = await classifier.classifyMany(files, {
            onResult: ({ index }) => void seen.push(index),
            onProgress: (done, total) => void told.push([done, total]),
          });
          async function* stream() { yield* files; }
          const streamed = await classifier.classifyMany(stream(), { topK: 1 });
          const alone = await classifier.classify(files[0]);
          return {
            seen, told,
            codes: results.map(({ error }) => error?.code ?? null),
            same: results[2].classification.probabilities.join() === alone.probabilities.join(),
            streamed: streamed.map(({ classification }) => classification?.predictions.length),
          };
        }"""
    )

    assert received == {
        "seen": [0, 1, 2],
        "told": [[1, 3], [2, 3], [3, 3]],
        "codes": [None, "picture-unreadable", None],
        "same": True,
        "streamed": [1, None, 1],
    }


def test_many_pictures_stop_when_they_are_told_to(open_page: Open) -> None:
    """An aborted signal rejects with its reason, and no further picture is asked for."""
    received = open_page().evaluate(
        """async () => {
          const classifier = await kerasport.loadClassifier();
          const controller = new AbortController();
          let asked = 0;
          function* pictures() {
            for (;;) {
              asked++;
              yield { data: new Uint8Array(300), width: 10, height: 10, channels: 3 };
            }
          }
          const onResult = ({ index }) => { if (index === 4) controller.abort(); };
          const { signal } = controller;
          return classifier.classifyMany(pictures(), { signal, onResult, workers: 1 })
            .catch(({ name }) => ({ name, asked }));
        }"""
    )

    assert received == {"name": "AbortError", "asked": 6}


def test_a_lost_graphics_processor_is_replaced_without_a_wrong_answer(open_page: Open) -> None:
    """After the context is lost the next answer comes from wasm, and is Keras' own."""
    page = open_page(
        script="""{
          globalThis.contexts = [];
          for (const type of [OffscreenCanvas, HTMLCanvasElement]) {
            const { getContext } = type.prototype;
            type.prototype.getContext = function (...options) {
              const context = getContext.apply(this, options);
              if (context instanceof WebGL2RenderingContext) contexts.push(context);
              return context;
            };
          }
        }"""
    )

    received = page.evaluate(
        """async () => {
          const options = { backend: "webgl", worker: false };
          const classifier = await kerasport.loadClassifier(undefined, options);
          const before = classifier.backend;
          const first = await classifier.selfTest();
          for (const gl of contexts) gl.getExtension("WEBGL_lose_context")?.loseContext();
          const second = await classifier.selfTest();
          return { before, first: first.passed, after: classifier.backend, second: second.passed };
        }"""
    )

    assert received == {"before": "webgl", "first": True, "after": "wasm", "second": True}


def test_tuning_measures_what_the_device_has_and_keeps_the_answers(open_page: Open) -> None:
    """Each backend of the graphics processor is timed or refused with a reason."""
    received = open_page().evaluate(
        """async () => {
          const classifier = await kerasport.loadClassifier();
          const trials = await classifier.tune();
          return { trials, backend: classifier.backend, ...(await classifier.selfTest()) };
        }"""
    )

    assert received["passed"]
    adopted = [trial["backend"] for trial in received["trials"] if trial["adopted"]]
    assert adopted in ([], [received["backend"]])
    assert [trial["backend"] for trial in received["trials"]] == ["webgl", "webgpu"]
    webgl = received["trials"][0]
    assert webgl["milliseconds"] > 0
    assert all(trial["adopted"] or trial["reason"] for trial in received["trials"])


def test_an_element_is_classified_like_its_file(open_page: Open) -> None:
    """Elements reach the worker as bitmaps: an <img> and a canvas give the file's answer."""
    content = base64.b64encode((PICTURES / "rgb.png").read_bytes()).decode()

    received = open_page().evaluate(
        """async (base64) => {
          const classifier = await kerasport.loadClassifier(undefined, { worker: true });
          const blob = new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]);
          const image = new Image();
          image.src = URL.createObjectURL(blob);
          await image.decode();
          const canvas = new OffscreenCanvas(image.width, image.height);
          canvas.getContext("2d").drawImage(image, 0, 0);
          const answers = [];
          for (const source of [blob, image, canvas, await createImageBitmap(image)]) {
            answers.push((await classifier.classify(source)).probabilities.join());
          }
          return new Set(answers).size;
        }""",
        content,
    )

    assert received == 1
