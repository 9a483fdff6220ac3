"""Put a whole bundle into one classic script, for pages that are opened from `file://`.

A page on `file://` may not fetch its neighbours, but it may run them. Files travel as text, in
calls of a function that the script defines first; it registers them on
`globalThis.kerasportBundles`. There are two encodings, each with its decoder in `scripts/`:

* `embed` writes `model.js`, a file of its own, in UTF-16, two bytes to a character: 2 % more than
  the files themselves where base64 adds 33 % (`docs/bundle-format.md` has the figures). The byte
  order mark names the encoding, and by the standard it goes before the page's charset, the
  element's and the server's. The text stands in comments, which a browser passes over in a fraction
  of the time that it needs for a literal, each in a function, because the language says that the
  text of a function is what stands in the script. A piece is decoded when it is first read: the
  script is one task, in which the page can do nothing else.
* `embed_inline` writes base64, for a script that stands inside a page: UTF-8 has no cheaper way.

Each call carries about 1 MB; one long literal takes two to three times as long.

A script is code, and follows from the files alone: `is_script_of` writes it anew, in every form
that a version of this package wrote, and compares byte for byte.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.file_names import METADATA_FILE, MODEL_FILE, SAMPLES_FILE, SCHEMA_FILE

__all__ = [
    "PIECE_BYTES",
    "embed",
    "embed_inline",
    "embedded_names",
    "is_script_of",
    "script_forms",
    "script_parts",
    "utf16_comment",
    "utf16_literal",
]

PIECE_BYTES = 1 << 20
"""Bytes of a file that a call in UTF-16 carries; even, so that only the last may need padding."""

_BASE64_PIECE_BYTES = 768 * 1024
"""Bytes to a call in base64, 1 MiB of it; divisible by 3, so that only the last one is padded."""

# Characters that may not stand in a comment (an asterisk could end it), in a literal, or, halves of
# surrogate pairs, in UTF-16. Such a character follows an escape, its highest bit flipped.
_ESCAPE = 0x2028
_ESCAPED_IN_COMMENTS = np.array([0x2A, _ESCAPE], np.uint16)
_ESCAPED_IN_LITERALS = np.array([0x22, 0x5C, 0x0A, 0x0D, _ESCAPE, 0x2029], np.uint16)
_HIGHEST_BIT = np.uint16(0x8000)

_DECODERS = Path(__file__).parent / "scripts"


def embedded_names(listed: Iterable[str]) -> list[str]:
    """Return the files that a script holds, in their order, of those that metadata.json lists."""
    listed = list(listed)
    # Small files first: a page can show the model's name before the weights have arrived.
    first = [name for name in (MODEL_FILE, SAMPLES_FILE) if name in listed]
    return [
        METADATA_FILE,
        *first,
        *(name for name in listed if name not in first and name != SCHEMA_FILE),
    ]


def embed(name: str, format_version: int, files: Mapping[str, bytes]) -> bytes:
    """Return the script that registers a bundle's files, as `model.js` holds it.

    Args:
        name: the model's name.
        format_version: the bundle's format version.
        files: content by path relative to the bundle, in the order in which it is registered.

    Returns:
        UTF-16, little end first, with a byte order mark.
    """
    return b"".join(script_parts(name, format_version, files.items()))


def script_parts(
    name: str, format_version: int, files: Iterable[tuple[str, bytes]]
) -> Iterator[bytes]:
    """Yield what `embed` returns, part by part: one file is held at a time."""
    return _parts(_PRESENT, name, format_version, files)


def is_script_of(
    script: BinaryIO,
    name: str,
    format_version: int,
    names: Iterable[str],
    read: Callable[[str], bytes],
) -> bool:
    """Tell whether a script is what this or an earlier version makes of these files.

    Args:
        script: opened for reading.
        name: the model's name.
        format_version: the bundle's format version.
        names: the files in the order in which they are registered.
        read: returns the content of one of them.
    """
    names = list(names)
    for form in (_PRESENT, *_EARLIER):
        script.seek(0)
        parts = _parts(form, name, format_version, ((each, read(each)) for each in names))
        if all(script.read(len(part)) == part for part in parts):
            return not script.read(1)
    return False


def script_forms() -> list[dict[str, str | int]]:
    """Return what the client must know of the forms of `model.js`, the present one first."""
    return [
        {
            "decoder": (_DECODERS / form.decoder).read_text(encoding="utf-8"),
            "carrier": form.carrier,
            "pieceBytes": form.piece_bytes,
        }
        for form in (_PRESENT, *_EARLIER)
    ]


@dataclass(frozen=True)
class _Form:
    """A form of the script: its decoder, how its text is encoded, and what a call looks like."""

    decoder: str
    carrier: Literal["comment", "literal", "base64"]
    encoding: str
    piece_bytes: int
    literal: Callable[[str], str]
    call: Callable[[str, bytes], tuple[bytes, ...]]


def _parts(
    form: _Form, name: str, format_version: int, files: Iterable[tuple[str, bytes]]
) -> Iterator[bytes]:
    mark = "\ufeff" if form.encoding == "utf-16-le" else ""
    head = (
        f"{mark}// kerasport bundle, format {format_version}: load it before kerasport.iife.js.\n"
    )
    decoder = _decoder(form.decoder, form.literal(name), format_version)
    yield (head + decoder).encode(form.encoding)
    for path, content in files:
        for piece in _pieces(content, form.piece_bytes):
            yield from form.call(path, piece)


def _comment_call(path: str, piece: bytes) -> tuple[bytes, ...]:
    call = f"kerasportBundle({json.dumps(path)}, {len(piece)}, function(){{/*"
    return call.encode("utf-16-le"), utf16_comment(piece), "*/});\n".encode("utf-16-le")


def _literal_call(path: str, piece: bytes) -> tuple[bytes, ...]:
    call = f'kerasportBundle({json.dumps(path)}, {len(piece)}, "'
    return call.encode("utf-16-le"), utf16_literal(piece), '");\n'.encode("utf-16-le")


def _base64_call(path: str, piece: bytes) -> tuple[bytes, ...]:
    return (
        f'kerasportBundle({_inline_literal(path)}, "'.encode(),
        base64.b64encode(piece),
        b'");\n',
    )


def embed_inline(name: str, format_version: int, files: Mapping[str, bytes]) -> str:
    """Return the script that registers a bundle's files, to stand inside a page.

    It is ASCII, and no name or path in it ends the page's script element; see `embed`.
    """
    parts = [_decoder("base64.js", _inline_literal(name), format_version)]
    for path, content in files.items():
        for piece in _pieces(content, _BASE64_PIECE_BYTES):
            text = base64.b64encode(piece).decode("ascii")
            parts.append(f'kerasportBundle({_inline_literal(path)}, {len(piece)}, "{text}");\n')
    return "".join(parts)


def _decoder(file: str, name: str, format_version: int) -> str:
    """Return the start of a script: the decoder travels with what it decodes.

    So every client reads every bundle's script. `name` is a JavaScript literal.
    """
    text = (_DECODERS / file).read_text(encoding="utf-8")
    # The name comes last, so that nothing in it is taken for a placeholder.
    return text.replace("FORMAT_VERSION", str(format_version)).replace("NAME", name, 1)


def _pieces(content: bytes, size: int) -> Iterator[bytes]:
    """Yield the content of each call, at most `size` bytes; an empty file has one too."""
    for start in range(0, len(content), size) or (0,):
        yield content[start : start + size]


def utf16_comment(piece: bytes) -> bytes:
    """Return what stands for a piece in a comment, in UTF-16, little end first."""
    return _utf16(piece, _ESCAPED_IN_COMMENTS)


def utf16_literal(piece: bytes) -> bytes:
    """Return what stands for a piece in a literal, in UTF-16, little end first."""
    return _utf16(piece, _ESCAPED_IN_LITERALS)


def _utf16(piece: bytes, escaped: NDArray[np.uint16]) -> bytes:
    values = np.frombuffer(piece + b"\0" * (len(piece) % 2), "<u2")
    refused = np.isin(values, escaped) | (values & 0xF800 == 0xD800)
    places = np.arange(len(values)) + np.cumsum(refused)
    result = np.full(len(values) + int(refused.sum()), _ESCAPE, "<u2")
    result[places] = np.where(refused, values ^ _HIGHEST_BIT, values)
    return result.tobytes()


def _inline_literal(text: str) -> str:
    # ASCII-only JSON is a JavaScript literal; with `<` escaped, no name ends the script.
    return json.dumps(text).replace("<", "\\u003c")


_PRESENT = _Form("utf16.js", "comment", "utf-16-le", PIECE_BYTES, json.dumps, _comment_call)

_EARLIER = (
    _Form("utf16-lazy.js", "literal", "utf-16-le", PIECE_BYTES, json.dumps, _literal_call),
    _Form("utf16-eager.js", "literal", "utf-16-le", PIECE_BYTES, json.dumps, _literal_call),
    _Form("base64-first.js", "base64", "utf-8", _BASE64_PIECE_BYTES, _inline_literal, _base64_call),
)
"""What earlier versions wrote, word for word."""
