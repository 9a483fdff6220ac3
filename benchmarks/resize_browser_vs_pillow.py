"""Resize a photo of 12 megapixels in Chromium and with Pillow, side by side.

    .venv/bin/python benchmarks/resize_browser_vs_pillow.py

Both start from decoded pixels in memory and give the same bytes, which is checked; the browser's
time holds looking for transparent pixels as well. The two take turns, so that whatever else the
machine does meets both, and each works on one thread. `first` is the first picture of a new page,
before its code is warm.
"""

from __future__ import annotations

import argparse
import base64
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from PIL import Image

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.parity.browsers.chromium import launched_chromium
from kerasport.preprocess import ImageSpec

WIDTH, HEIGHT = 4000, 3000

READ = """\
async () => {
  const [file] = document.querySelector("input").files;
  globalThis.pixels = new Uint8ClampedArray(await file.arrayBuffer());
}
"""
PREPROCESS = """\
async ([width, height, spec]) => {
  const start = performance.now();
  const { data } = await kerasport.preprocessImage({ data: pixels, width, height }, spec);
  const milliseconds = performance.now() - start;
  let levels = "";
  for (const level of data) levels += String.fromCharCode(level);
  return [milliseconds, btoa(levels)];
}
"""


def photo() -> np.ndarray:
    """Return opaque uint8 RGBA pixels: smooth colours and noise."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    levels = np.stack([x / WIDTH, y / HEIGHT, (x + y) / (WIDTH + HEIGHT)], axis=-1) * 255
    noise = np.random.default_rng(12).integers(-40, 41, levels.shape)
    opaque = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
    return np.concatenate([(levels + noise).clip(0, 255).astype(np.uint8), opaque], axis=-1)


def by_pillow(image: Image.Image, spec: ImageSpec) -> tuple[float, bytes]:
    """Return milliseconds and the levels of the result."""
    start = time.perf_counter()
    if spec.color_mode == "grayscale":
        image = image.convert("L")
    resample = Image.Resampling[spec.resample.upper()]
    # Two calls: in one, Pillow would choose for itself whether to go across or down first.
    result = image.resize((spec.width, HEIGHT), resample)
    result = result.resize((spec.width, spec.height), resample)
    milliseconds = (time.perf_counter() - start) * 1000
    return milliseconds, np.asarray(result).tobytes()


def by_browser(page: Any, spec: ImageSpec) -> tuple[float, bytes]:
    """Return milliseconds and the levels of the result."""
    milliseconds, text = page.evaluate(
        PREPROCESS,
        [
            WIDTH,
            HEIGHT,
            spec.to_dict(),
        ],
    )
    return milliseconds, base64.b64decode(text)


def compared(page: Any, image: Image.Image, spec: ImageSpec, rounds: int) -> str:
    """Return one line of the table."""
    times: dict[str, list[float]] = {"browser": [], "pillow": []}
    for number in range(rounds + 3):
        in_browser, received = by_browser(page, spec)
        in_pillow, expected = by_pillow(image, spec)
        if received != expected:
            sys.exit(f"Error: the browser gives other bytes for {spec}.")
        if number >= 3:
            times["browser"].append(in_browser)
            times["pillow"].append(in_pillow)
    browser, pillow = (statistics.median(times[name]) for name in ("browser", "pillow"))
    what = f"{spec.color_mode:<10} {spec.resample:<9} {spec.width}x{spec.height}"
    return f"{what:<28} {browser:>9.1f} {pillow:>9.1f} {browser / pillow:>7.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    rgba = photo()
    image = Image.fromarray(np.ascontiguousarray(rgba[:, :, :3]))
    with tempfile.TemporaryDirectory() as folder, launched_chromium() as browser:
        document, pixels = Path(folder, "page.html"), Path(folder, "pixels")
        pixels.write_bytes(rgba.tobytes())
        document.write_text(
            f'<!doctype html><script src="{web_asset(CLIENT_SCRIPT).as_uri()}"></script>'
            '<input type="file">'
        )
        page = browser.new_page()
        page.goto(document.as_uri())
        page.set_input_files("input", pixels)
        page.evaluate(READ)
        print(
            f"{WIDTH}x{HEIGHT} pixels; Chromium {browser.version}, Pillow {PIL.__version__}, "
            f"Python {platform.python_version()}, {platform.machine()}"
        )
        first, _ = by_browser(page, ImageSpec(224, 224))
        print(f"first: {first:.1f} ms (rgb bilinear 224x224)")
        print(f"{'medians, milliseconds':<28} {'browser':>9} {'pillow':>9} {'ratio':>7}")
        for color_mode in ("rgb", "grayscale"):
            for resample in ("bilinear", "bicubic", "lanczos"):
                for side in (224, 299):
                    spec = ImageSpec(side, side, color_mode=color_mode, resample=resample)
                    print(compared(page, image, spec, options.rounds), flush=True)


if __name__ == "__main__":
    main()
