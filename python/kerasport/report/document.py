"""The frame of every page that is written: it loads nothing, runs nothing, and looks like the demo.

`tokens.css` has the colours, letters and corners of `web/src/demo/page/page.css`.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib.resources import files

__all__ = ["html_document", "token"]

# The policy turns a mistake in this package into a missing picture, never into a request.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_TOKENS, _OWN = "tokens.css", "page.css"


def html_document(title: str, body: str, *, style: str = "") -> str:
    """Return a whole page.

    Args:
        title: a text.
        body: markup.
        style: more CSS, of this page alone.
    """
    styles = _style(_TOKENS) + _style(_OWN)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{styles}{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def token(name: str) -> str:
    """Return a colour of the light scheme, `#rrggbb`, for what cannot read the style of a page.

    >>> token("card")
    '#ffffff'
    """
    found = re.search(rf"--{name}: (#[0-9a-f]{{6}});", _style(_TOKENS))
    if found is None:
        raise KeyError(name)
    return found[1]


@cache
def _style(file: str) -> str:
    return files("kerasport.report").joinpath(file).read_text(encoding="utf-8")
