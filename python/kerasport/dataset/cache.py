"""Preprocessed pictures on disk, so that each is decoded once and the data may exceed memory.

One folder per specification:

* `pixels.bin` holds one row of uint8 per picture, nothing else: in the order of their arrival, or
  of their hashes once the folder was packed;
* `index.txt` says for each content hash its row and the row's CRC-32, or why it has no pixels;
* `lock` is held by the one process that adds pictures; readers need no lock.

A row is written before the index names it, rows are never overwritten, and every row is compared
with its checksum before it is used. So a kill loses no more than what was under way, and damage
costs the damaged rows. Packing (`packing`) puts other files in their place. Labels and splits are
not kept: folders and seed decide them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import PIL

from kerasport.dataset.dataset import Example, Skipped, in_places
from kerasport.dataset.packing import Packed, alone_in, pack
from kerasport.dataset.rows import PixelRows
from kerasport.dataset.shelf import PATH, Shelf
from kerasport.dataset.store import Journal
from kerasport.files import to_json, write_bytes
from kerasport.preprocess import PREPROCESSING_VERSION, ImageSpec
from kerasport.progress import Progress

__all__ = ["CACHE_VARIABLE", "PixelCache"]

CACHE_VARIABLE = "KERASPORT_CACHE"
"""Environment variable that names another folder; empty switches the cache off."""

_DEFAULT_CACHE = Path(".cache", "kerasport")
"""Where pictures are kept, below the working directory; `make clean` removes it."""


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

    def shelf(self, spec: ImageSpec) -> Path:
        """Return the folder of the pictures of one specification."""
        return self.folder(f"{spec.height}x{spec.width}x{spec.channels}", asdict(spec))

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
        folder = self.shelf(spec)
        contents = [example.content for example in examples]
        shelf = Shelf(folder, spec)
        shelf.look_up(contents, progress)
        if shelf.missing(contents):
            self.make(folder)
            with alone_in(folder, progress):
                # Another process may have added them while this one waited.
                shelf.look_up(contents, progress)
                missing = set(shelf.missing(contents))
                wanted: dict[str, list[Example]] = {}
                for example in in_places(each for each in examples if each.content in missing):
                    wanted.setdefault(example.content, []).append(example)
                shelf.add(wanted, progress)
        rows = [shelf.rows.get(example.content) for example in examples]
        skipped = [
            Skipped(example.path, shelf.reasons[example.content].replace(PATH, str(example.path)))
            for example, row in zip(examples, rows, strict=True)
            if row is None
        ]
        kept = np.array([row for row in rows if row is not None], np.int64)
        mapped = shelf.mapped
        if len(kept) and kept.max() >= len(mapped):
            raise OSError(f"'{folder}' was removed while it was in use")
        return PixelRows(mapped, kept), skipped

    def pack(self, spec: ImageSpec, *, progress: Progress) -> Packed:
        """Put the pictures of one specification into the order of their contents.

        Raises:
            OSError: the folder cannot be written.
        """
        folder = self.make(self.shelf(spec))
        with alone_in(folder, progress):
            return pack(folder, (), progress=progress)
