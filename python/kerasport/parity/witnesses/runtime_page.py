"""Ask a runtime of others in a browser, as it is published: it is handed the pixels.

It can be shown picture files too, which it brings into the model's size in its own way.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.assets import runtime_package
from kerasport.bundle import Bundle
from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import WebEngine
from kerasport.parity.compare.location import Reader
from kerasport.parity.compare.tally import Answer, Expectation, WitnessIdentity
from kerasport.parity.witnesses.page_files import page_file
from kerasport.parity.witnesses.served_page import START_SECONDS, ServedPage, served_page

__all__ = ["RUNTIME_WITNESSES", "RuntimePage", "runtime_page"]


@dataclass(frozen=True)
class _Runtime:
    """A package of npm: the format that it reads, the folders that a page loads, and backends."""

    format: str
    package: str
    folders: tuple[str, ...]
    backends: tuple[str, ...] = ("wasm",)


_ONNX = "onnxruntime-web/dist"

RUNTIME_WITNESSES = {
    "onnxruntime-web": _Runtime("onnx", "onnxruntime-web", (_ONNX,)),
    "litert-web": _Runtime(
        "litert", "@litertjs/core", ("@litertjs/core", "@litertjs/wasm-utils/dist")
    ),
    "mediapipe-web": _Runtime("litert", "@mediapipe/tasks-vision", ("@mediapipe/tasks-vision",)),
    "transformers-web": _Runtime(
        "transformers",
        "@huggingface/transformers",
        ("@huggingface/transformers/dist", _ONNX),
    ),
    "teachable-machine-web": _Runtime(
        "teachable-machine",
        "@teachablemachine/image",
        ("@teachablemachine/image/dist", "@tensorflow/tfjs/dist"),
        # It comes with TensorFlow.js of before wasm.
        ("cpu", "webgl"),
    ),
}
"""Witness -> what it is."""


class RuntimePage:
    """A model of another format in its runtime, in a page. Made by `runtime_page`."""

    metadata: dict[str, Any] | None = None
    read: Reader | None = None

    def __init__(
        self, page: ServedPage, identity: WitnessIdentity, shape: tuple[int, int, int]
    ) -> None:
        self.identity = identity
        self._page = page
        self._shape = shape

    def ask(self, batch: Sequence[Expectation]) -> list[Answer]:
        """Return the answers for the pixels of a batch."""
        pixels = np.stack([expected.pixels for expected in batch])
        body = np.ascontiguousarray(pixels).tobytes()
        answers = self._answers("predict", body, len(batch), shape=pixels.shape)
        return [Answer(answer) for answer in answers]

    def classify(self, paths: Sequence[Path]) -> NDArray[np.float32]:
        """Return what it answers for picture files, brought to their size by itself."""
        contents = [path.read_bytes() for path in paths]
        return self._answers(
            "classify",
            b"".join(contents),
            len(paths),
            names=[path.name for path in paths],
            sizes=[len(content) for content in contents],
            shape=[len(paths), *self._shape],
        )

    def _answers(self, kind: str, body: bytes, count: int, **task: Any) -> NDArray[np.float32]:
        _, found = self._page.ask(self.identity.name, kind, body, **task)
        return np.frombuffer(found, "<f4").astype(np.float32).reshape(count, -1)


@contextlib.contextmanager
def runtime_page(
    name: str,
    found: WebEngine,
    bundle: Bundle,
    backend: str,
    start_seconds: float = START_SECONDS,
) -> Iterator[RuntimePage]:
    """Yield a page with the runtime and the model that lies in a folder of the bundle.

    Raises:
        BrowserError: the bundle has no such model, the package is not installed; and see
            `served_page`.
    """
    runtime = RUNTIME_WITNESSES[name]
    path = bundle.other_format(runtime.format)
    if path is None:
        raise BrowserError(
            "The bundle has no model for it. Write one with: kerasport export --also "
            f"{runtime.format}"
        )
    files: dict[str, Callable[[], bytes]] = {"runtime.js": page_file(f"{name}.js").encode}
    for folder in runtime.folders:
        root = runtime_package(folder)
        files |= {
            f"packages/{folder}/{file.relative_to(root).as_posix()}": file.read_bytes
            for file in root.rglob("*")
            if file.is_file()
        }
    for each in bundle.metadata.other_formats or ():
        if each.format == runtime.format:
            place = f"{runtime.format}/"
            files |= {
                f"model/{entry.path.removeprefix(place)}": (bundle.path / entry.path).read_bytes
                for entry in each.files
            }
    manifest = runtime_package(runtime.package) / "package.json"
    version = json.loads(manifest.read_text("utf-8"))["version"]
    with served_page(found, "runtime.html", files, backend, start_seconds) as page:
        about = f"{version} in {found.name} {found.version}"
        identity = WitnessIdentity(name, about, backend, page.loaded.get("tfjs", ""))
        yield RuntimePage(page, identity, bundle.metadata.input_shape)
