"""Preprocessed pictures on disk, so that each is decoded once and the data may exceed memory.

One folder per specification:

* `pixels.bin` holds one row of uint8 per picture, nothing else, in the order of their arrival;
* `index.txt` says for each content hash its row and the row's CRC-32, or why it has no pixels;
* `lock` is held by the one process that adds pictures; readers need no lock.

A row is written before the index names it, rows are never moved or overwritten, and every row
is compared with its checksum before it is used. So a kill loses no more than what was under way,
and damage costs the damaged rows. Labels and splits are not kept: folders and seed decide them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np
import PIL
from numpy.typing import NDArray

from kerasport.dataset.dataset import Example, Skipped
from kerasport.dataset.parallel import Decoded, checksum, decode_example, in_parallel
from kerasport.dataset.rows import PixelRows
from kerasport.dataset.store import Journal, locked
from kerasport.files import to_json, write_bytes
from kerasport.preprocess import PREPROCESSING_VERSION, ImageSpec
from kerasport.progress import Progress

__all__ = ["CACHE_VARIABLE", "PixelCache"]

CACHE_VARIABLE = "KERASPORT_CACHE"
"""Environment variable that names another folder; empty switches the cache off."""

_DEFAULT_CACHE = Path(".cache", "kerasport")
"""Where pictures are kept, below the working directory; `make clean` removes it."""

# Left free on the disk, so that a training does not fill it.
_SPARE_BYTES = 256 << 20
_PATH = "{path}"


class PixelCache:
    """A folder of preprocessed pictures, found again by content, specification and version."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def find(cls, root: Path | None = None) -> PixelCache | None:
        """Return the cache in `root`, else where `KERASPORT_CACHE` says, else in the default.

        None when the variable is there and empty: then nothing is kept.
        """
        if root is not None:
            return cls(root)
        named = os.environ.get(CACHE_VARIABLE)
        return None if named == "" else cls(Path(named) if named else _DEFAULT_CACHE)

    def folder(self, kind: str, description: object = None) -> Path:
        """Return the folder of what depends on nothing but a file's content and `description`.

        The name changes with the version of the preprocessing and that of Pillow, whose
        decoders make the pixels.
        """
        about = {
            "description": description,
            "pillow": PIL.__version__,
            "preprocessing": PREPROCESSING_VERSION,
        }
        key = hashlib.sha256(to_json(about).encode()).hexdigest()
        return self.root / f"{kind}-{key[:16]}"

    def make(self, folder: Path) -> Path:
        """Create `folder` where it is missing, out of the sight of version control."""
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            write_bytes(self.root / ".gitignore", b"*\n")
        return folder

    def journal(self, kind: str) -> Journal | None:
        """Return the notes on pictures of one kind, or None where none can be kept."""
        try:
            return Journal(self.make(self.folder(kind)) / "index.txt")
        except OSError:
            # Said when the pictures are decoded, which needs the cache more.
            return None

    def load(
        self, examples: Sequence[Example], spec: ImageSpec, *, progress: Progress
    ) -> tuple[PixelRows, list[Skipped]]:
        """Return the pixels of the usable examples, in their order, and the others.

        What is not there yet, or is damaged, is decoded and added.

        Raises:
            OSError: something has to be added, and the folder cannot be written.
        """
        folder = self.folder(f"{spec.height}x{spec.width}x{spec.channels}", asdict(spec))
        wanted: dict[str, list[Example]] = {}
        for example in examples:
            wanted.setdefault(example.content, []).append(example)
        shelf = _Shelf(folder, spec)
        shelf.look_up(wanted, progress)
        if shelf.missing(wanted):
            self.make(folder)
            with locked(folder / "lock", on_wait=lambda: progress.say(_waiting(folder))):
                # Another process may have added them while this one waited.
                shelf.look_up(wanted, progress)
                missing = {key: wanted[key] for key in shelf.missing(wanted)}
                # As they lie, not split by split: what holds many is opened once.
                order = sorted(missing.items(), key=lambda item: item[1][0].path.as_posix())
                shelf.add(dict(order), progress)
        rows = [shelf.rows.get(example.content) for example in examples]
        skipped = [
            Skipped(example.path, shelf.reasons[example.content].replace(_PATH, str(example.path)))
            for example, row in zip(examples, rows, strict=True)
            if row is None
        ]
        kept = np.array([row for row in rows if row is not None], np.int64)
        mapped = shelf.mapped()
        if len(kept) and kept.max() >= len(mapped):
            raise OSError(f"'{folder}' was removed while it was in use")
        return PixelRows(mapped, kept), skipped


