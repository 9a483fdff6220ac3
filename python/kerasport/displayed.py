"""Text that can be shown anywhere: the one place that makes names of files printable.

A name on a disk is bytes. Where they are no UTF-8, as in archives from older systems, Python stands
lone surrogates for them, which no file, no page and not every terminal takes.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["displayable", "displayed_lines", "encodable", "escape", "is_text", "json_encodable"]

_SURROGATES = re.compile("[\ud800-\udfff]")
# Besides them what moves a terminal's cursor, and what turns the direction of the text around it.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def is_text(name: str | Path) -> bool:
    """Return whether a name can be written as UTF-8."""
    return _SURROGATES.search(str(name)) is None


def displayable(name: str | Path) -> str:
    r"""Return the name of something on one line, with escapes for what cannot be shown.

    >>> displayable("caf\udce9\n.jpg")
    'caf\\xe9\\n.jpg'
    """
    return _HIDDEN.sub(lambda found: escape(found[0]), str(name))


def displayed_lines(text: str) -> str:
    """Return a message, whose own line ends and tabs stay, with what `displayable` escapes."""
    return _HIDDEN.sub(lambda found: found[0] if found[0] in "\n\t" else escape(found[0]), text)


def encodable(text: str) -> str:
    """Return `text` as it is but for lone surrogates, which UTF-8 cannot hold."""
    return _SURROGATES.sub(lambda found: escape(found[0]), text)


def json_encodable(text: str) -> str:
    """Return JSON with its own escapes for lone surrogates: a program reads the very name again."""
    return _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def escape(character: str) -> str:
    r"""Return what stands for a character that cannot be shown: `\xe9` for a byte of a name."""
    code = ord(character)
    # Python keeps a byte of 0x80 to 0xff that is no UTF-8 as U+DC80 to U+DCFF.
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character in "\n\r\t":
        return repr(character)[1:-1]
    if code > 0xFFFF:
        high, low = divmod(code - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{code:04x}"
