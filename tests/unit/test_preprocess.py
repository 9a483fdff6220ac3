"""Preprocessing: the golden vectors, the formulas, and what is refused."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support.broken_pictures import broken_pictures

from kerasport.errors import DataError
from kerasport.preprocess import ImageSpec, crop_box, decode, pad_layout, preprocess

GOLDEN = Path(__file__).parents[1] / "golden"
VECTORS = json.loads((GOLDEN / "preprocess-vectors.json").read_text())["cases"]
PICTURES = json.loads((GOLDEN / "pictures.json").read_text())["cases"]


def spec_of(case: dict) -> ImageSpec:
    spec = case["spec"]
    return ImageSpec(
        height=spec["height"],
        width=spec["width"],
        color_mode=spec["colorMode"],
        fit=spec["fit"],
        resample=spec["resample"],
        background=tuple(spec["background"]),
    )


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_raw_pixels_give_the_golden_bytes(case: dict) -> None:
    """Every vector is reproduced byte for byte."""
    rgba = np.frombuffer(base64.b64decode(case["rgba"]), np.uint8)

    pixels = preprocess(rgba.reshape(case["height"], case["width"], 4), spec_of(case))

    assert pixels.tobytes() == base64.b64decode(case["expected"])


@pytest.mark.parametrize("case", PICTURES, ids=lambda c: f"{c['file']}-{c['spec']['fit']}")
def test_picture_files_give_the_golden_bytes(case: dict) -> None:
    """Every picture file is decoded and preprocessed to the same bytes as when it was frozen."""
    pixels = preprocess(GOLDEN / "pictures" / case["file"], spec_of(case))

    assert pixels.tobytes() == base64.b64decode(case["expected"])


def test_transparency_is_composited_in_rounded_integers() -> None:
    """A pixel of alpha 3 keeps the exact mix of its colour and the background."""
    pixels = np.array([[[200, 100, 50, 3]]], np.uint8)

    result = preprocess(pixels, ImageSpec(1, 1, background=(10, 20, 30)))

    exact = [
        (c * 3 + b * 252 + 127) // 255 for c, b in zip((200, 100, 50), (10, 20, 30), strict=True)
    ]
    assert result.ravel().tolist() == exact


def test_grayscale_follows_the_fixed_point_formula() -> None:
    """Gray is BT.601 luma in 16-bit fixed point for every tested colour."""
    colors = np.random.default_rng(3).integers(0, 256, (40, 50, 3), dtype=np.uint8)

    gray = preprocess(colors, ImageSpec(40, 50, color_mode="grayscale"))[:, :, 0]

    red, green, blue = np.moveaxis(colors.astype(np.uint32), -1, 0)
    expected = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16
    assert (gray == expected).all()


def test_sixteen_bit_grayscale_keeps_its_high_byte() -> None:
    """A 16-bit sample is reduced to its upper eight bits."""
    stream = io.BytesIO()
    Image.fromarray(np.array([[0, 255, 256, 65535, 0x80FF]], np.uint16)).save(stream, "PNG")

    pixels = preprocess(stream.getvalue(), ImageSpec(1, 5, color_mode="grayscale"))

    assert pixels.ravel().tolist() == [0, 0, 1, 255, 0x80]


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ((300, 200), (100, 100), (50.0, 0.0, 250.0, 200.0)),
        ((200, 300), (100, 100), (0.0, 50.0, 200.0, 250.0)),
        ((100, 33), (7, 3), (11.5, 0.0, 88.5, 33.0)),
        ((64, 64), (8, 8), (0.0, 0.0, 64.0, 64.0)),
    ],
)
def test_crop_box_is_centerd(source: tuple, target: tuple, expected: tuple) -> None:
    """The crop has the target's aspect ratio and equal margins, fractions included."""
    assert crop_box(source, target) == expected


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ((300, 200), (100, 100), ((100, 67), (0, 16))),
        ((200, 300), (100, 100), ((67, 100), (16, 0))),
        ((1000, 1), (10, 10), ((10, 1), (0, 4))),
        ((5, 5), (9, 9), ((9, 9), (0, 0))),
    ],
)
def test_pad_layout_keeps_the_whole_picture(source: tuple, target: tuple, expected: tuple) -> None:
    """The padded picture is as large as fits, rounded half up, at least one pixel, centred."""
    assert pad_layout(source, target) == expected


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    target=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    fit=st.sampled_from(["stretch", "crop", "pad"]),
    resample=st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos"]),
    level=st.integers(0, 255),
)
def test_a_plain_picture_stays_plain(
    size: tuple, target: tuple, fit: str, resample: str, level: int
) -> None:
    """Whatever the geometry, one colour on a background of that colour comes out unchanged."""
    spec = ImageSpec(*target, fit=fit, resample=resample, background=(level, level, level))
    pixels = np.full((*size, 3), level, np.uint8)

    result = preprocess(pixels, spec)

    assert result.shape == (*target, 3)
    assert (result == level).all()


