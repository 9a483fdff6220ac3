"""Compare ways to carry weights in a classic script, from file://, in real engines.

    .venv/bin/python benchmarks/embedding.py web/model
    .venv/bin/python benchmarks/embedding.py --engines firefox --random 9 --rounds 15

Each script is opened by a page on file:// that tells a loopback server when all bytes lie decoded
in one array; `ms` runs from before the script element to that moment: the median, and the least in
brackets. `ratio` is the median over the rounds of the time against the first encoding's. The page
then hashes the bytes, and a round trip that is not exact ends the benchmark. Encodings take turns,
each page load under an address of its own. `served` is the script after gzip level 6.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import queue
import shutil
import statistics
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import Bundle
from kerasport.bundle.script import utf16_comment, utf16_literal
from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import ENGINES, WebEngine, find_engine, opened

PIECE = 768 * 1024
"""Bytes of a file per call; divisible by 2, 3 and 4."""

LOAD_LIMIT_SECONDS = 120


@dataclass(frozen=True)
class Encoding:
    """`encode` gives the text of a piece; `decode` is JavaScript, (text, byteCount) => bytes.

    The text stands between `around`: in a literal, if nothing else is said.
    """

    name: str
    encode: Callable[[bytes], str]
    decode: str
    charset: str = "utf-8"
    element: str = ""
    deflate: bool = False
    shuffle: bool = False
    convert: Callable[[bytes], bytes] = bytes
    around: tuple[str, str] = ('"', '"')


COMMENT = ("function(){/*", "*/}")


def base64_text(piece: bytes) -> str:
    """Return base64."""
    return base64.b64encode(piece).decode("ascii")


FROM_BASE64 = """\
Uint8Array.fromBase64 ? (text) => Uint8Array.fromBase64(text) : (text) => {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}"""

# 85 printable characters without the quote, the backslash and the angle bracket.
ALPHABET = bytes(c for c in range(35, 127) if c not in b"\\<'&`~|")


def base85_text(piece: bytes) -> str:
    """Return five characters for each four bytes, big end first."""
    words = np.frombuffer(_padded(piece, 4), ">u4").astype(np.uint64)
    digits = words[:, None] // np.array([85**4, 85**3, 85**2, 85, 1], np.uint64) % np.uint64(85)
    return np.frombuffer(ALPHABET, np.uint8)[digits].tobytes().decode("ascii")


FROM_BASE85 = """\
(() => {
  const value = new Uint8Array(128);
  %s.forEach((code, digit) => { value[code] = digit; });
  return (text, count) => {
    const bytes = new Uint8Array((text.length / 5) * 4);
    for (let i = 0, n = 0; i < text.length; i += 5, n += 4) {
      const upper = value[text.charCodeAt(i)] * 614125 + value[text.charCodeAt(i + 1)] * 7225 +
        value[text.charCodeAt(i + 2)] * 85 + value[text.charCodeAt(i + 3)];
      const word = (Math.imul(upper, 85) + value[text.charCodeAt(i + 4)]) | 0;
      bytes[n] = word >> 24; bytes[n + 1] = word >> 16;
      bytes[n + 2] = word >> 8; bytes[n + 3] = word;
    }
    return bytes.subarray(0, count);
  };
})()""" % json.dumps(list(ALPHABET))  # noqa: UP031


def seven_bit_text(piece: bytes) -> str:
    """Return eight 7-bit characters for seven bytes; the four that may not stand move up by 128."""
    bits = np.unpackbits(np.frombuffer(_padded(piece, 7), np.uint8)).reshape(-1, 7)
    codes = np.packbits(bits, axis=1)[:, 0] >> 1
    codes[np.isin(codes, np.frombuffer(b'"\\\n\r', np.uint8))] += 128
    return codes.tobytes().decode("latin-1")


FROM_SEVEN_BITS = """\
(text, count) => {
  const bytes = new Uint8Array((text.length / 8) * 7);
  for (let i = 0, n = 0; i < text.length; i += 8, n += 7) {
    const a = text.charCodeAt(i) & 127, b = text.charCodeAt(i + 1) & 127;
    const c = text.charCodeAt(i + 2) & 127, d = text.charCodeAt(i + 3) & 127;
    const e = text.charCodeAt(i + 4) & 127, f = text.charCodeAt(i + 5) & 127;
    const g = text.charCodeAt(i + 6) & 127, h = text.charCodeAt(i + 7) & 127;
    bytes[n] = (a << 1) | (b >> 6); bytes[n + 1] = (b << 2) | (c >> 5);
    bytes[n + 2] = (c << 3) | (d >> 4); bytes[n + 3] = (d << 4) | (e >> 3);
    bytes[n + 4] = (e << 5) | (f >> 2); bytes[n + 5] = (f << 6) | (g >> 1);
    bytes[n + 6] = (g << 7) | h;
  }
  return bytes.subarray(0, count);
}"""


def escaped_bytes_text(piece: bytes) -> str:
    """Return the bytes as characters of x-user-defined; a `=` before those that may not stand."""
    values = np.frombuffer(piece, np.uint8)
    codes = _escaped(values, np.isin(values, np.frombuffer(b'="\\\n\r', np.uint8)), 61, 64)
    return codes.tobytes().decode("latin-1")


FROM_ESCAPED_BYTES = """\
(text, count) => {
  const bytes = new Uint8Array(count);
  for (let i = 0, n = 0; n < count; i++, n++) {
    const code = text.charCodeAt(i);
    bytes[n] = code === 61 ? text.charCodeAt(++i) ^ 64 : code;
  }
  return bytes;
}"""


def utf16_text(piece: bytes) -> str:
    """Return what the exporter wrote: pairs of bytes as characters of a literal."""
    return utf16_literal(piece).decode("utf-16-le")


def utf16_comment_text(piece: bytes) -> str:
    """Return what the exporter writes: pairs of bytes as characters of a comment."""
    return utf16_comment(piece).decode("utf-16-le")


FROM_UTF16 = """\
(text, count) => {
  const units = new Uint16Array((count + 1) >> 1);
  for (let i = 0, n = 0; n < units.length; i++, n++) {
    const unit = text.charCodeAt(i);
    units[n] = unit === 0x2028 ? text.charCodeAt(++i) ^ 0x8000 : unit;
  }
  return new Uint8Array(units.buffer, 0, count);
}"""


FROM_UTF16_COMMENT = """\
(piece, count) => {
  const text = `${piece} `;
  const units = new Uint16Array((count + 1) >> 1);
  for (let i = 13, n = 0; n < units.length; i++, n++) {
    const unit = text.charCodeAt(i);
    units[n] = unit === 0x2028 ? text.charCodeAt(++i) ^ 0x8000 : unit;
  }
  return new Uint8Array(units.buffer, 0, count);
}"""

FROM_BASE64_COMMENT = f"(piece, count) => ({FROM_BASE64})(`${{piece}}`.slice(13, -3))"


def _padded(piece: bytes, group: int) -> bytes:
    return piece + b"\0" * (-len(piece) % group)


def _escaped(values: NDArray[Any], refused: NDArray[np.bool_], mark: int, flip: int) -> Any:
    places = np.arange(len(values)) + np.cumsum(refused)
    result = np.full(len(values) + int(refused.sum()), mark, values.dtype)
    result[places] = np.where(refused, values ^ values.dtype.type(flip), values)
    return result


def as_float16(weights: bytes) -> bytes:
    """Return float32 weights as float16."""
    return np.frombuffer(weights, "<f4").astype("<f2").tobytes()


def as_uint8(weights: bytes) -> bytes:
    """Return float32 weights as 256 steps between their 0.1 % and 99.9 % quantiles.

    Stands for per-tensor quantisation, of which only the size and the distribution matter here.
    """
    values = np.frombuffer(weights, "<f4")
    low, high = np.quantile(values, [0.001, 0.999])
    return ((values - low) / (high - low) * 255).round().clip(0, 255).astype(np.uint8).tobytes()


ENCODINGS = (
    Encoding("base64", base64_text, FROM_BASE64),
    Encoding("base64, deflate", base64_text, FROM_BASE64, deflate=True),
    Encoding("base64, shuffle, deflate", base64_text, FROM_BASE64, deflate=True, shuffle=True),
    Encoding("base85", base85_text, FROM_BASE85),
    Encoding("7 bits", seven_bit_text, FROM_SEVEN_BITS),
    Encoding(
        "bytes, charset attribute",
        escaped_bytes_text,
        FROM_ESCAPED_BYTES,
        "latin-1",
        ' charset="x-user-defined"',
    ),
    Encoding("base64, comment", base64_text, FROM_BASE64_COMMENT, around=COMMENT),
    Encoding("UTF-16", utf16_text, FROM_UTF16, "utf-16"),
    Encoding("UTF-16, comment", utf16_comment_text, FROM_UTF16_COMMENT, "utf-16", around=COMMENT),
    Encoding(
        "UTF-16, shuffle, deflate", utf16_text, FROM_UTF16, "utf-16", deflate=True, shuffle=True
    ),
    Encoding("float16, base64", base64_text, FROM_BASE64, convert=as_float16),
    Encoding("float16, UTF-16", utf16_text, FROM_UTF16, "utf-16", convert=as_float16),
    Encoding("uint8, base64", base64_text, FROM_BASE64, convert=as_uint8),
    Encoding("uint8, UTF-16", utf16_text, FROM_UTF16, "utf-16", convert=as_uint8),
    Encoding("uint8, base64, deflate", base64_text, FROM_BASE64, deflate=True, convert=as_uint8),
)

PROLOGUE = """\
"use strict";
(() => {
  const decode = %(decode)s;
  const pieces = [];
  globalThis.piece = (text, count) => { pieces.push(decode(text, count)); };
  globalThis.ready = async () => {
    let bytes = new Uint8Array(%(packed)d);
    let at = 0;
    if (%(deflate)s) {
      const stream = new Blob(pieces).stream().pipeThrough(new DecompressionStream("deflate-raw"));
      const reader = stream.getReader();
      bytes = new Uint8Array(%(size)d);
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        bytes.set(part.value, at);
        at += part.value.length;
      }
    } else {
      for (const part of pieces) { bytes.set(part, at); at += part.length; }
    }
    if (!%(shuffle)s) return bytes;
    const words = new Uint32Array(bytes.length >> 2);
    const count = words.length;
    const planes = bytes;
    for (let i = 0; i < count; i++) {
      words[i] = planes[i] | (planes[i + count] << 8) | (planes[i + 2 * count] << 16) |
        (planes[i + 3 * count] << 24);
    }
    return new Uint8Array(words.buffer);
  };
})();
"""

PAGE = """\
<!doctype html>
<meta charset="utf-8">
<title>kerasport</title>
<script>
const turn = Number(location.search.slice(1));
const plan = %(plan)s;
const { script, attributes, digest } = plan[turn %% plan.length];
const start = performance.now();
document.write(`<script${attributes} src="${script}?${turn}"></` + "script>");
</script>
<script>
(async () => {
  const report = (result) => fetch("%(report)s", {
    method: "POST", mode: "no-cors", body: JSON.stringify({ turn, ...result }),
  });
  try {
    const bytes = await ready();
    const milliseconds = performance.now() - start;
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const found = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
    await report({ milliseconds, exact: found === digest });
  } catch (error) {
    await report({ failure: String(error) });
  }
  if (turn + 1 < %(turns)d) setTimeout(() => location.replace(`?${turn + 1}`), 200);
})();
</script>
"""


def write_script(encoding: Encoding, weights: bytes) -> tuple[bytes, str]:
    """Return the script and the SHA-256 of what it decodes to."""
    content = encoding.convert(weights)
    packed = content
    if encoding.shuffle:
        packed = np.frombuffer(packed, np.uint8).reshape(-1, 4).T.tobytes()
    if encoding.deflate:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(packed) + packer.flush()
    lines = [
        PROLOGUE
        % {
            "decode": encoding.decode,
            "packed": len(packed),
            "size": len(content),
            "deflate": json.dumps(encoding.deflate),
            "shuffle": json.dumps(encoding.shuffle),
        }
    ]
    before, behind = encoding.around
    for start in range(0, len(packed), PIECE):
        piece = packed[start : start + PIECE]
        lines.append(f"piece({before}{encoding.encode(piece)}{behind}, {len(piece)});\n")
    return "".join(lines).encode(encoding.charset), hashlib.sha256(content).hexdigest()


class Reports:
    """A loopback server that keeps what pages post to it."""

    def __init__(self) -> None:
        self.received: queue.Queue[dict[str, Any]] = queue.Queue()
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(204)
                self.end_headers()
                received.put(json.loads(body))

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Reports:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def measure(
    engine: WebEngine, folder: Path, plan: list[dict[str, str]], rounds: int
) -> list[list[float]]:
    """Return milliseconds per encoding and round; the first round warms up and is left out."""
    turns = len(plan) * (rounds + 1)
    with Reports() as reports:
        page = folder / "page.html"
        page.write_text(
            PAGE % {"plan": json.dumps(plan), "report": reports.address, "turns": turns}
        )
        times: list[list[float]] = [[] for _ in plan]
        with opened(engine, page.as_uri()):
            for _ in range(turns):
                try:
                    result = reports.received.get(timeout=LOAD_LIMIT_SECONDS)
                except queue.Empty:
                    raise SystemExit(
                        f"{engine.name} gave no answer in {LOAD_LIMIT_SECONDS} s."
                    ) from None
                if not result.get("exact"):
                    raise SystemExit(f"{engine.name}: {plan[result['turn'] % len(plan)]}: {result}")
                times[result["turn"] % len(plan)].append(result["milliseconds"])
    return [values[1:] for values in times]


def read_weights(path: Path) -> bytes:
    """Return the float32 weights of an exported folder, a .keras or an .h5 file."""
    if path.is_dir():
        bundle = Bundle.open(path)
        shards = [e.path for e in bundle.metadata.files if e.path.endswith(".bin")]
        return b"".join((path / shard).read_bytes() for shard in shards)
    import h5py

    arrays: list[bytes] = []

    def keep(_: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype == np.float32:
            arrays.append(item[()].tobytes())

    source: Any = path
    if path.suffix == ".keras":
        source = BytesIO(zipfile.ZipFile(path).read("model.weights.h5"))
    with h5py.File(source) as file:
        # The optimizer's state is not part of a bundle.
        for name in file:
            if name != "optimizer":
                file[name].visititems(keep)
    return b"".join(arrays)


def random_weights(megabytes: float) -> bytes:
    """Return normal float32 weights of a fixed seed."""
    values = np.random.default_rng(7).normal(0, 0.05, int(megabytes * 250_000))
    return values.astype("<f4").tobytes()


def main() -> None:
    """Measure and print one table per model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", type=Path, help="exported folders, .keras, .h5")
    parser.add_argument(
        "--random", nargs="+", type=float, default=[], metavar="MB", help="normal float32 weights"
    )
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    names = [encoding.name for encoding in ENCODINGS]
    parser.add_argument("--encodings", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    if not options.models and not options.random:
        parser.error("name a model or --random MB")
    engines = []
    for name in options.engines:
        try:
            engines.append(find_engine(name))
        except BrowserError as error:
            print(f"skipped: {error}")
    encodings = [e for e in ENCODINGS if e.name in options.encodings]
    weights = [(str(path.name), read_weights(path)) for path in options.models]
    weights += [(f"random, {size:g} MB", random_weights(size)) for size in options.random]
    for name, content in weights:
        compare(name, content, encodings, engines, options.rounds)


def compare(
    name: str,
    weights: bytes,
    encodings: list[Encoding],
    engines: list[WebEngine],
    rounds: int,
) -> None:
    """Print the table of one model."""
    folder = Path(tempfile.mkdtemp(prefix="embedding-"))
    try:
        plan, sizes = [], []
        for number, encoding in enumerate(encodings):
            script, digest = write_script(encoding, weights)
            (folder / f"{number}.js").write_bytes(script)
            sizes.append((len(script), len(gzip.compress(script, 6))))
            plan.append(
                {"script": f"{number}.js", "attributes": encoding.element, "digest": digest}
            )
        columns = {e.name: measure(e, folder, plan, rounds) for e in engines}
    finally:
        shutil.rmtree(folder)
    versions = ", ".join(f"{engine.name} {engine.version}" for engine in engines)
    print(f"\n{name}: {len(weights):,} bytes of weights; {rounds} rounds, medians; {versions}\n")
    titles = "".join(f" {engine} ms | ratio |" for engine in columns)
    print(f"| encoding | bytes | of weights | served |{titles}")
    print("|---|" + "---|" * (3 + 2 * len(columns)))
    for number, encoding in enumerate(encodings):
        size, served = sizes[number]
        cells = [encoding.name, f"{size:,}", f"{size / len(weights):.3f}", f"{served:,}"]
        for times in columns.values():
            # Within a round, whatever else the machine does meets both.
            ratio = statistics.median(a / b for a, b in zip(times[number], times[0], strict=True))
            least, median = min(times[number]), statistics.median(times[number])
            cells += [f"{median:.0f} ({least:.0f})", f"{ratio:.2f}"]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
