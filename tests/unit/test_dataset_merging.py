"""Caches that several machines fill: merged, they are what one machine has, byte for byte."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.cached import ROW, SPEC, assert_right
from support.pictures import write_class_folders, write_picture
from support.shards import files_below, write_parquet

from kerasport.dataset import (
    Part,
    PixelCache,
    ReadOptions,
    decode_dataset,
    merge_caches,
    packing,
    read_data,
    read_part,
)
from kerasport.dataset import cache as caching
from kerasport.dataset.shelf import Shelf
from kerasport.dataset.store import Journal
from kerasport.errors import DataError, UsageError
from kerasport.progress import SILENT

LOOSE = ReadOptions(max_unreadable=1000, min_per_class=1)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Forty pictures with copies far from their originals, and six that are no whole pictures."""
    root = write_class_folders(tmp_path / "data", {"a": 20, "b": 20})
    files = files_below(root)
    for at in (0, 7, 21):
        shutil.copy(files[at], root / "b" / f"copy-{at}.png")
    for at, name in itertools.product((3, 30), ("a", "b", "z")):
        whole = files[at].read_bytes()
        # The same damage in two places, so that it repeats over shards as well.
        (root / ("a" if name == "a" else "b") / f"cut-{at}-{name}.png").write_bytes(whole[:-40])
    return root


def fill(cache: PixelCache, source: Path | str, part: Part | None = None) -> None:
    dataset = (
        read_data(source, options=LOOSE) if part is None else read_part(source, part, options=LOOSE)
    )
    cache.load(dataset.examples, SPEC, progress=SILENT)
    cache.pack(SPEC, progress=SILENT)


