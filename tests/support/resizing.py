"""Random pictures and specifications, preprocessed by Pillow and by the client's own code.

Shared by `tests/parity/test_resize_random.py` and `benchmarks/compare_resize.py`.
"""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.preprocess import (
    _FILTERS,
    ImageSpec,
    _composite,
    _resize,
    _to_grayscale,
    decode,
    preprocess,
)

WEB = Path(__file__).parents[2] / "web"
FITS = ("stretch", "crop", "pad")
LARGEST = (4000, 3000)

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Case:
    """A picture, what to make of it, and the part to use where `spec.fit` does not say it."""

    pixels: NDArray[np.uint8]
    spec: ImageSpec
    box: Box | None

    def __str__(self) -> str:
        height, width, channels = self.pixels.shape
        return f"{width}x{height}x{channels} {self.spec} box={self.box}"

    def by_pillow(self) -> NDArray[np.uint8]:
        """Return uint8 pixels as Pillow's filters make them."""
        if self.box is None:
            return preprocess(self.pixels, self.spec)
        image = _composite(decode(self.pixels), self.spec.background)
        if self.spec.color_mode == "grayscale":
            image = _to_grayscale(image)
        size = (self.spec.width, self.spec.height)
        return np.asarray(_resize(image, size, _FILTERS[self.spec.resample], self.box))


@dataclass
class Comparison:
    """What was compared, and what differed."""

    cases: int = 0
    pixels: int = 0
    differing_pixels: int = 0
    differing_cases: list[str] = field(default_factory=list)

    def add(self, case: Case, expected: NDArray[np.uint8], received: bytes) -> None:
        """Count the pixels of one case in which any byte is another."""
        self.cases += 1
        self.pixels += case.spec.height * case.spec.width
        values = np.frombuffer(received, np.uint8)
        if values.size != expected.size:
            differing = case.spec.height * case.spec.width
        else:
            unequal = (values != expected.ravel()).reshape(case.spec.height, case.spec.width, -1)
            differing = int(unequal.any(axis=-1).sum())
        if differing:
            self.differing_pixels += differing
            self.differing_cases.append(f"{differing} pixels: {case}")


def random_case(generator: np.random.Generator) -> Case:
    """Return a picture of 1x1 to 4000x3000, mostly small, and a random way to preprocess it."""
    width, height, side = _sizes(generator)
    color_mode = str(generator.choice(["rgb", "grayscale"]))
    spec = ImageSpec(
        height=_log_uniform(generator, side),
        width=_log_uniform(generator, side),
        color_mode=color_mode,  # type: ignore[arg-type]
        fit=str(generator.choice(FITS)),  # type: ignore[arg-type]
        resample=str(generator.choice(list(_FILTERS))),  # type: ignore[arg-type]
        background=tuple(int(level) for level in generator.integers(0, 256, 3)),  # type: ignore[arg-type]
    )
    pixels = _pixels(generator, height, width)
    box = None
    # A gray picture for a colour model is repeated after the resizing, which a box goes past.
    if generator.random() < 0.3 and not (pixels.shape[2] == 1 and color_mode == "rgb"):
        left, right = _edges(generator, width)
        top, bottom = _edges(generator, height)
        box = (left, top, right, bottom)
    return Case(pixels, spec, box)


def _sizes(generator: np.random.Generator) -> tuple[int, int, int]:
    """Return the source's width and height, and the largest side of the result."""
    kind = generator.random()
    if kind < 0.002:
        return *LARGEST, 300
    if kind < 0.02:
        return _log_uniform(generator, 4000), _log_uniform(generator, 3000), 300
    if kind < 0.12:
        long, short = _log_uniform(generator, 4000), int(generator.integers(1, 4))
        return (long, short, 200) if generator.random() < 0.5 else (short, long, 200)
    return _log_uniform(generator, 150), _log_uniform(generator, 150), 150


def _log_uniform(generator: np.random.Generator, largest: int) -> int:
    return min(largest, int(np.exp(generator.uniform(0, np.log(largest + 1)))))


def _edges(generator: np.random.Generator, size: int) -> tuple[float, float]:
    start, end = sorted(generator.uniform(0, size, 2))
    if generator.random() < 0.2:
        start = 0.0
    if generator.random() < 0.2 or end - start < 0.01:
        start, end = 0.0, float(size)
    return float(start), float(end)


def _pixels(generator: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Return noise, or black and white that overshoots in both directions."""
    channels = int(generator.choice([1, 3, 4, 4]))
    pixels = generator.integers(0, 256, (height, width, channels), dtype=np.uint8)
    if generator.random() < 0.3:
        pixels = np.where(pixels < 128, np.uint8(0), np.uint8(255))
    if channels == 4:
        kind = generator.random()
        if kind < 0.4:
            pixels[:, :, 3] = 255
        elif kind < 0.7:
            # Opaque rows next to transparent ones.
            pixels[generator.random(height) < 0.5, :, 3] = 255
    return pixels


class Client:
    """The client's TypeScript in Node.js, with or without its WebAssembly."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def preprocess(self, case: Case) -> bytes:
        """Return the bytes that the browser's code makes of a case."""
        spec = case.spec
        height, width, channels = case.pixels.shape
        request: dict[str, Any] = {
            "width": width,
            "height": height,
            "channels": channels,
            "box": case.box,
            "spec": spec.to_dict(),
        }
        text = json.dumps(request).encode()
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(struct.pack("<II", len(text), case.pixels.size) + text)
        stdin.write(case.pixels.tobytes())
        stdin.flush()
        header = stdout.read(4)
        if len(header) < 4:
            raise RuntimeError(f"The client's code failed on {case}.")
        return stdout.read(struct.unpack("<I", header)[0])


@contextlib.contextmanager
def client(*arguments: str) -> Iterator[Client]:
    """Yield the client's code; `--scalar` leaves out its WebAssembly."""
    command = [str(WEB / "node.sh"), "node", "scripts/resize-pipe.mjs", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Client(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def compared(num_cases: int, seed: int) -> Iterator[dict[str, Comparison]]:
    """Yield what was found so far, by kernel, after every case; the last one is the result."""
    generator = np.random.default_rng(seed)
    found = {"WebAssembly": Comparison(), "TypeScript": Comparison()}
    with client() as vectors, client("--scalar") as scalars:
        for _ in range(num_cases):
            case = random_case(generator)
            expected = case.by_pillow()
            found["WebAssembly"].add(case, expected, vectors.preprocess(case))
            found["TypeScript"].add(case, expected, scalars.preprocess(case))
            yield found
