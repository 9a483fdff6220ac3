"""Put a whole bundle into one classic script, for pages that are opened from `file://`.

A page on `file://` may not fetch its neighbours, but it may run them. Files travel as string
literals in a UTF-16 script, two bytes to a character: 2 % more than the files themselves where
base64 adds 33 %, at the same speed (`docs/bundle-format.md` has the figures). The byte order mark
names the encoding, and by the standard it goes before the page's charset, the element's and the
server's. Each call carries about 1 MB; one long literal takes two to three times as long. A piece
is decoded when it is first read: the script is one task, in which the page can do nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

__all__ = ["PIECE_BYTES", "embed"]

PIECE_BYTES = 1 << 20
"""Bytes of a file that a call carries; even, so that only a file's last piece may need padding."""

# A quote, a backslash, the ends of lines, and halves of surrogate pairs may not stand in a literal
# or not in UTF-16. Such a character follows an escape, its highest bit flipped.
_ESCAPE = 0x2028
_ESCAPED = np.array([0x22, 0x5C, 0x0A, 0x0D, _ESCAPE, 0x2029], np.uint16)
_HIGHEST_BIT = np.uint16(0x8000)

# The decoder travels with what it decodes: every client reads every bundle's script.
_PROLOGUE = """\
"use strict";
((scope) => {
  const files = new Map();
  const decode = (text, bytes) => {
    const characters = new Uint16Array(text.length);
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      const character = text.charCodeAt(i);
      characters[count++] = character === 0x2028 ? text.charCodeAt(++i) ^ 0x8000 : character;
    }
    if (count !== Math.ceil(bytes / 2)) return null;
    return new Uint8Array(characters.buffer, 0, bytes);
  };
  (scope.kerasportBundles ??= []).push({ formatVersion: %(version)d, name: %(name)s, files });
  scope.kerasportBundle = (path, bytes, text) => {
    if (!files.has(path)) files.set(path, []);
    const pieces = files.get(path);
    const index = pieces.length;
    const keep = (how) =>
      Object.defineProperty(pieces, index, { configurable: true, enumerable: true, ...how });
    keep({
      get() {
        const value = decode(text, bytes);
        if (!value) {
          throw new Error(
            `model.js is damaged: a piece of '${path}' does not hold the ${bytes} bytes that it ` +
              "should. Copy the file again, or export the model again.",
          );
        }
        keep({ value, writable: true });
        return value;
      },
    });
  };
})(globalThis);
"""


def embed(name: str, format_version: int, files: Mapping[str, bytes]) -> bytes:
    """Return the script that registers a bundle's files on `globalThis.kerasportBundles`.

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
    prologue = _PROLOGUE % {"version": format_version, "name": json.dumps(name)}
    parts = [(head + prologue).encode("utf-16-le")]
    for path, content in files.items():
        # An empty file still has to be registered.
        for start in range(0, len(content), PIECE_BYTES) or (0,):
            piece = content[start : start + PIECE_BYTES]
            call = f'kerasportBundle({json.dumps(path)}, {len(piece)}, "'
            parts += [call.encode("utf-16-le"), _characters(piece), '");\n'.encode("utf-16-le")]
    return b"".join(parts)


def _characters(piece: bytes) -> bytes:
    """Return the literal of a piece, in UTF-16, little end first."""
    values = np.frombuffer(piece + b"\0" * (len(piece) % 2), "<u2")
    refused = np.isin(values, _ESCAPED) | (values & 0xF800 == 0xD800)
    places = np.arange(len(values)) + np.cumsum(refused)
    result = np.full(len(values) + int(refused.sum()), _ESCAPE, "<u2")
    result[places] = np.where(refused, values ^ _HIGHEST_BIT, values)
    return result.tobytes()
