"""Put a whole bundle into one classic script, for pages that are opened from `file://`.

A page on `file://` may not fetch its neighbours, but it may run them. Files travel as string
literals, in calls of a function that the script defines first; it registers them on
`globalThis.kerasportBundles`. There are two encodings, each with its decoder in `scripts/`:

* `embed` writes `model.js`, a file of its own, in UTF-16, two bytes to a character: 2 % more than
  the files themselves where base64 adds 33 %, at the same speed (`docs/bundle-format.md` has the
  figures). The byte order mark names the encoding, and by the standard it goes before the page's
  charset, the element's and the server's. A piece is decoded when it is first read: the script is
  one task, in which the page can do nothing else.
* `embed_inline` writes base64, for a script that stands inside a page: UTF-8 has no cheaper way.

Each call carries about 1 MB; one long literal takes two to three times as long.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

__all__ = ["PIECE_BYTES", "embed", "embed_inline", "utf16_literal"]

PIECE_BYTES = 1 << 20
"""Bytes of a file that a call in UTF-16 carries; even, so that only the last may need padding."""

_BASE64_PIECE_BYTES = 768 * 1024
"""Bytes to a call in base64, 1 MiB of it; divisible by 3, so that only the last one is padded."""

# A quote, a backslash, the ends of lines, and halves of surrogate pairs may not stand in a literal
# or not in UTF-16. Such a character follows an escape, its highest bit flipped.
_ESCAPE = 0x2028
_ESCAPED = np.array([0x22, 0x5C, 0x0A, 0x0D, _ESCAPE, 0x2029], np.uint16)
_HIGHEST_BIT = np.uint16(0x8000)

_DECODERS = Path(__file__).parent / "scripts"


def embed(name: str, format_version: int, files: Mapping[str, bytes]) -> bytes:
    """Return the script that registers a bundle's files, as `model.js` holds it.

    Args:
        name: the model's name.
        format_version: the bundle's format version.
        files: content by path relative to the bundle, in the order in which it is registered.

    Returns:
        UTF-16, little end first, with a byte order mark.
    """
    head = (
        f"\ufeff// kerasport bundle, format {format_version}: load it before kerasport.iife.js.\n"
    )
    decoder = _decoder("utf16.js", json.dumps(name), format_version)
    parts = [(head + decoder).encode("utf-16-le")]
    for path, piece in _pieces(files, PIECE_BYTES):
        call = f'kerasportBundle({json.dumps(path)}, {len(piece)}, "'
        parts += [call.encode("utf-16-le"), utf16_literal(piece), '");\n'.encode("utf-16-le")]
    return b"".join(parts)


def embed_inline(name: str, format_version: int, files: Mapping[str, bytes]) -> str:
    """Return the script that registers a bundle's files, to stand inside a page.

    It is ASCII, and no name or path in it ends the page's script element; see `embed`.
    """
    parts = [_decoder("base64.js", _inline_literal(name), format_version)]
    for path, piece in _pieces(files, _BASE64_PIECE_BYTES):
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


def _pieces(files: Mapping[str, bytes], size: int) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each call, at most `size` bytes; an empty file has one too."""
    for path, content in files.items():
        for start in range(0, len(content), size) or (0,):
            yield path, content[start : start + size]


def utf16_literal(piece: bytes) -> bytes:
    """Return the literal of a piece, in UTF-16, little end first."""
    values = np.frombuffer(piece + b"\0" * (len(piece) % 2), "<u2")
    refused = np.isin(values, _ESCAPED) | (values & 0xF800 == 0xD800)
    places = np.arange(len(values)) + np.cumsum(refused)
    result = np.full(len(values) + int(refused.sum()), _ESCAPE, "<u2")
    result[places] = np.where(refused, values ^ _HIGHEST_BIT, values)
    return result.tobytes()


def _inline_literal(text: str) -> str:
    # ASCII-only JSON is a JavaScript literal; with `<` escaped, no name ends the script.
    return json.dumps(text).replace("<", "\\u003c")
