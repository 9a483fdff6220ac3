"""Kills, damage and other processes: the cache of decoded pictures is right after each."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cached import ROW, SPEC, assert_right, file_of
from support.listening import Listening
from support.pictures import write_class_folders

from kerasport.dataset import Dataset, PixelCache, decode_dataset, read_data, shelf
from kerasport.preprocess import preprocess
from kerasport.progress import SilentProgress

# Runs in a process of its own and ends by SIGKILL where the worst may happen.
KILLED = """
import os, signal, sys
from pathlib import Path
from kerasport.dataset import PixelCache, decode_dataset, read_data
from kerasport.dataset.store import Journal
from kerasport.dataset import store
from kerasport.preprocess import ImageSpec

where, count = sys.argv[3], 0
append, write = Journal.append, os.write

def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

def counting(self, records):
    global count
    count += 1
    if count == 3:
        if where == "row":
            with self.path.with_name("pixels.bin").open("r+b") as rows:
                rows.truncate(rows.seek(0, 2) - 50)
        if where == "index":
            store.os.write = lambda descriptor, line: die(write(descriptor, line[: len(line) // 2]))
        if where != "index":
            die()
    append(self, records)

Journal.append = counting
data = read_data(Path(sys.argv[1]))
decode_dataset(data, ImageSpec(5, 7), cache=PixelCache(Path(sys.argv[2])))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
@pytest.mark.parametrize("where", ["between", "row", "index"])
def test_a_killed_build_is_resumed(
    data: Dataset, kept: PixelCache, decodes: list[object], where: str
) -> None:
    """What was finished is kept; a row without a name, a torn row or a torn line never counts."""
    command = [sys.executable, "-c", KILLED, str(data.root), str(kept.root), where]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    known = file_of(kept, "index.txt").read_bytes().count(b"]]")
    size = file_of(kept, "pixels.bin").stat().st_size
    assert size > 16 * ROW
    assert (size % ROW != 0) == (where == "row")
    assert known >= 16

    decoded = decode_dataset(data, SPEC, cache=kept)

    assert 16 <= 40 - len(decodes) <= 24
    assert_right(decoded)
    decodes.clear()
    assert_right(decode_dataset(data, SPEC, cache=kept))
    assert decodes == []


BUILDER = """
import sys
from pathlib import Path
from kerasport.dataset import PixelCache, decode_dataset, parallel, read_data
from kerasport.preprocess import ImageSpec

count, original = 0, parallel.preprocess

def counting(picture, spec, **options):
    global count
    count += 1
    return original(picture, spec, **options)

parallel.preprocess = counting
data = read_data(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
decoded = decode_dataset(data, ImageSpec(5, 7), cache=PixelCache(Path(sys.argv[2])))
print(count, decoded.pixels[:].tobytes().hex())
"""


def test_processes_that_build_at_once_share_the_work(data: Dataset, kept: PixelCache) -> None:
    """All get the right pixels, and each picture is decoded by one of them only."""
    command = [sys.executable, "-c", BUILDER, str(data.root), str(kept.root)]
    pipe = subprocess.PIPE
    builders = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    for builder in builders:
        assert builder.stdout is not None
        assert builder.stdout.readline() == "ready\n"

    for builder in builders:
        assert builder.stdin is not None
        builder.stdin.write("go\n")
        builder.stdin.flush()
    answers = [builder.communicate()[0].split() for builder in builders]

    expected = np.stack([preprocess(example.path, SPEC) for example in data.examples])
    assert [pixels for _, pixels in answers] == [expected.tobytes().hex()] * 3
    assert sum(int(count) for count, _ in answers) == 40
    assert file_of(kept, "pixels.bin").stat().st_size == 40 * ROW


@pytest.fixture
def stopped_holder(kept: PixelCache) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of the cache until it is killed."""
    folder = kept.make(kept.folder("5x7x3", SPEC.__dict__))
    code = (
        "import sys, time; from pathlib import Path; from kerasport.dataset.store import locked\n"
        "with locked(Path(sys.argv[1]), on_wait=print): print('held', flush=True); time.sleep(20)"
    )
    command = [sys.executable, "-c", code, str(folder / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.kill()


def test_a_lock_ends_with_its_holder(
    data: Dataset, kept: PixelCache, stopped_holder: subprocess.Popen[str]
) -> None:
    """The wait is announced, and a holder that was killed leaves no lock behind."""
    kill = stopped_holder.kill

    class Killing(Listening):
        def say(self, message: str) -> None:
            super().say(message)
            kill()

    progress = Killing()
    started = time.monotonic()

    decoded = decode_dataset(data, SPEC, cache=kept, progress=progress)

    assert [message.split("'")[0] for message in progress.said] == [
        "Another process is adding pictures to "
    ]
    assert time.monotonic() - started < 15
    assert_right(decoded)


def _flip_pixels(pixels: Path, index: Path) -> int:
    content = bytearray(pixels.read_bytes())
    content[3 * ROW + 50] ^= 1
    pixels.write_bytes(content)
    return 1


def _truncate_pixels(pixels: Path, index: Path) -> int:
    os.truncate(pixels, 30 * ROW + 11)
    return 10


def _empty_pixels(pixels: Path, index: Path) -> int:
    os.truncate(pixels, 0)
    return 40


def _no_pixels(pixels: Path, index: Path) -> int:
    pixels.unlink()
    return 40


def _flip_index(pixels: Path, index: Path) -> int:
    lines = index.read_bytes().splitlines(keepends=True)
    # Still well-formed, but another statement.
    lines[5] = re.sub(rb"\[\d+,\d+\]", b'"no picture"', lines[5])
    index.write_bytes(b"".join(lines))
    return 1


def _no_index(pixels: Path, index: Path) -> int:
    index.unlink()
    return 40


def _strange_index(pixels: Path, index: Path) -> int:
    index.write_bytes(b"\xff\x00" * 5000)
    return 40


def _strange_records(pixels: Path, index: Path) -> int:
    """What no cache writes, each with a right checksum."""
    records = ("{}", "7", "[-1,5]", '["a",5]', "[0]", "[0,1,2]", "[true,1]", "null", "[[0],1]")
    lines = [line for line in index.read_bytes().splitlines() if line]
    for at, record in enumerate(records):
        text = re.sub(rb",\[\d+,\d+\]\]$", f",{record}]".encode(), lines[at][9:])
        lines[at] = b"%08x %s" % (zlib.crc32(text), text)
    for text in (b"[[1],[0,1]]", b"[{},[0,1]]", b"[5,[0,1]]", b"5", b"[" * 100_000):
        lines.append(b"%08x %s" % (zlib.crc32(text), text))
    index.write_bytes(b"\n".join(lines) + b"\n")
    return len(records)


@pytest.mark.parametrize(
    "damage",
    [
        _flip_pixels,
        _truncate_pixels,
        _empty_pixels,
        _no_pixels,
        _flip_index,
        _no_index,
        _strange_index,
        _strange_records,
    ],
    ids=lambda damage: damage.__name__.strip("_"),
)
def test_damage_is_noticed_and_repaired(
    data: Dataset, kept: PixelCache, decodes: list[object], damage: object
) -> None:
    """Exactly the damaged pictures are decoded again; afterwards nothing is left to repair."""
    decode_dataset(data, SPEC, cache=kept)
    decodes.clear()
    lost = damage(file_of(kept, "pixels.bin"), file_of(kept, "index.txt"))  # type: ignore[operator]

    repaired = decode_dataset(data, SPEC, cache=kept)

    assert len(decodes) == lost
    assert_right(repaired)
    assert_right(decode_dataset(data, SPEC, cache=kept))
    assert len(decodes) == lost
    # A row that is wrong, or lost its name among others, stays behind; nothing else does.
    rows = 40 + (lost if damage is _strange_records else lost == 1)
    assert file_of(kept, "pixels.bin").stat().st_size == rows * ROW


@settings(max_examples=60, deadline=None)
@given(
    where=st.sampled_from(["pixels.bin", "index.txt"]),
    cut=st.floats(0, 1),
    tail=st.binary(max_size=300),
)
def test_whatever_a_file_ends_in_the_pixels_are_right(
    tmp_path_factory: pytest.TempPathFactory, where: str, cut: float, tail: bytes
) -> None:
    """Any file cut anywhere, with anything behind the cut, costs time and never a wrong pixel."""
    folder = tmp_path_factory.mktemp("any")
    data = read_data(write_class_folders(folder / "data", {"a": 6, "b": 6}))
    kept = PixelCache(folder / "cache")
    decode_dataset(data, SPEC, cache=kept)
    path = file_of(kept, where)
    content = path.read_bytes()
    path.write_bytes(content[: int(cut * len(content))] + tail)

    decoded = decode_dataset(data, SPEC, cache=kept)

    assert_right(decoded)
    assert_right(decode_dataset(data, SPEC, cache=kept))


def test_an_interrupted_build_keeps_what_it_has(
    data: Dataset, kept: PixelCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C leaves whole, named rows and no temporary file; the next build goes on from there."""

    class Interrupting(SilentProgress):
        def task(self, title: str, *, total: int) -> object:  # type: ignore[override]  # it passes on what it got
            task = super().task(title, total=total)
            if title == "Decoding":
                monkeypatch.setattr(shelf.Shelf, "_write", interrupt)
            return task

    write, calls = shelf.Shelf._write, []

    def interrupt(self: object, pictures: object, stream: object) -> None:
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(pictures)
        write(self, pictures, stream)  # type: ignore[arg-type]

    with pytest.raises(KeyboardInterrupt):
        decode_dataset(data, SPEC, cache=kept, progress=Interrupting())
    monkeypatch.undo()

    (folder,) = (path for path in kept.root.iterdir() if path.is_dir())
    assert sorted(path.name for path in folder.iterdir()) == ["index.txt", "lock", "pixels.bin"]
    assert file_of(kept, "pixels.bin").stat().st_size == 16 * ROW
    assert_right(decode_dataset(data, SPEC, cache=kept))
    assert file_of(kept, "pixels.bin").stat().st_size == 40 * ROW