def test_orientation_turns_the_picture() -> None:
    """A file with EXIF orientation 6 comes out as wide as it was high."""
    upright = decode(GOLDEN / "pictures" / "photo-420.jpg").size

    turned = decode(GOLDEN / "pictures" / "orientation-6.jpg").size

    assert turned == upright[::-1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(content, message, id=name)
        for name, (content, message) in broken_pictures().items()
    ],
)
def test_unreadable_files_say_why(content: bytes, message: str, tmp_path: Path) -> None:
    """An unreadable file is refused with its name, the reason and what would work."""
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)

    with pytest.raises(DataError) as error:
        preprocess(path, ImageSpec(8, 8))

    assert str(error.value) == f"'{path}' cannot be read: {message}"


def test_hostile_files_take_little_memory(tmp_path: Path) -> None:
    """All of them together raise the peak memory of Python by less than 64 MiB."""
    for name, (content, _) in broken_pictures().items():
        (tmp_path / name).write_bytes(content)
    program = (
        "import pathlib, resource, sys\n"
        "from kerasport.errors import DataError\n"
        "from kerasport.preprocess import decode\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "before, refused = peak(), 0\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    try: decode(path)\n"
        "    except DataError: refused += 1\n"
        "print(refused, peak() - before)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True
    )

    refused, grown = map(int, done.stdout.split())
    assert refused == len(broken_pictures())
    assert grown < 64


@pytest.mark.parametrize("name", ["photo.jpg", "photo.webp", "photo", "photo.tiff"])
def test_the_name_of_a_file_does_not_matter(name: str, tmp_path: Path) -> None:
    """A PNG is read as a PNG whatever it is called."""
    path = tmp_path / name
    path.write_bytes((GOLDEN / "pictures" / "rgb.png").read_bytes())

    assert decode(path).size == (70, 48)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    """A path without a file is named in the error."""
    with pytest.raises(DataError, match="There is no picture at"):
        preprocess(tmp_path / "none.png", ImageSpec(8, 8))


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((4, 4, 3), np.float32), "dtype float32. Expected uint8"),
        (np.zeros((4, 4, 2), np.uint8), "shape (4, 4, 2). Expected [height, width]"),
    ],
)
def test_wrong_arrays_are_refused(pixels: np.ndarray, message: str) -> None:
    """Arrays of another dtype or shape are refused instead of being scaled by guess."""
    with pytest.raises(DataError) as error:
        preprocess(pixels, ImageSpec(8, 8))

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"height": 0}, "image size 0x8 is not usable"),
        ({"fit": "squash"}, "Unknown fit 'squash'. Expected one of: stretch, crop, pad."),
        ({"resample": "cubic"}, "Unknown resample 'cubic'"),
        ({"color_mode": "bgr"}, "Unknown color_mode 'bgr'"),
        ({"background": (0, 0, 256)}, "is not a colour"),
    ],
)
def test_wrong_specifications_are_refused(options: dict, message: str) -> None:
    """A specification outside its domain names the field and what is allowed."""
    with pytest.raises(DataError) as error:
        ImageSpec(**{"height": 8, "width": 8, **options})

    assert message in str(error.value)
