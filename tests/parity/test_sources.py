"""What a page may hand over, in a real browser: files, elements, URLs; and hostile files."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.broken_pictures import broken_pictures
from support.engines import engine_here

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.parity.browsers.engines import ENGINES
from kerasport.parity.formats.exchange import ask_engine
from kerasport.preprocess import read_pixels

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[1] / "golden" / "pictures"

# Each makes a source from the bytes of a picture.
SOURCES = {
    "file": "new File([bytes], 'x.jpg', { type: 'image/jpeg' })",
    "blob": "new Blob([bytes])",
    "data-url": "'data:image/png;base64,' + btoa(String.fromCharCode(...bytes))",
    "percent-url": "'data:,' + "
    "[...bytes].map((b) => '%' + b.toString(16).padStart(2, '0')).join('')",
    "image": "image",
    "canvas": "drawn(document.createElement('canvas'))",
    "offscreen-canvas": "drawn(new OffscreenCanvas(image.width, image.height))",
    "image-bitmap": "await createImageBitmap(image)",
    "image-data": "drawn(document.createElement('canvas')).getContext('2d')"
    ".getImageData(0, 0, image.width, image.height)",
    "raw": "{ ...(await kerasport.readPixels(new Blob([bytes]))) }",
}

READ = """\
async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([bytes]));
  await image.decode();
  const drawn = (canvas) => {
    Object.assign(canvas, { width: image.width, height: image.height });
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas;
  };
  const pixels = await kerasport.readPixels(SOURCE);
  const { width, height, isExact } = pixels;
  const { data } = await kerasport.preprocessImage(pixels, { width, height, colorMode: "rgb",
    fit: "stretch", resample: "nearest", background: [255, 255, 255] });
  return { width, height, isExact, data: Array.from(data) };
}
"""


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_the_same_pixels_as_the_file_in_python(
    source: str, client_page: Any
) -> None:
    """An opaque picture is exact by every way in."""
    path = PICTURES / "rgb.png"

    received = client_page.evaluate(
        READ.replace("SOURCE", SOURCES[source]), base64.b64encode(path.read_bytes()).decode()
    )

    expected = read_pixels(path)
    assert (received["height"], received["width"]) == expected.shape[:2]
    assert received["isExact"]
    assert (np.array(received["data"], np.uint8) == expected.ravel()).all()


@pytest.mark.parametrize("name", ["alpha.png", "lossless-alpha.webp", "lossy-alpha.webp"])
def test_transparent_files_keep_their_colors(name: str, client_page: Any) -> None:
    """Colour under transparency is exact for a file and for an image element."""
    content = base64.b64encode((PICTURES / name).read_bytes()).decode()

    for source in ("file", "image"):
        received = client_page.evaluate(READ.replace("SOURCE", SOURCES[source]), content)

        expected = read_pixels(PICTURES / name).ravel()
        assert (np.array(received["data"], np.uint8) == expected).all(), source


def test_without_webgl_transparency_says_that_it_is_not_exact(
    client_page: Any, tmp_path: Path
) -> None:
    """The canvas rounds by at most 1 level once composited on white, and the flag is false."""
    client_page.evaluate(
        """() => {
          const { getContext } = OffscreenCanvas.prototype;
          OffscreenCanvas.prototype.getContext = function (kind, options) {
            return kind === "webgl2" ? null : getContext.call(this, kind, options);
          };
          HTMLCanvasElement.prototype.getContext = () => null;
        }"""
    )
    path = tmp_path / "noise.webp"
    noise = np.random.default_rng(2).integers(0, 256, (30, 40, 4), np.uint8)
    Image.fromarray(noise).save(path, lossless=True, exact=True)

    received = client_page.evaluate(
        READ.replace("SOURCE", SOURCES["file"]), base64.b64encode(path.read_bytes()).decode()
    )

    off = np.abs(np.array(received["data"], np.int16) - read_pixels(path).ravel())
    assert not received["isExact"]
    assert off.max() <= 1


def test_a_video_gives_its_current_frame(client_page: Any) -> None:
    """A frame of a playing video has the size of the video and its colour."""
    received = client_page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
          const context = canvas.getContext("2d");
          const video = Object.assign(document.createElement("video"), { muted: true });
          video.srcObject = canvas.captureStream(20);
          const painting = setInterval(() => {
            context.fillStyle = "rgb(0, 0, 255)";
            context.fillRect(0, 0, 64, 48);
          }, 10);
          await video.play();
          await new Promise((done) => video.requestVideoFrameCallback(done));
          const { width, height, data } = await kerasport.readPixels(video);
          clearInterval(painting);
          return { width, height, first: Array.from(data.slice(0, 4)) };
        }"""
    )

    assert (received["width"], received["height"]) == (64, 48)
    # Video is coded in YCbCr of a limited range.
    assert np.abs(np.array(received["first"]) - [0, 0, 255, 255]).max() <= 3


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("'photo.jpg'", 'The picture is the text "photo.jpg". Expected a data: URL'),
        ("'data:image/png;base64,%%%'", "The picture cannot be read: its data: URL is damaged"),
        ("'data:image/png,'", "The picture cannot be read: the file is empty."),
        ("new Image()", "The picture cannot be read: the browser has no pixels of it."),
        ("document.createElement('video')", "the browser has no pixels of it."),
    ],
)
def test_sources_without_pixels_are_refused(source: str, message: str, client_page: Any) -> None:
    """What holds no picture is refused with what to do."""
    received = client_page.evaluate(
        f"async () => kerasport.readPixels({source}).catch((e) => e.message)"
    )

    assert message in received


def test_hostile_files_are_refused_word_for_word_as_in_python(
    client_page: Any, tmp_path: Path
) -> None:
    """Every broken file has the message of Python, and the picture after them is read."""
    files = broken_pictures()
    for name, (content, _) in files.items():
        (tmp_path / name).write_bytes(content)
    paths = [*(tmp_path / name for name in files), PICTURES / "rgb.png"]

    client_page.set_input_files("#files", paths)
    received = client_page.evaluate(
        """async () => {
          const messages = [];
          for (const file of document.querySelector("#files").files) {
            messages.push(await kerasport.readPixels(file).then(() => "read", (e) => e.message));
          }
          return messages;
        }"""
    )

    expected = [f"'{name}' cannot be read: {message}" for name, (_, message) in files.items()]
    assert received == [*expected, "read"]


@pytest.mark.parametrize("name", ENGINES)
def test_golden_pictures_are_exact_in_every_installed_engine(name: str) -> None:
    """Chromium, Firefox and WebKit read every golden picture as Python does."""
    engine = engine_here(name)
    files = sorted(PICTURES.iterdir())

    replies = list(ask_engine(engine, web_asset(CLIENT_SCRIPT), files))

    assert [reply.path for reply in replies] == files
    problems = {reply.path.name: reply.refusal or reply.lost for reply in replies}
    assert {file: problem for file, problem in problems.items() if problem} == {}
    differing = [r.path.name for r in replies if (r.pixels != read_pixels(r.path)).any()]
    assert differing == []
