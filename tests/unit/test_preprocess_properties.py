"""Preprocessing: what holds exactly for every picture and every specification.

`tests/web/preprocess.property.test.ts` says the same of the browser's side.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kerasport.preprocess import ImageSpec, preprocess
from kerasport.preprocess.fit import crop_box, pad_layout

SIDES = st.integers(1, 40)
LARGE_SIZES = st.tuples(st.integers(1, 60_000), st.integers(1, 60_000))
LEVELS = st.integers(0, 255)


def pictures(channels: int) -> st.SearchStrategy[np.ndarray]:
    """Return uint8 pixels of shape [height, width, channels]."""
    return arrays.arrays(np.uint8, st.tuples(SIDES, SIDES, st.just(channels)))


def specs(
    *,
    color_modes: tuple[str, ...] = ("rgb", "grayscale"),
    fits: tuple[str, ...] = ("stretch", "crop", "pad"),
    resamples: tuple[str, ...] = ("nearest", "bilinear", "bicubic", "lanczos"),
) -> st.SearchStrategy[ImageSpec]:
    return st.builds(
        ImageSpec,
        height=SIDES,
        width=SIDES,
        color_mode=st.sampled_from(color_modes),
        fit=st.sampled_from(fits),
        resample=st.sampled_from(resamples),
        background=st.tuples(LEVELS, LEVELS, LEVELS),
    )


def with_alpha(pixels: np.ndarray, alpha: int) -> np.ndarray:
    return np.dstack([pixels, np.full(pixels.shape[:2], alpha, np.uint8)])


@given(pixels=pictures(3), spec=specs())
def test_opaque_rgba_gives_the_same_as_rgb(pixels: np.ndarray, spec: ImageSpec) -> None:
    """An alpha of 255 everywhere changes nothing."""
    opaque = preprocess(with_alpha(pixels, 255), spec)

    assert (opaque == preprocess(pixels, spec)).all()


@given(pixels=pictures(3), spec=specs(color_modes=("rgb",)))
def test_nothing_but_background_is_left_of_a_clear_picture(
    pixels: np.ndarray, spec: ImageSpec
) -> None:
    """Colours under an alpha of 0 do not show."""
    result = preprocess(with_alpha(pixels, 0), spec)

    assert (result == np.array(spec.background)).all()


@given(pixels=pictures(3), spec=specs(color_modes=("rgb",)))
def test_the_same_size_changes_no_pixel(pixels: np.ndarray, spec: ImageSpec) -> None:
    """Whatever the fit and the filter, a picture of the model's size is the input."""
    height, width, _ = pixels.shape
    same = ImageSpec(height, width, fit=spec.fit, resample=spec.resample)

    assert (preprocess(pixels, same) == pixels).all()


@given(pixels=pictures(1), spec=specs())
def test_three_equal_channels_give_what_the_gray_picture_gives(
    pixels: np.ndarray, spec: ImageSpec
) -> None:
    """Gray of gray is the same gray, and a colour model sees it three times."""
    repeated = np.repeat(pixels, 3, axis=2)

    assert (preprocess(repeated, spec) == preprocess(pixels, spec)).all()


@given(pixels=pictures(3), spec=specs(fits=("stretch", "crop"), resamples=("nearest", "bilinear")))
def test_bilinear_and_nearest_stay_between_the_darkest_and_the_brightest(
    pixels: np.ndarray, spec: ImageSpec
) -> None:
    """A filter without negative weights does not overshoot."""
    result = preprocess(pixels, spec)

    assert result.min() >= pixels.min()
    assert result.max() <= pixels.max()


@given(
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    factors=st.tuples(st.sampled_from([1, 2, 4, 8]), st.sampled_from([1, 2, 4, 8])),
    data=st.data(),
)
def test_a_turned_picture_gives_the_turned_input(
    size: tuple[int, int], factors: tuple[int, int], data: st.DataObject
) -> None:
    """Where all weights are fractions of a power of two, left and right are treated alike."""
    (height, width), (down, across) = size, factors
    shape = (height * down, width * across, 3)
    pixels = data.draw(arrays.arrays(np.uint8, shape))
    spec = ImageSpec(height, width)

    turned = preprocess(pixels[::-1, ::-1], spec)

    assert (turned == preprocess(pixels, spec)[::-1, ::-1]).all()


@given(source=LARGE_SIZES, target=LARGE_SIZES)
def test_a_crop_lies_inside_the_picture(source: tuple[int, int], target: tuple[int, int]) -> None:
    """It is whole along one side, and its margins are equal along the other."""
    left, top, right, bottom = crop_box(source, target)

    # Pillow takes the edges as float32, which does not see the last bits of these sums.
    assert 0 <= left < right
    assert np.float32(right) <= source[0]
    assert 0 <= top < bottom
    assert np.float32(bottom) <= source[1]
    assert (left, right) == (0, source[0]) or (top, bottom) == (0, source[1])
    assert abs(left - (source[0] - right)) < 1e-6
    assert abs(top - (source[1] - bottom)) < 1e-6


@given(source=LARGE_SIZES, target=LARGE_SIZES)
def test_a_padded_picture_lies_inside_the_target(
    source: tuple[int, int], target: tuple[int, int]
) -> None:
    """It touches two sides of the target, and an odd rest is on the right and at the bottom."""
    (width, height), (left, top) = pad_layout(source, target)

    assert min(width, height) >= 1
    assert width == target[0] or height == target[1]
    assert 0 <= left <= target[0] - width - left <= left + 1
    assert 0 <= top <= target[1] - height - top <= top + 1
