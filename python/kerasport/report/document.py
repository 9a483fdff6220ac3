"""The frame of every page that is written: it loads nothing, and looks like the demo.

A page runs nothing but what it is given: its policy names the hash of that one script.

`tokens.css` has the colours, letters and corners of `web/src/demo/page/page.css`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

__all__ = ["html_document", "token"]

# The policy turns a mistake in this package into a missing picture, never into a request.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_TOKENS, _OWN = "tokens.css", "page.css"


def html_document(
    title: str, body: str, *, style: str = "", script: str = "", data: Any = None
) -> str:
    """Return a whole page.

    Args:
        title: a text.
        body: markup.
        style: more CSS, of this page alone.
        script: JavaScript that it runs; it may not hold `</script`.
        data: what the script finds as JSON in the element `data`.
    """
    styles = _style(_TOKENS) + _style(_OWN)
    policy, scripts = _POLICY, ""
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
        policy += f"; script-src 'sha256-{digest}'"
        # Within a script only this ends it, or hides its end.
        stored = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
        scripts = f'<script type="application/json" id="data">{stored}</script>\n'
        scripts += f"<script>{script}</script>\n"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{styles}{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n{scripts}</body>\n</html>\n"
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