def files_of(cache: PixelCache) -> dict[str, bytes]:
    folder = cache.shelf(SPEC)
    return {name: (folder / name).read_bytes() for name in ("index.txt", "pixels.bin")}


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50])
def test_merged_parts_are_the_cache_of_one_machine(
    count: int, pictures: Path, tmp_path: Path
) -> None:
    """Index and pixels are the same bytes, however many parts there are and in whatever order."""
    whole = PixelCache(tmp_path / "whole")
    fill(whole, pictures)
    parts = [tmp_path / f"part-{number}" for number in range(1, count + 1)]
    for number, part in enumerate(parts, start=1):
        fill(PixelCache(part), pictures, Part(number, count))
    random.Random(count).shuffle(parts)

    merged = PixelCache(tmp_path / "merged")
    merge_caches(parts[: count // 2 + 1], merged)
    merge_caches(parts, merged)

    assert files_of(merged) == files_of(whole)
    assert len(files_of(whole)["pixels.bin"]) == 40 * ROW
    assert not list(merged.shelf(SPEC).glob("*.new"))


def test_parts_of_shards_make_up_the_cache_of_their_folder(pictures: Path, tmp_path: Path) -> None:
    """Where pictures lie does not count: rows of Parquet files are dealt out, and whole files."""
    files = sorted(pictures.rglob("*.png"))
    for at in range(3):
        write_parquet(tmp_path / "shards" / f"x-{at}.parquet", files[at::3])
    whole = PixelCache(tmp_path / "whole")
    fill(whole, pictures)

    for count in (2, 5):
        parts = [tmp_path / f"{count}-{number}" for number in range(1, count + 1)]
        for number, part in enumerate(parts, start=1):
            fill(PixelCache(part), tmp_path / "shards", Part(number, count))
        merged = PixelCache(tmp_path / f"merged-{count}")
        merge_caches(parts, merged)

        assert files_of(merged) == files_of(whole)


def test_a_merged_cache_is_what_training_reads(
    pictures: Path, tmp_path: Path, decodes: list[object]
) -> None:
    """Nothing is decoded again, every pixel is right, and new pictures are added as ever."""
    parts = [tmp_path / "one", tmp_path / "two"]
    for number, part in enumerate(parts, start=1):
        fill(PixelCache(part), pictures, Part(number, 2))
    merged = PixelCache(tmp_path / "merged")
    merge_caches(parts, merged)
    decodes.clear()

    assert_right(decode_dataset(read_data(pictures, options=LOOSE), SPEC, cache=merged))
    assert decodes == []

    write_picture(pictures / "a" / "new.png", seed=99)
    again = decode_dataset(read_data(pictures, options=LOOSE), SPEC, cache=merged)
    assert len(decodes) == 1
    assert_right(again)


def test_packing_puts_any_order_of_arrival_into_one(pictures: Path, tmp_path: Path) -> None:
    """Two caches that were filled in different orders are the same once packed, and stay so."""
    examples = read_data(pictures, options=LOOSE).examples
    caches = [PixelCache(tmp_path / "one"), PixelCache(tmp_path / "two")]
    for cache, order in zip(caches, (examples, examples[::-1]), strict=True):
        for at in range(0, len(order), 10):
            cache.load(order[at : at + 10], SPEC, progress=SILENT)
    assert files_of(caches[0]) != files_of(caches[1])

    for cache in caches:
        cache.pack(SPEC, progress=SILENT)

    assert files_of(caches[0]) == files_of(caches[1])
    before = (caches[0].shelf(SPEC) / "pixels.bin").stat().st_mtime_ns
    caches[0].pack(SPEC, progress=SILENT)
    assert (caches[0].shelf(SPEC) / "pixels.bin").stat().st_mtime_ns == before


def test_damaged_rows_are_left_out_and_counted(pictures: Path, tmp_path: Path) -> None:
    """A row whose checksum is wrong comes from another cache if it has it, else is missing."""
    caches = [PixelCache(tmp_path / name) for name in ("one", "two")]
    for cache in caches:
        fill(cache, pictures)
    pixels = caches[0].shelf(SPEC) / "pixels.bin"
    data = bytearray(pixels.read_bytes())
    data[3 * ROW] ^= 1
    pixels.write_bytes(data)

    alone = merge_caches([caches[0].root], PixelCache(tmp_path / "alone"))
    both = merge_caches([each.root for each in caches], PixelCache(tmp_path / "both"))

    assert [(each.pictures, each.damaged) for each in alone.shelves.values()] == [(39, 1)]
    assert [(each.pictures, each.damaged) for each in both.shelves.values()] == [(40, 1)]
    assert files_of(PixelCache(tmp_path / "both")) == files_of(caches[1])


@pytest.mark.parametrize(
    "line",
    ['["x",[0,1]]', '["{key}",[-1,5]]', '["{key}",[true,5]]', '["{key}",{}]', '["{key}",[9999,1]]'],
)
def test_an_index_of_strangers_counts_for_nothing(
    line: str, pictures: Path, tmp_path: Path
) -> None:
    """Records that no cache writes are counted as damaged, whoever gave them a right checksum."""
    import zlib

    cache = PixelCache(tmp_path / "cache")
    fill(cache, pictures)
    text = line.replace("{key}", "f" * 64).encode()
    with (cache.shelf(SPEC) / "index.txt").open("ab") as index:
        index.write(b"\n%08x %s\n" % (zlib.crc32(text), text))

    merged = merge_caches([cache.root], PixelCache(tmp_path / "merged"))

    assert [(each.pictures, each.damaged) for each in merged.shelves.values()] == [(40, 1)]


@pytest.mark.parametrize("name", ["index.txt", "pixels.bin"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_a_cache_of_what_has_no_end_is_refused(
    name: str, kind: str, pictures: Path, tmp_path: Path
) -> None:
    """A pipe in the place of a file is not waited for, and a device is not read."""
    cache = PixelCache(tmp_path / "cache")
    fill(cache, pictures)
    path = cache.shelf(SPEC) / name
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")

    with pytest.raises(DataError, match=rf"{name}' is no file"):
        merge_caches([cache.root], PixelCache(tmp_path / "merged"))


@pytest.mark.parametrize("what", ["missing", "empty", "file"])
def test_what_is_no_cache_is_refused(what: str, tmp_path: Path) -> None:
    """A folder without decoded pictures is named, before anything is written."""
    place = tmp_path / "cache"
    if what == "empty":
        place.mkdir()
    if what == "file":
        place.write_text("x", encoding="utf-8")

    with pytest.raises(DataError, match="holds no decoded pictures"):
        merge_caches([place], PixelCache(tmp_path / "merged"))

    assert not (tmp_path / "merged").exists()


MERGER = """
import os, signal, sys
from pathlib import Path
from kerasport.dataset import PixelCache, merge_caches, packing

at, calls = int(sys.argv[1]), 0
replace, write_bytes = Path.replace, packing.write_bytes

def counting(call):
    def counted(*arguments):
        global calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments)
    return counted

Path.replace, packing.write_bytes = counting(replace), counting(write_bytes)
merge_caches([Path(each) for each in sys.argv[3:]], PixelCache(Path(sys.argv[2])))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_killed_merge_is_finished_by_the_next(
    at: int, pictures: Path, tmp_path: Path, decodes: list[object]
) -> None:
    """Whenever it is killed, what was there is usable, and merging again gives the whole."""
    parts = [tmp_path / "one", tmp_path / "two"]
    for number, part in enumerate(parts, start=1):
        fill(PixelCache(part), pictures, Part(number, 2))
    whole = PixelCache(tmp_path / "whole")
    fill(whole, pictures)
    merged = PixelCache(tmp_path / "merged")
    merge_caches(parts[:1], merged)

    killed = subprocess.run(
        [sys.executable, "-c", MERGER, str(at), str(merged.root), *map(str, parts)],
        env={**os.environ},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    copy = PixelCache(tmp_path / "copy")
    shutil.copytree(merged.root, copy.root)
    decodes.clear()

    assert_right(decode_dataset(read_data(pictures, options=LOOSE), SPEC, cache=copy))
    # Killed between the two files, the merge counts: nothing is lost of either part.
    assert (len(decodes) == 0) == (at == 4)
    assert len(decodes) < 40
    merge_caches(parts, merged)
    assert files_of(merged) == files_of(whole)
    assert not list(merged.shelf(SPEC).glob("*.new"))


@pytest.mark.parametrize(
    "when",
    ["while the index is read", "after the index was read", "after rows were checked", "before"],
)
def test_a_reader_is_right_while_the_cache_is_packed(
    when: str, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever the rows move, no picture gets the pixels of another."""
    dataset = read_data(pictures, options=LOOSE)
    cache = PixelCache(tmp_path / "cache")
    # One is missing where the lock has to be taken.
    missing = dataset.examples[0].content if when == "before" else ""
    known = [each for each in dataset.examples[::-1] if each.content != missing]
    cache.load(known, SPEC, progress=SILENT)
    packed: list[bool] = []

    def packing_beside(call: Callable[..., Any], *, first: bool) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            answer = None if first else call(*arguments)
            if not packed:
                packed.append(True)
                PixelCache(cache.root).pack(SPEC, progress=SILENT)
            return call(*arguments) if first else answer

        return called

    records = Journal.records
    if when == "while the index is read":

        def reading(self: Journal) -> Iterator[tuple[str, Any]]:
            for number, record in enumerate(records(self)):
                if number == 3:
                    packing_beside(lambda: None, first=True)()
                yield record

        monkeypatch.setattr(Journal, "records", reading)
    elif when == "after the index was read":
        whole = packing_beside(lambda journal: iter(list(records(journal))), first=False)
        monkeypatch.setattr(Journal, "records", whole)
    elif when == "after rows were checked":
        monkeypatch.setattr(Shelf, "missing", packing_beside(Shelf.missing, first=False))
        # Not by the look at the index, which asks what is missing as well.
        packed.append(True)
        look_up = Shelf.look_up

        def looking_up(self: Shelf, *arguments: Any) -> None:
            look_up(self, *arguments)
            packed.clear()

        monkeypatch.setattr(Shelf, "look_up", looking_up)
    else:
        monkeypatch.setattr(caching, "alone_in", packing_beside(caching.alone_in, first=True))

    assert_right(decode_dataset(dataset, SPEC, cache=cache))
    assert packed


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/0", "-1/4", "1/4/2", ""])
def test_parts_are_numbered_from_one(text: str) -> None:
    """What is no part is refused with an example of one."""
    with pytest.raises(UsageError, match="like 3/16"):
        Part.parse(text)


@pytest.mark.parametrize(("items", "count"), [(0, 3), (1, 3), (10, 3), (10, 10), (100, 7)])
def test_parts_make_up_the_whole(items: int, count: int) -> None:
    """Each item is in one part, in its order, and no part is larger than another by two."""
    whole = range(items)

    parts = [Part(number, count).of(whole) for number in range(1, count + 1)]

    assert [item for part in parts for item in part] == list(whole)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_pictures_of_other_shapes_stay_apart(tmp_path: Path) -> None:
    """A folder is merged with those of its own specification, by its name."""
    assert packing.shape_of(Path("5x7x3-0123456789abcdef")) == (5, 7, 3)
    for name in ("5x7x2-0123456789abcdef", "0x7x3-0123456789abcdef", "5x7x3-0123", "hashes-0"):
        assert packing.shape_of(Path(name)) is None
