"""Fixtures of the tests of data sets: of the cache of decoded pictures, and of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.pictures import write_class_folders
from support.table_pictures import draw_pictures, link_pictures

from kerasport.dataset import Dataset, PixelCache, parallel, read_data
from kerasport.preprocess import ImageSpec, preprocess


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was handed to `preprocess` on the way into a cache."""
    seen: list[object] = []

    def counting(picture: object, spec: ImageSpec, **options: Any) -> object:
        seen.append(picture)
        return preprocess(picture, spec, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(parallel, "preprocess", counting)
    return seen


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """Forty small pictures."""
    return read_data(write_class_folders(tmp_path / "data", {"a": 20, "b": 20}))


@pytest.fixture
def kept(tmp_path: Path) -> PixelCache:
    """A cache that is not there yet."""
    return PixelCache(tmp_path / "cache")


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of two classes whose names begin with the class."""
    return draw_pictures(tmp_path_factory.mktemp("drawn"))


@pytest.fixture
def root(drawn: Path, tmp_path: Path) -> Path:
    """A folder with those pictures in images/, for a table to list."""
    return link_pictures(drawn, tmp_path)
