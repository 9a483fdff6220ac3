"""From the bytes of a table to its text: which encoding, and whether it is text at all."""

from __future__ import annotations

import codecs
from pathlib import Path

from kerasport.dataset.dataset import Remark
from kerasport.dataset.paths import is_file, read_bytes, size_of
from kerasport.errors import DataError

__all__ = ["read_text"]

# A million rows and more; the pictures themselves do not fit into a table.
_MOST_BYTES = 128 << 20

# How files start that are taken for tables, and what they are.
_OTHER_KINDS = (
    (b"PK\x03\x04", "a workbook (Excel, LibreOffice, Numbers) or another ZIP archive", "csv"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of Excel", "csv"),
    (b"PAR1", "a Parquet file", "csv"),
    (b"SQLite format 3\0", "a SQLite database", "csv"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "csv"),
    (b"ARROW1", "an Arrow file", "csv"),
    (b"\x80\x04\x95", "a pickle of Python", "csv"),
    (b"\x93NUMPY", "an array of NumPy", "csv"),
    (b"%PDF-", "a PDF document", "csv"),
    (b"{\\rtf", "a document in RTF", "csv"),
    (b"\x1f\x8b", "packed with gzip", "unpack"),
    (b"BZh", "packed with bzip2", "unpack"),
    (b"\xfd7zXZ\0", "packed with xz", "unpack"),
    (b"\x28\xb5\x2f\xfd", "packed with Zstandard", "unpack"),
    (b"Rar!", "a RAR archive", "unpack"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack"),
    (b"version https://git-lfs.github.com/spec/", "a Git LFS pointer, not the table itself", "lfs"),
)
_REMEDIES = {
    "csv": "Open it in the program that wrote it and save it as CSV (UTF-8).",
    "unpack": "Unpack it first.",
    "lfs": "Fetch the table with 'git lfs pull'.",
    "web": "The download went wrong, often for want of a login; open the address in a browser "
    "and save the table itself.",
}
_WEB_PAGES = (b"<!doctype html", b"<html", b"<?xml", b"<head", b"<table")

# The longest first: the mark of UTF-16 begins that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path, *, remarks: list[Remark]) -> str:
    """Return the text of a table: UTF-8, UTF-16, UTF-32 or, with a remark, Windows-1252.

    Raises:
        DataError: it cannot be read, is too large, or is no text; the message says what it is.
    """
    data = _bytes_of(path)
    _require_text(path, data)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(path, data, encoding)
    # ASCII characters in four or two bytes each: UTF-32 and UTF-16 without their marks.
    head = data[:2000]
    for encoding, zeros, share in (
        ("utf-32-le", head[1::4] + head[2::4] + head[3::4], 0.9),
        ("utf-32-be", head[::4] + head[1::4] + head[2::4], 0.9),
        ("utf-16-le", head[1::2], 0.5),
        ("utf-16-be", head[::2], 0.5),
    ):
        if zeros and zeros.count(0) > share * len(zeros):
            return _decoded(path, data, encoding)
    try:
        return _without_zeros(path, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        text = _decoded(path, data, "cp1252")
        at = error.start
    start = max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1
    line = data[start : start + 200].decode("cp1252", "replace").splitlines()[0].strip()
    remarks.append(
        Remark(
            "guessed-encoding",
            f"'{path}' is not UTF-8; it was read as Windows-1252 (Western European), as in "
            f"{line!r:.100}.",
            "If that is misspelled, save the table as CSV in UTF-8.",
            "warning",
        )
    )
    return text


def _bytes_of(path: Path) -> bytes:
    if not is_file(path):
        raise DataError(f"'{path}' is no regular file. Expected a table saved as CSV in UTF-8.")
    try:
        size = size_of(path)
        data = read_bytes(path) if size <= _MOST_BYTES else b""
    except OSError as error:
        raise DataError(
            f"The table '{path}' cannot be read ({error.strerror or error}). Check its permissions."
        ) from None
    if size > _MOST_BYTES:
        raise DataError(
            f"'{path}' has {size >> 20} MiB; a table of paths and labels has "
            f"{_MOST_BYTES >> 20} at most. Pictures as numbers in cells are not read: save them "
            "as arrays in an .npz file."
        )
    return data


def _require_text(path: Path, data: bytes) -> None:
    kinds = [(kind, remedy) for start, kind, remedy in _OTHER_KINDS if data.startswith(start)]
    if data[:500].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGES):
        kinds = [("a web page", "web")]
    for kind, remedy in kinds:
        raise DataError(f"'{path}' is no table but {kind}. {_REMEDIES[remedy]}")


def _decoded(path: Path, data: bytes, encoding: str) -> str:
    try:
        return _without_zeros(path, data.decode(encoding))
    except UnicodeDecodeError as error:
        raise DataError(
            f"'{path}' is not UTF-8 text, nor any other that is known here ({error}). Save it as "
            "CSV in UTF-8."
        ) from None


def _without_zeros(path: Path, text: str) -> str:
    """Return the text: a zero is in none, and neither files nor programs take it in a name."""
    if "\0" in text:
        raise DataError(f"'{path}' is not text. Expected a table saved as CSV in UTF-8.")
    return text
