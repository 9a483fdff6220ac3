"""Ask any installed browser over a loopback server: the client library, or stock TensorFlow.js."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import Bundle
from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import WebEngine, opened
from kerasport.parity.compare.tally import Answer, Engine, Expectation
from kerasport.parity.witnesses.desk import WorkDesk
from kerasport.parity.witnesses.playwright_page import CLASSIFY_FILES

__all__ = ["ClientPage", "StockPage", "client_page", "find_stock", "stock_page"]

START_SECONDS = 180
_BATCH_SECONDS = 600

_CLIENT = (
    """\
<!doctype html>
<meta charset="utf-8">
<title>kerasport parity</title>
<script src="kerasport.iife.js"></script>
<script src="model.js"></script>
<script src="serve.js"></script>
<script>
"""
    + CLASSIFY_FILES
    + """
const pick = ({ names, sizes }, bytes) => {
  let offset = 0;
  return names.map((name, i) => new File([bytes.slice(offset, (offset += sizes[i]))], name));
};
serve({
  async load({ backend }) {
    globalThis.classifier = await kerasport.loadClassifier(undefined, { backend });
    const { metadata } = classifier;
    return { header: { backend: classifier.backend, tfjs: kerasport.tfjsVersion, metadata } };
  },
  async classify(task, bytes) {
    const parts = [];
    const answers = await classifyFiles(pick(task, bytes), ({ probabilities, input }, i) => {
      parts[i] = input.data;
      return { probabilities: Array.from(probabilities) };
    });
    return { header: { answers }, parts: parts.filter(Boolean) };
  },
  async read(task, bytes) {
    const { data, width, height, channels } = await kerasport.readPixels(pick(task, bytes)[0]);
    return { header: { width, height, channels }, parts: [data] };
  },
});
</script>
"""
)

_STOCK = """\
<!doctype html>
<meta charset="utf-8">
<title>stock TensorFlow.js</title>
<script src="tf.min.js"></script>
<script src="tf-backend-wasm.min.js"></script>
<script src="serve.js"></script>
<script>
let model;
const input = ({ shape }, bytes) => tf.tensor(Float32Array.from(bytes), shape, "float32");
serve({
  async load({ backend }) {
    tf.wasm.setWasmPaths("");
    if (!(await tf.setBackend(backend))) throw new Error(`${backend} did not start`);
    model = await tf.loadLayersModel("model/model.json");
    return { header: { backend: tf.getBackend(), tfjs: tf.version.tfjs } };
  },
  async predict(task, bytes) {
    const output = tf.tidy(() => model.predict(input(task, bytes)));
    const values = await output.data();
    output.dispose();
    return { header: {}, parts: [values] };
  },
  async trace(task, bytes) {
    const layers = model.layers.filter((layer) => layer.getClassName() !== "InputLayer");
    const outputs = layers.map((layer) => layer.getOutputAt(0));
    const all = tf.model({ inputs: model.inputs, outputs });
    const found = tf.tidy(() => [all.predict(input(task, bytes))].flat());
    const parts = await Promise.all(found.map((tensor) => tensor.data()));
    const header = {
      names: layers.map((layer) => layer.name),
      shapes: found.map((tensor) => tensor.shape),
    };
    tf.dispose(found);
    return { header, parts };
  },
});
</script>
"""


class ClientPage:
    """The client library and a bundle in a page of any engine. Made by `client_page`."""

    def __init__(
        self, desk: WorkDesk, session: int, engine: Engine, metadata: dict[str, Any]
    ) -> None:
        self.engine = engine
        self.metadata = metadata
        self._desk = desk
        self._session = session

    def ask(self, batch: Sequence[Expectation]) -> list[Answer]:
        """Return the answers for the files of a batch; see `ChromiumPage.ask`."""
        header, body = self._send("classify", [expected.path for expected in batch])
        answers, offset = [], 0
        for expected, reply in zip(batch, header["answers"], strict=True):
            if "error" in reply:
                nothing = np.full_like(expected.probabilities, np.nan)
                answers.append(Answer(nothing, refusal=reply["error"]))
                continue
            # The page fits every picture into the bundle's one shape.
            size = int(np.prod(self.metadata["inputShape"]))
            pixels = np.frombuffer(body, np.uint8, size, offset)
            offset += size
            answers.append(Answer(np.array(reply["probabilities"], np.float32), pixels))
        return answers

    def read(self, path: Path) -> NDArray[np.uint8]:
        """Return the upright picture at full size, uint8 `[height, width, channels]`."""
        header, body = self._send("read", [path])
        shape = header["height"], header["width"], header["channels"]
        return np.frombuffer(body, np.uint8).reshape(shape)

    def _send(self, kind: str, paths: Sequence[Path]) -> tuple[dict[str, Any], bytes]:
        contents = [path.read_bytes() for path in paths]
        try:
            return self._desk.ask(
                kind,
                b"".join(contents),
                session=self._session,
                limit_seconds=_BATCH_SECONDS,
                names=[path.name for path in paths],
                sizes=[len(content) for content in contents],
            )
        except BrowserError as error:
            raise BrowserError(f"{self.engine.witness} stopped answering: {error}") from None


class StockPage:
    """A bundle in stock TensorFlow.js, which is handed the pixels. Made by `stock_page`."""

    metadata: dict[str, Any] | None = None

    def __init__(self, desk: WorkDesk, session: int, engine: Engine) -> None:
        self.engine = engine
        self._desk = desk
        self._session = session

    def ask(self, batch: Sequence[Expectation]) -> list[Answer]:
        """Return the answers for the pixels of a batch."""
        _, body = self._send("predict", np.stack([expected.pixels for expected in batch]))
        values = np.frombuffer(body, "<f4").astype(np.float32)
        return [Answer(answer) for answer in values.reshape(len(batch), -1)]

    def trace(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Return what each layer makes of one picture, uint8 `[height, width, channels]`."""
        header, body = self._send("trace", pixels[None])
        found, offset = {}, 0
        for name, shape in zip(header["names"], header["shapes"], strict=True):
            count = int(np.prod(shape))
            found[name] = np.frombuffer(body, "<f4", count, offset).reshape(shape)
            offset += 4 * count
        return found

    def _send(self, kind: str, pixels: NDArray[np.uint8]) -> tuple[dict[str, Any], bytes]:
        try:
            return self._desk.ask(
                kind,
                np.ascontiguousarray(pixels).tobytes(),
                session=self._session,
                limit_seconds=_BATCH_SECONDS,
                shape=pixels.shape,
            )
        except BrowserError as error:
            raise BrowserError(f"{self.engine.witness} stopped answering: {error}") from None


