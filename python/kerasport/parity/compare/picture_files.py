"""Pictures of any source as files, which is what browsers open."""

from __future__ import annotations

import contextlib
import weakref
from pathlib import Path

from kerasport.dataset.contents import read_content
from kerasport.dataset.dataset import Skipped
from kerasport.dataset.paths import leads_inside
from kerasport.dataset.shards import pictures_at
from kerasport.errors import DataError
from kerasport.files import scratch_folder

__all__ = ["PictureFiles"]


class PictureFiles:
    """The pictures below a folder, or in an archive or shards.

    What lies in a file of many is written to a file of its own when it is asked for, which is there
    as long as this lives.

    Attributes:
        paths: where the pictures are, in their order.
    """

    def __init__(self, images: Path) -> None:
        self._root, paths = pictures_at(images)
        self.paths = list(paths)
        self._folder: Path | None = None
        if any(map(leads_inside, self.paths[:1])):
            kept = contextlib.ExitStack()
            self._folder = kept.enter_context(scratch_folder())
            weakref.finalize(self, kept.close)

    def file_of(self, path: Path) -> Path:
        """Return the file that has the bytes of one of the `paths`.

        Raises:
            DataError: it cannot be read; the message names it.
        """
        if self._folder is None or not leads_inside(path):
            return path
        name = path.relative_to(self._root)
        data = read_content(path)
        if isinstance(data, Skipped):
            raise DataError(f"'{name}' cannot be read: {data.reason}.")
        file = self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file
