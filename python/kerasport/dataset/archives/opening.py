"""Any file that holds pictures, on the disk or at an address, opened by its name and content."""

from __future__ import annotations

from pathlib import Path

from kerasport.dataset.archives.addresses import Fetched
from kerasport.dataset.archives.archive import read_archive
from kerasport.dataset.archives.container import Container
from kerasport.dataset.archives.parquet_file import ParquetPictures
from kerasport.errors import DataError

__all__ = ["open_container"]

_PARQUET_SUFFIX = ".parquet"


def open_container(path: Path, fetched: Fetched | None = None) -> Container:
    """Return what a file holds, after checking it; with `fetched`, what was at the address `path`.

    Raises:
        DataError: it cannot be opened, or holds what no set of pictures does.
        KerasportError: what reads it is not installed.
    """
    place = path if fetched is None else fetched.path
    is_parquet = path.suffix.lower() == _PARQUET_SUFFIX
    try:
        container: Container = (
            ParquetPictures(path, place) if is_parquet else read_archive(path, place)
        )
    except (ValueError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        kind = "a Parquet file" if is_parquet else "an archive"
        otherwise = "" if is_parquet or fetched else ", or unpack it and name the folder"
        raise DataError(
            f"'{path}' cannot be read as {kind} of pictures: {reason.rstrip('.')}. Copy or save it "
            f"again{otherwise}."
        ) from None
    container.lent = fetched
    return container
