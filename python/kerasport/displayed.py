"""Text that can be shown anywhere: the one place that makes names of files printable.

A name on a disk is bytes. Where they are no UTF-8, as in archives from older systems, Python stands
lone surrogates for them, which no file, no page and not every terminal takes.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["displayable", "displayed_lines", "encodable", "is_text", "json_encodable"]

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
    return _HIDDEN.sub(lambda found: _escape(found[0]), str(name))


def displayed_lines(text: str) -> str:
    """Return a message, whose own line ends and tabs stay, with what `displayable` escapes."""
    return _HIDDEN.sub(lambda found: found[0] if found[0] in "\n\t" else _escape(found[0]), text)


def encodable(text: str) -> str:
    """Return `text` as it is but for lone surrogates, which UTF-8 cannot hold."""
    return _SURROGATES.sub(lambda found: _escape(found[0]), text)


def json_encodable(text: str) -> str:
    """Return JSON as `encodable` returns text: the backslash of an escape is one of the string."""
    return _SURROGATES.sub(lambda found: _escape(found[0]).replace("\\", "\\\\"), text)


def _escape(character: str) -> str:
    code = ord(character)
    # Python keeps a byte of 0x80 to 0xff that is no UTF-8 as U+DC80 to U+DCFF.
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return (
        character.encode("ascii", "backslashreplace").decode("ascii")
        if code > 0x7F
        else (repr(character)[1:-1])
    )
