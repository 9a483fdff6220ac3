"""Preprocessed pictures on disk: each is decoded once, and what comes back is right."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.cached import ROW, SPEC, assert_right, file_of
from support.listening import Listening
from support.pictures import write_picture

from kerasport.dataset import Dataset, PixelCache, cache, decode_dataset, read_data, shelf, survey
from kerasport.dataset.cache import CACHE_VARIABLE
from kerasport.dataset.rows import PixelRows
from kerasport.dataset.survey import _look_at


def test_rows_equal_preprocess_and_splits_read_nothing(data: Dataset, kept: PixelCache) -> None:
    """Numbers, slices and arrays of numbers give the bytes that `preprocess` gives."""
    decoded = decode_dataset(data, SPEC, cache=kept)

    assert isinstance(decoded.pixels, PixelRows)
    assert_right(decoded)
    memory = decode_dataset(data, SPEC).pixels
    chosen = np.array([30, 2, 2, 39])
    assert decoded.pixels.shape == memory.shape == (40, 5, 7, 3)
    assert np.array_equal(decoded.pixels[3], memory[3])
    assert np.array_equal(decoded.pixels[5:9], memory[5:9])
    assert np.array_equal(decoded.pixels[chosen], memory[chosen])
    assert np.array_equal(np.asarray(decoded.pixels), memory)
    assert np.array_equal(list(decoded.pixels), memory)
    test, labels = decoded.split("test")
    assert isinstance(test, PixelRows)
    assert np.array_equal(test[:], memory[data.span("test")])
    assert labels.tolist() == [example.label for example in data.in_split("test")]


def test_nothing_is_decoded_twice(data: Dataset, kept: PixelCache, decodes: list[object]) -> None:
    """A second reading of the same pictures decodes none, in whatever order they come."""
    decode_dataset(data, SPEC, cache=kept)
    assert len(decodes) == 40

    again = decode_dataset(replace(data, examples=data.examples[::-1]), SPEC, cache=kept)

    assert len(decodes) == 40
    assert_right(again)


def test_an_added_picture_is_decoded_alone(
    data: Dataset, kept: PixelCache, decodes: list[object]
) -> None:
    """Rows that are there are used again; a copy of a picture needs no row of its own."""
    decode_dataset(data, SPEC, cache=kept)
    added = write_picture(data.root / "a" / "new.png", seed=99)
    (data.root / "b" / "copy.png").write_bytes(data.examples[0].path.read_bytes())

    decoded = decode_dataset(read_data(data.root), SPEC, cache=kept)

    assert decodes[40:] == [added.read_bytes()]
    assert file_of(kept, "pixels.bin").stat().st_size == 41 * ROW
    assert_right(decoded)


@pytest.mark.parametrize("what", ["height", "resample", "background", "version", "pillow"])
def test_what_decides_the_bytes_decides_the_rows(
    data: Dataset,
    kept: PixelCache,
    decodes: list[object],
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    """Another specification, version of the preprocessing or of Pillow decodes anew."""
    decode_dataset(data, SPEC, cache=kept)
    changes = {"height": 6, "resample": "lanczos", "background": (0, 0, 0)}
    spec = replace(SPEC, **{what: changes[what]}) if what in changes else SPEC
    if what == "version":
        monkeypatch.setattr(cache, "PREPROCESSING_VERSION", cache.PREPROCESSING_VERSION + 1)
    elif what == "pillow":
        monkeypatch.setattr(cache.PIL, "__version__", "0.0")

    decoded = decode_dataset(data, spec, cache=kept)

    assert len(decodes) == 80
    assert_right(decoded, spec)


def test_unreadable_pictures_are_remembered_with_their_reason(
    data: Dataset, kept: PixelCache, decodes: list[object]
) -> None:
    """They are reported as without a cache, under the name they have now, and not tried again."""
    path = data.examples[7].path
    path.write_bytes(path.read_bytes()[:120])
    damaged = read_data(data.root)
    expected = decode_dataset(damaged, SPEC).dataset

    first = decode_dataset(damaged, SPEC, cache=kept)
    decodes.clear()
    again = decode_dataset(damaged, SPEC, cache=kept)

    assert [item.path for item in expected.skipped] == [path]
    assert first.dataset == again.dataset == expected
    assert decodes == []
    assert_right(again)
    moved = path.rename(path.with_name("moved.png"))
    renamed = decode_dataset(read_data(data.root), SPEC, cache=kept).dataset
    assert decodes == []
    assert renamed.skipped[0].path == moved
    assert renamed.skipped[0].reason == expected.skipped[0].reason.replace(str(path), str(moved))


def test_a_file_that_cannot_be_read_is_tried_again(
    data: Dataset, kept: PixelCache, decodes: list[object]
) -> None:
    """Only what the content decides is remembered; a missing file may come back."""
    example = data.examples[3]
    content = example.path.read_bytes()
    example.path.unlink()
    lost = decode_dataset(data, SPEC, cache=kept)
    example.path.write_bytes(b"something else")
    changed = decode_dataset(data, SPEC, cache=kept)
    example.path.write_bytes(content)

    found = decode_dataset(data, SPEC, cache=kept)

    assert [item.path for item in lost.dataset.skipped] == [example.path]
    assert "There is no picture" in lost.dataset.skipped[0].reason
    assert [item.path for item in changed.dataset.skipped] == [example.path]
    assert found.dataset.skipped == ()
    assert_right(found)


def test_a_cache_that_cannot_be_written_is_said_and_done_without(
    data: Dataset, tmp_path: Path
) -> None:
    """The pictures are decoded into memory, with a warning that names the folder and the way."""
    (tmp_path / "file").write_text("x")
    progress = Listening()

    decoded = decode_dataset(data, SPEC, cache=PixelCache(tmp_path / "file"), progress=progress)

    assert isinstance(decoded.pixels, np.ndarray)
    assert_right(decoded)
    (warning,) = progress.warned
    assert warning.startswith(f"The cache '{tmp_path}/file' cannot be used (")
    assert warning.endswith(
        "The pictures are decoded into memory instead. "
        "Name another folder with --cache or KERASPORT_CACHE."
    )
    assert survey(data, cache=PixelCache(tmp_path / "file")) == survey(data)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_cache_is_read(data: Dataset, kept: PixelCache, decodes: list[object]) -> None:
    """A folder that only others may write serves what it has; what it lacks goes to memory."""
    decode_dataset(data, SPEC, cache=kept)
    decodes.clear()
    for path in [kept.root, *kept.root.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    progress = Listening()

    assert_right(decode_dataset(data, SPEC, cache=kept, progress=progress))

    assert (decodes, progress.warned) == ([], [])
    write_picture(data.root / "a" / "new.png", seed=99)
    assert_right(decode_dataset(read_data(data.root), SPEC, cache=kept, progress=progress))
    assert len(progress.warned) == 1
    for path in [kept.root, *kept.root.rglob("*")]:
        path.chmod(0o755)


def test_a_full_disk_is_noticed_before_it_is_full(
    data: Dataset, kept: PixelCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the pictures do not fit, nothing is written and the warning says what is needed."""
    usage = shelf.shutil.disk_usage(data.root)
    monkeypatch.setattr(shelf.shutil, "disk_usage", lambda path: usage._replace(free=1000))
    progress = Listening()

    assert_right(decode_dataset(data, SPEC, cache=kept, progress=progress))

    assert "0.3 GB are needed" in progress.warned[0]
    assert not list(kept.root.rglob("pixels.bin"))


