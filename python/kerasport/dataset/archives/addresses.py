"""Files at addresses that fsspec opens: `s3://bucket/train-000.tar`, listed and fetched whole.

As a path an address has one slash where it has two; both spellings mean the same here.
"""

from __future__ import annotations

import contextlib
import os
import re
import weakref
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from kerasport.dataset.archives.parquet_values import SHARDS_EXTRA
from kerasport.dataset.archives.spool import SPARE_BYTES, no_room
from kerasport.errors import DataError, KerasportError, missing_extra
from kerasport.files import scratch_folder
from kerasport.platforms import free_temporary_bytes

__all__ = ["Fetched", "address_of", "fetch", "files_at", "is_address"]

_Result = TypeVar("_Result")

# A letter alone is a drive of Windows.
_ADDRESS = re.compile(r"\A([A-Za-z][A-Za-z0-9+.-]+):[/\\]+(?=[^/\\])")
# Elsewhere something else stands there: github://organization:repository@branch.
_PASSWORD = re.compile(
    r"\A(https?|ftps?|sftp|ssh|smb|webdavs?):[/\\]+[^/\\@]*:[^/\\]*@", re.IGNORECASE
)
_PIECE = 1 << 20
_TRIES = 3
# No names below a page of the web, and a listing of one is a guess.
_UNLISTED = ("http", "https")


def is_address(path: str | Path) -> bool:
    """Return whether a path is an address, not a place on the disk."""
    return _ADDRESS.match(os.fspath(path)) is not None


def address_of(path: str | Path) -> str:
    """Return an address as fsspec takes it, with its two slashes.

    Raises:
        DataError: it has a query or a password, which may be secret and would be in every name.
    """
    text = os.fspath(path).replace("\\", "/")
    if signed := _PASSWORD.match(text):
        plain = text[signed.end() :].partition("?")[0]
        raise DataError(
            f"The address '{signed[1]}://...@{plain}' has a password in it, which is not taken: "
            "names of pictures are written down and would repeat it. Leave it out; fsspec finds "
            "credentials in its configuration and in the environment."
        )
    if "?" in text:
        plain = text.partition("?")[0]
        raise DataError(
            f"The address '{plain}' has a query behind it, which is not taken: names of pictures "
            "are written down and would repeat it. Leave it out, or use an address like s3:// with "
            "credentials in the environment."
        )
    return _ADDRESS.sub(lambda found: f"{found[1].lower()}://", text)


def files_at(address: str) -> list[str]:
    """Return the addresses of the files at an address: itself, what it matches, or what is below.

    Raises:
        DataError: there is nothing, or it cannot be listed.
        KerasportError: what opens such addresses is not installed.
    """
    if address.startswith(_UNLISTED) and "*" not in address:
        return [address]
    system, place = _system(address)

    def listed() -> list[str]:
        if "*" in place:
            return list(system.glob(place))
        return [place] if system.isfile(place) else list(system.find(place))

    found = _asked(address, listed)
    if not found:
        raise DataError(f"There is nothing at '{address}'. Check its spelling and your access.")
    return sorted(system.unstrip_protocol(name) for name in found)


class Fetched:
    """A file that was fetched, at `path` for as long as this lives; `size` is its bytes."""

    def __init__(self, address: str) -> None:
        kept = contextlib.ExitStack()
        self._removal = weakref.finalize(self, kept.close)
        # The suffix is looked at.
        self.path = kept.enter_context(scratch_folder()) / PurePosixPath(address).name[-100:]
        try:
            self.size = _asked(address, lambda: _copied(address, self.path))
        except BaseException:
            self._removal()
            raise


def fetch(address: str) -> Fetched:
    """Return the file at an address, copied to the disk.

    Raises:
        DataError: it cannot be read, or there is no room for it.
        KerasportError: what opens such addresses is not installed.
    """
    return Fetched(address)


def _copied(address: str, target: Path) -> int:
    system, place = _system(address)
    room = free_temporary_bytes() - SPARE_BYTES
    with system.open(place, "rb") as source, target.open("wb") as copy:
        while piece := source.read(_PIECE):
            copy.write(piece)
            if copy.tell() > room:
                reason = no_room("a copy of it")
                raise DataError(f"'{address}' cannot be read: {reason}.")
        return copy.tell()


def _asked(address: str, ask: Callable[[], _Result]) -> _Result:
    """Return what a file system answers, asked again where it fails; its errors in a sentence."""
    tries = 0
    while True:
        tries += 1
        try:
            return ask()
        except KerasportError:
            raise
        # Each file system is a package of its own, and raises what it likes.
        except Exception as error:
            lasting = isinstance(error, FileNotFoundError | PermissionError | ImportError)
            if lasting or tries == _TRIES:
                raise _unread(address, error) from None


def _unread(address: str, error: Exception) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError(f"There is nothing at '{address}'. Check its spelling and your access.")
    # What Python says of a file system that was asked for in a way that it does not know.
    if isinstance(error, TypeError | AttributeError | NotImplementedError):
        scheme = address.partition(":")[0]
        return DataError(
            f"'{address}' cannot be read: {scheme}:// takes more than an address. Expected one "
            "that leads to files by itself, like s3://, gs://, hf:// or https://."
        )
    said = str(error).strip().partition("\n")[0][:200].rstrip(".")
    return DataError(f"'{address}' cannot be read: {said or type(error).__name__}.")


def _system(address: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError:
        raise missing_extra(SHARDS_EXTRA, f"Opening '{address}'") from None
    scheme = address.partition(":")[0]
    try:
        system, place = url_to_fs(address)
    except ImportError as error:
        raise KerasportError(
            f"'{address}' needs a package that is not installed: "
            f"{str(error).strip().partition(chr(10))[0].rstrip('.')}."
        ) from None
    except Exception as error:
        if isinstance(error, ValueError) and "Protocol not known" in str(error):
            raise DataError(
                f"'{address}' is an address of a kind that is not known: {scheme}://. Expected one "
                "that fsspec opens, like s3://, gs://, hf:// or https://."
            ) from None
        raise _unread(address, error) from None
    return system, str(place)
