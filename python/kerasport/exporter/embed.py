"""Put a whole bundle into one classic script, for pages that are opened from `file://`.

A page on `file://` may not fetch its neighbours, but it may run them. Files travel as base64 in
calls of about 1 MB each, which browsers parse and decode as they stream; one long literal was
measured to take two to three times as long (MobileNetV2: 206 ms against 78 ms).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

__all__ = ["PIECE_BYTES", "embed"]

PIECE_BYTES = 768 * 1024
"""Bytes a call carries: 1 MiB of base64. Divisible by 3, so that no piece needs padding."""

_PROLOGUE = """\
"use strict";
((scope) => {
  const files = new Map();
  const decode = Uint8Array.fromBase64
    ? (text) => Uint8Array.fromBase64(text)
    : (text) => {
        const binary = atob(text);
        const bytes = new Uint8Array(binary.length);
        for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
        return bytes;
      };
  (scope.kerasportBundles ??= []).push({ formatVersion: %(version)d, name: %(name)s, files });
  scope.kerasportBundle = (path, base64) => {
    if (!files.has(path)) files.set(path, []);
    files.get(path).push(decode(base64));
  };
})(globalThis);
"""


def embed(name: str, format_version: int, files: Mapping[str, bytes]) -> str:
    """Return the script that registers a bundle's files on `globalThis.kerasportBundles`.

    Args:
        name: the model's name.
        format_version: the bundle's format version.
        files: content by path relative to the bundle, in the order in which it is registered.
    """
    head = f"// kerasport bundle, format {format_version}: load it before kerasport.iife.js.\n"
    parts = [head + _PROLOGUE % {"version": format_version, "name": _literal(name)}]
    for path, content in files.items():
        # An empty file still has to be registered.
        for start in range(0, len(content), PIECE_BYTES) or (0,):
            piece = base64.b64encode(content[start : start + PIECE_BYTES]).decode("ascii")
            parts.append(f'kerasportBundle({_literal(path)}, "{piece}");\n')
    return "".join(parts)


def _literal(text: str) -> str:
    # ASCII-only JSON is a JavaScript literal; `<` is escaped in case the script is put inline.
    return json.dumps(text).replace("<", "\\u003c")
