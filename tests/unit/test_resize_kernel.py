"""Resizing on WebAssembly against Pillow, and the memory of Pillow that it reads."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasport.dataset.parallel import in_parallel
from kerasport.preprocess import ImageSpec, decode, fast_resize, kept_blocks, kernel, preprocess
from kerasport.preprocess.resample import FILTERS, resize
from kerasport.preprocess.stored import stored_pixels

needs_kernel = pytest.mark.skipif(not kernel.has_kernel(), reason="wasmtime is not installed")

Box = tuple[float, float, float, float]


@pytest.fixture(autouse=True)
def _kernel_for_small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_FEWEST_PIXELS", 0)


def noise(generator: np.random.Generator, width: int, height: int) -> Image.Image:
    """Return a picture whose neighbours differ as much as they can, or are just noise."""
    values = generator.integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(values if generator.random() < 0.5 else (values > 127) * np.uint8(255))


def random_box(generator: np.random.Generator, width: int, height: int) -> Box | None:
    """Return a part with fractional edges, or nothing for all of it."""
    if min(width, height) < 3 or generator.random() < 0.5:
        return None
    left, top = generator.uniform(0, width / 3), generator.uniform(0, height / 3)
    return left, top, generator.uniform(left + 1, width), generator.uniform(top + 1, height)


@needs_kernel
@pytest.mark.parametrize("largest", [4, 40, 400, 2500])
@pytest.mark.parametrize("resample", ["bilinear", "bicubic", "lanczos"])
def test_the_kernel_gives_pillows_bytes(resample: str, largest: int) -> None:
    """Every random picture, size and part comes out of the kernel with the bytes of Pillow."""
    generator = np.random.default_rng(largest)
    for _ in range(40 if largest < 1000 else 4):
        width, height, *size = (int(each) for each in generator.integers(1, largest + 1, 4))
        image, box = noise(generator, width, height), random_box(generator, width, height)
        target = (size[0], min(size[1], 300))
        found = fast_resize(image, target, FILTERS[resample], box)
        assert isinstance(found, np.ndarray)
        expected = np.asarray(resize(image, target, FILTERS[resample], box))
        np.testing.assert_array_equal(found, expected)


@needs_kernel
def test_a_photo_in_many_strips_gives_pillows_bytes() -> None:
    """A photo that passes through the kernel's memory strip by strip comes out as Pillow has it."""
    image = noise(np.random.default_rng(0), 3000, 900)
    with kept_blocks():
        found = fast_resize(image, (224, 224), FILTERS["bilinear"])
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, resize(image, (224, 224), FILTERS["bilinear"]))


@needs_kernel
def test_threads_have_memories_of_their_own() -> None:
    """Pictures that are resized at the same time do not get into each other."""
    generator = np.random.default_rng(1)
    images = [noise(generator, 90 + number, 200 - number) for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda each: fast_resize(each, (64, 48), FILTERS["bicubic"]), images))
    for image, pixels in zip(images, found, strict=True):
        np.testing.assert_array_equal(pixels, resize(image, (64, 48), FILTERS["bicubic"]))


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("filter_name", ["nearest", "bilinear"])
def test_all_of_preprocessing_is_the_same_with_the_kernel(
    fit: str, mode: str, filter_name: str
) -> None:
    """Whatever the picture and the fit are, the model's input is that of Pillow."""
    image = noise(np.random.default_rng(2), 61, 47).convert(mode)
    spec = ImageSpec(24, 40, fit=fit, resample=filter_name, background=(10, 20, 30))
    expected = preprocess(image, spec)
    np.testing.assert_array_equal(preprocess(image, spec, resize=fast_resize), expected)


def test_without_the_kernel_pillow_resizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where wasmtime is not installed, or the memory would not do, Pillow does the work."""
    image = noise(np.random.default_rng(3), 30, 20)
    expected = resize(image, (8, 8), FILTERS["bilinear"])
    monkeypatch.setattr(kernel, "_MOST_BYTES", 0)
    np.testing.assert_array_equal(fast_resize(image, (8, 8), FILTERS["bilinear"]), expected)
    monkeypatch.setattr(kernel, "has_kernel", lambda: False)
    np.testing.assert_array_equal(fast_resize(image, (8, 8), FILTERS["bilinear"]), expected)


def test_small_pictures_are_left_to_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel would not pay, nothing of it is made ready."""
    monkeypatch.undo()
    monkeypatch.setattr(kernel, "_kernel", lambda: pytest.fail("the kernel is used"))
    image = noise(np.random.default_rng(6), 50, 40)
    assert isinstance(fast_resize(image, (8, 8), FILTERS["bilinear"]), Image.Image)


def test_a_picture_in_several_blocks_is_left_to_pillow() -> None:
    """Pixels that Pillow keeps in several pieces have no one address, and are left to Pillow."""
    before = Image.core.get_block_size()
    Image.core.set_block_size(4096)
    try:
        image = noise(np.random.default_rng(4), 100, 90)
    finally:
        Image.core.set_block_size(before)
    with stored_pixels(image) as address:
        assert address is None
    expected = resize(image, (9, 9), FILTERS["bilinear"])
    np.testing.assert_array_equal(fast_resize(image, (9, 9), FILTERS["bilinear"]), expected)


def test_pillows_memory_is_as_before_when_the_last_reader_has_ended() -> None:
    """Readers at the same time share one setting; the last one puts back what was there."""
    before = Image.core.get_blocks_max(), Image.core.get_block_size()
    with kept_blocks():
        with kept_blocks():
            inside = Image.core.get_blocks_max(), Image.core.get_block_size()
        assert (Image.core.get_blocks_max(), Image.core.get_block_size()) == inside != before
    assert (Image.core.get_blocks_max(), Image.core.get_block_size()) == before


def test_pillows_memory_is_as_before_when_reading_fails() -> None:
    """An error among many files leaves Pillow's settings as they were."""
    before = Image.core.get_blocks_max(), Image.core.get_block_size()
    with pytest.raises(ZeroDivisionError):
        list(in_parallel(lambda each: 1 // each, [1, 0]))
    assert (Image.core.get_blocks_max(), Image.core.get_block_size()) == before


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    "options",
    [
        {"quality": 90},
        {"quality": 60, "subsampling": "4:2:0"},
        {"quality": 75, "progressive": True},
        {"quality": 80, "restart_marker_blocks": 2},
        {"quality": 80, "keep_rgb": True},
    ],
)
def test_a_jpeg_is_decoded_as_pillow_opens_it(mode: str, options: dict, tmp_path: Path) -> None:
    """Decoding without opening gives the pixels of `Image.open`, however the JPEG is coded."""
    image = noise(np.random.default_rng(5), 75, 53).convert(mode)
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    found = decode(stream.getvalue())
    with Image.open(stream) as opened:
        assert found.mode == opened.mode
        np.testing.assert_array_equal(np.asarray(found), np.asarray(opened))