@contextlib.contextmanager
def client_page(
    found: WebEngine, bundle: Bundle, backend: str, start_seconds: float = START_SECONDS
) -> Iterator[ClientPage]:
    """Yield a page of the engine with the client library and the bundle's `model.js`.

    Raises:
        BrowserError: the page does not open, or the backend does not start.
    """
    scripts = {
        script.name: script.read_bytes
        for script in web_asset(CLIENT_SCRIPT).parent.glob("kerasport*.js")
    }
    files = {**scripts, "model.js": bundle.script.read_bytes}
    with WorkDesk(_CLIENT, files) as desk, opened(found, desk.address) as session:
        loaded = _load(desk, session, found, backend, start_seconds)
        engine = Engine(found.name, found.version, backend, loaded["tfjs"])
        yield ClientPage(desk, session, engine, loaded["metadata"])


def find_stock() -> dict[str, Callable[[], bytes]]:
    """Return the files of stock TensorFlow.js by the names that its page asks for.

    Raises:
        BrowserError: they are not installed.
    """
    modules = Path(__file__).parents[4] / "web" / "node_modules" / "@tensorflow"
    files = [modules / "tfjs" / "dist" / "tf.min.js"]
    wasm = modules / "tfjs-backend-wasm" / "dist"
    files += [wasm / "tf-backend-wasm.min.js", *sorted(wasm.glob("*.wasm"))]
    if not all(file.is_file() for file in files) or len(files) < 3:
        raise BrowserError(
            "Stock TensorFlow.js is not installed. It belongs to the development set-up; in a "
            "checkout run: make web"
        )
    return {file.name: file.read_bytes for file in files}


@contextlib.contextmanager
def stock_page(
    found: WebEngine, bundle: Bundle, backend: str, start_seconds: float = START_SECONDS
) -> Iterator[StockPage]:
    """Yield a page with stock TensorFlow.js that loaded the bundle over http.

    Raises:
        BrowserError: TensorFlow.js is not installed, or does not load the model.
    """
    files = find_stock()
    for group in bundle.model()["weightsManifest"]:
        files |= {f"model/{name}": (bundle.path / name).read_bytes for name in group["paths"]}
    files["model/model.json"] = (bundle.path / "model.json").read_bytes
    with WorkDesk(_STOCK, files) as desk, opened(found, desk.address) as session:
        loaded = _load(desk, session, found, backend, start_seconds)
        version = f"in {found.name} {found.version}"
        yield StockPage(desk, session, Engine("stock-tfjs", version, backend, loaded["tfjs"]))


def _load(
    desk: WorkDesk, session: int, found: WebEngine, backend: str, seconds: float
) -> dict[str, Any]:
    try:
        loaded, _ = desk.ask("load", session=session, limit_seconds=seconds, backend=backend)
    except BrowserError as error:
        raise BrowserError(
            f"{backend} does not start in {found.name} {found.version}: {error}"
        ) from None
    if loaded["backend"] != backend:
        raise BrowserError(
            f"{backend} does not start in {found.name} {found.version}; {loaded['backend']} did"
        )
    return loaded
