"""The examples that makers of other runtimes publish, run as they stand on what an export wrote.

The code is read from the packages of npm; the addresses that it names are answered from this
machine, and the model's and the picture's are put in, which is what its reader replaces.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kerasport.assets import runtime_package
from kerasport.bundle import Bundle
from kerasport.bundle.samples import Sample
from kerasport.errors import BrowserError
from kerasport.exporter import export_smallest

_CDN = "https://cdn.jsdelivr.net/npm/"
_HUB = "https://huggingface.co/somebody/classifier/resolve/main/"
_PAGE = "https://page.example/"
_MEDIAPIPE = "@mediapipe/tasks-vision"
_TRANSFORMERS = "@huggingface/transformers"


@pytest.mark.keras
@pytest.mark.browser
def test_the_example_of_mediapipe_gives_the_answers_of_keras(browser: Any, tmp_path: Path) -> None:
    """What its package's README shows for image classifiers opens the file and answers right."""
    pytest.importorskip("tensorflow")
    text = _published(_MEDIAPIPE, "README.md")
    bundle = export_smallest(tmp_path / "model", also=["litert"])
    (code,) = re.findall(r"## Image Classifier\n.*?```\n(.*?)```", text, re.DOTALL)
    code = _replaced(code, r'"https://storage\.googleapis\.com/[^"]+\.tflite"', '"model.tflite"')
    # It is TypeScript; what is left without its types is JavaScript.
    code = _replaced(code, r" as HTMLImageElement", "")
    names = f"{{ FilesetResolver, ImageClassifier }} from '{_CDN}{_MEDIAPIPE}'"
    script = f"import {names};\n{code}\nglobalThis.found = classifications;"

    sample = bundle.samples()[-1]
    files = {
        _PAGE + "model.tflite": bundle.path / "litert" / "model.tflite",
        _PAGE + "picture": bundle.path / sample.file,
    }
    found = _ran(browser, script, files, packages=[_MEDIAPIPE])
    (head,) = found["classifications"]
    answers = {each["categoryName"]: each["score"] for each in head["categories"]}
    _check(answers, bundle, sample)


@pytest.mark.browser
def test_the_example_of_transformers_js_gives_the_answers_of_keras(
    browser: Any, tmp_path: Path
) -> None:
    """What its pipeline's documentation shows opens the folder, as it would on Hugging Face."""
    text = _published(_TRANSFORMERS, "src/pipelines/image-classification.js")
    bundle = export_smallest(tmp_path / "model", also=["transformers"])
    examples = re.findall(r"```javascript\n(.*?)```", re.sub(r"^ \* ?", "", text, flags=re.M), re.S)
    (code,) = [example for example in examples if "top_k: null" in example]
    code = _replaced(code, r"'Xenova/[^']+'", "'somebody/classifier'")
    code = _replaced(code, r"'https://[^']+\.jpg'", f"'{_PAGE}picture'")
    script = f"{code}\nglobalThis.found = output;"

    sample = bundle.samples()[-1]
    files = {
        _HUB + file.relative_to(bundle.path / "transformers").as_posix(): file
        for file in (bundle.path / "transformers").rglob("*")
        if file.is_file()
    }
    files[_PAGE + "picture"] = bundle.path / sample.file
    packages = [_TRANSFORMERS, "onnxruntime-web"]
    found = _ran(browser, script, files, packages=packages)
    _check({each["label"]: each["score"] for each in found}, bundle, sample)


def _published(package: str, file: str) -> str:
    try:
        return (runtime_package(package) / file).read_text("utf-8")
    except BrowserError as missing:
        pytest.skip(str(missing))


def _replaced(code: str, pattern: str, text: str) -> str:
    changed, times = re.subn(pattern, lambda _: text, code)
    assert times == 1, code
    return changed


def _check(answers: dict[str, float], bundle: Bundle, sample: Sample) -> None:
    # Pictures of the model's own size are not resized.
    names = bundle.metadata.class_names
    assert [answers[name] for name in names] == pytest.approx(sample.probabilities, abs=1e-5)


def _ran(browser: Any, script: str, files: dict[str, Path], *, packages: list[str]) -> Any:
    """Return what a module leaves in `found`, in a page whose addresses are answered from here."""
    page = browser.new_page()
    page.route("**/*", lambda route: _answer(route, files, packages))
    try:
        page.goto(_PAGE)
        page.add_script_tag(content=script, type="module")
        page.wait_for_function("globalThis.found || globalThis.failure", timeout=180_000)
        assert page.evaluate("globalThis.failure") is None
        return page.evaluate("globalThis.found")
    finally:
        page.close()


_DOCUMENT = f"""<!doctype html>
<script type="importmap">{{"imports": {{"{_TRANSFORMERS}": "{_CDN}{_TRANSFORMERS}"}}}}</script>
<script>
  addEventListener("error", (event) => (globalThis.failure = event.message));
  addEventListener("unhandledrejection", (event) => (globalThis.failure = String(event.reason)));
</script>
<img id="image" src="picture">
"""

_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}


def _answer(route: Any, files: dict[str, Path], packages: list[str]) -> None:
    address = route.request.url
    if address == _PAGE:
        route.fulfill(body=_DOCUMENT, content_type="text/html")
        return
    path = files.get(address) or _published_file(address, packages)
    if path is None or not path.is_file():
        route.fulfill(status=404)
        return
    kind = _TYPES.get(path.suffix, "application/octet-stream")
    # Scripts of another origin are let in by this header only, and it has it too.
    route.fulfill(path=path, content_type=kind, headers={"access-control-allow-origin": "*"})


def _published_file(address: str, packages: list[str]) -> Path | None:
    """Return the file of a package that the network of npm's packages has at an address."""
    for package in packages:
        match = re.fullmatch(re.escape(_CDN + package) + r"(?:@[^/]+)?(?:/(.+))?", address)
        if match is None:
            continue
        folder = runtime_package(package)
        manifest = json.loads((folder / "package.json").read_text("utf-8"))
        return folder / (match[1] or manifest.get("jsdelivr") or manifest["module"])
    return None