def test_a_survey_looks_once(
    data: Dataset, kept: PixelCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was seen is kept by content; only new pictures are looked at."""
    looked: list[object] = []
    module = sys.modules[_look_at.__module__]

    def counting(example: object) -> object:
        looked.append(example)
        return _look_at(example)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_look_at", counting)

    found = [survey(data, cache=kept), survey(data, cache=kept), survey(data)]

    assert found[0] == found[1] == found[2]
    assert len(looked) == 2 * len(data.in_split("train"))


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument comes first, then the variable, then `.cache/kerasport`; empty means none."""
    monkeypatch.setenv(CACHE_VARIABLE, "elsewhere")
    named = [PixelCache.find(Path("mine")), PixelCache.find()]
    monkeypatch.setenv(CACHE_VARIABLE, "")
    off = PixelCache.find()
    monkeypatch.delenv(CACHE_VARIABLE)
    default = PixelCache.find()

    assert off is None
    assert [item and item.root.as_posix() for item in [*named, default]] == [
        "mine",
        "elsewhere",
        ".cache/kerasport",
    ]


def test_version_control_does_not_see_the_cache(data: Dataset, kept: PixelCache) -> None:
    """The folder ignores itself, wherever it is put."""
    decode_dataset(data, SPEC, cache=kept)

    assert (kept.root / ".gitignore").read_text() == "*\n"