class _Shelf:
    """The pictures of one specification; `rows` and `reasons` hold what was found to be right."""

    def __init__(self, folder: Path, spec: ImageSpec) -> None:
        self.folder = folder
        self.spec = spec
        self.rows: dict[str, int] = {}
        self.reasons: dict[str, str] = {}
        self._bytes = int(np.prod(spec.shape))
        self._pixels = folder / "pixels.bin"
        self._index = Journal(folder / "index.txt")

    def missing(self, contents: Iterable[str]) -> list[str]:
        return [key for key in contents if key not in self.rows and key not in self.reasons]

    def mapped(self) -> NDArray[np.uint8]:
        """Return all whole rows of the file, mapped; a torn row at its end is left out."""
        try:
            count = self._pixels.stat().st_size // self._bytes
        except FileNotFoundError:
            count = 0
        if count == 0:
            return np.empty((0, *self.spec.shape), np.uint8)
        mapped = np.memmap(self._pixels, np.uint8, "r", shape=(count, *self.spec.shape))
        # Fancy indexing of the subclass costs more than that of a plain array.
        return mapped.view(np.ndarray)

    def look_up(self, contents: Iterable[str], progress: Progress) -> None:
        """Find what the index knows of `contents`, and check the rows that were not checked."""
        known, mapped = self._index.read(), self.mapped()
        named: list[tuple[str, int, int]] = []
        for key in self.missing(contents):
            record: Any = known.get(key)
            if isinstance(record, str):
                self.reasons[key] = record
            elif record is not None and record[0] < len(mapped):
                named.append((key, *record))
        with progress.task("Checking the cache", total=len(named)) as task:
            for part in in_parallel(lambda item: _checked(mapped, *item), named):
                self.rows.update(found for found in part if found is not None)
                task.advance(len(part))

    def add(self, wanted: dict[str, list[Example]], progress: Progress) -> None:
        """Decode these pictures and write them; only the holder of the lock may."""
        if not wanted:
            return
        needed = len(wanted) * self._bytes + _SPARE_BYTES
        if shutil.disk_usage(self.folder).free < needed:
            raise OSError(errno.ENOSPC, f"{needed / 1e9:.1f} GB are needed")
        if not self.rows and not self._index.read():
            # Without an index the rows have no names, so nobody uses them.
            self._pixels.unlink(missing_ok=True)
        with self._pixels.open("ab") as stream:
            whole = stream.tell() // self._bytes * self._bytes
            stream.truncate(whole)
            with progress.task("Decoding", total=len(wanted)) as task:
                started, done = time.perf_counter(), 0
                keys = iter(wanted)
                for part in in_parallel(self._decode, wanted.items()):
                    # In this order, zip takes no key too many when the part is used up.
                    pictures = zip(part, keys, strict=False)
                    self._write({key: decoded for decoded, key in pictures}, stream)
                    done += len(part)
                    rate = f"{done / (time.perf_counter() - started):,.0f} pictures/s"
                    task.advance(len(part), detail=rate)
                task.milestone(f"{done:,} pictures, {rate}")

    def _decode(self, item: tuple[str, list[Example]]) -> Decoded:
        _, copies = item
        for example in copies:
            decoded = decode_example(example, self.spec)
            if decoded.lasting:
                break
        if decoded.pixels is not None:
            return decoded
        reason = decoded.reason.replace(str(example.path), _PATH)
        return Decoded(reason=reason, lasting=decoded.lasting)

    def _write(self, pictures: dict[str, Decoded], stream: IO[bytes]) -> None:
        row = stream.tell() // self._bytes
        records: dict[str, Any] = {}
        for content, decoded in pictures.items():
            if decoded.pixels is not None:
                stream.write(decoded.pixels.data)
                records[content] = [row, decoded.checksum]
                self.rows[content] = row
                row += 1
            else:
                self.reasons[content] = decoded.reason
                if decoded.lasting:
                    records[content] = decoded.reason
        stream.flush()
        self._index.append(records)


def _checked(
    mapped: NDArray[np.uint8], content: str, row: int, expected: int
) -> tuple[str, int] | None:
    return (content, row) if checksum(mapped[row]) == expected else None


def _waiting(folder: Path) -> str:
    return f"Another process is adding pictures to '{folder}'; waiting until it is done."
