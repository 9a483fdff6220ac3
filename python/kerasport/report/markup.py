"""Small pieces of HTML. Every text that enters is escaped here."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import PureWindowsPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic.alias_generators import to_snake

from kerasport.shares import share_text

__all__ = [
    "definitions",
    "duration",
    "image",
    "is_smooth",
    "picture",
    "plain",
    "scrolled",
    "section",
    "shortened",
    "table",
    "without_folder",
    "words",
]

_SMOOTH_FROM = 64
_LONGEST_SIDE = 224


def section(title: str, body: str, *, note: str = "") -> str:
    """Return a section under a heading; `body` is markup, `note` a text; nothing for no body."""
    if not body:
        return ""
    after = f'<p class="soft">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(title)}</h2>{body}{after}</section>"


def table(
    head: Iterable[str],
    rows: Iterable[Iterable[object]],
    *,
    caption: str,
    shares: int | None = None,
    words: bool = False,
) -> str:
    """Return a table whose first column names the rows.

    Args:
        head: titles of the columns.
        rows: texts and numbers; a float is a share 0..1 and shown in percent.
        caption: what the table holds.
        shares: column whose shares are drawn as bars too.
        words: whether the columns hold words rather than numbers.
    """
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    lines = []
    for name, *cells in rows:
        line = f'<th scope="row">{escape(str(name))}</th>'
        for column, cell in enumerate(cells, start=1):
            text = share_text(cell) if isinstance(cell, float) else escape(_plain(cell))
            if column == shares and isinstance(cell, float):
                bar = f'<span class="bar" style="--share: {cell:.4f}"></span>'
                line += f'<td class="barred">{bar}{text}</td>'
            else:
                line += f"<td>{text}</td>"
        lines.append(f"<tr>{line}</tr>")
    kind = "wide words" if words else "wide"
    return scrolled(
        f'<table class="{kind}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>{''.join(lines)}</tbody></table>",
        label=caption,
    )


def scrolled(body: str, *, label: str) -> str:
    """Return what may be wider than the page in a frame that the keyboard scrolls too."""
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(label)}">{body}</div>'
    )


def definitions(facts: Mapping[str, str]) -> str:
    """Return a list of terms and what is said about each."""
    rows = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    return f"<dl>{rows}</dl>"


def picture(
    pixels: NDArray[np.uint8], *, title: str, note: str, is_right: bool, file: str = ""
) -> str:
    """Return a figure with an answer under it, marked as right or wrong."""
    smooth = ' class="smooth"' if is_smooth(pixels) else ""
    kind, mark = ("right", "&#10003;") if is_right else ("wrong", "&#10007;")
    alternative = escape(f"Test picture answered with {title}, {kind}: {note}")
    name = f'<small class="file" title="{escape(file)}">{escape(file)}</small>' if file else ""
    return (
        f'<figure class="{kind}"><span class="mark" aria-hidden="true">{mark}</span>'
        f'<img{smooth} alt="{alternative}" src="{image(pixels)}">'
        f"<figcaption><b>{escape(title)}</b><small>{escape(note)}</small>{name}</figcaption>"
        "</figure>"
    )


def is_smooth(pixels: NDArray[np.uint8]) -> bool:
    """Return whether a picture is shown smoothly: small ones are shown pixel by pixel."""
    return bool(min(pixels.shape[:2]) >= _SMOOTH_FROM)


def image(pixels: NDArray[np.uint8]) -> str:
    """Return pixels, uint8 `[height, width, 1 or 3]`, as a data URI."""
    stream = io.BytesIO()
    drawn = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    # PNG for what is drawn pixel by pixel, JPEG for what would be large.
    if is_smooth(pixels):
        drawn.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        drawn.save(stream, "JPEG", quality=85)
        kind = "jpeg"
    else:
        drawn.save(stream, "PNG", optimize=True)
        kind = "png"
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def plain(value: object) -> str:
    """Return a recipe's choice as words."""
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{words(key)} {plain(item)}" for key, item in value.items()) or "none"
    if isinstance(value, (tuple, list)):
        is_size = len(value) == 2 and all(isinstance(item, int) for item in value)
        return (" x " if is_size else ", ").join(map(plain, value)) or "none"
    return without_folder(str(value))


def without_folder(text: str) -> str:
    """Return the name alone of a file or folder that is named by its path, any other text whole.

    A page is passed on, and where its maker keeps files is nobody's affair.
    """
    # It reads both separators, on every system.
    path = PureWindowsPath(text)
    is_absolute = path.is_absolute() or path.drive or text.startswith(("/", "~", "\\"))
    return (
        path.name if path.name and (is_absolute or (path.suffix and len(path.parts) > 1)) else text
    )


def words(name: str) -> str:
    """Return a name of a JSON file, `imageSize` or `image_size`, as words."""
    return to_snake(name).replace("_", " ")


def _plain(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def shortened(name: str, length: int) -> str:
    """Return a name with at most `length` characters, without its middle: ends tell names apart.

    >>> shortened("Tomato___Early_blight", 12)
    'Tomato\u2026light'
    """
    if len(name) <= length:
        return name
    end = (length - 1) // 2
    return f"{name[: length - 1 - end]}\u2026{name[-end:]}"


def duration(seconds: float) -> str:
    """Return seconds as people read them."""
    whole = round(seconds)
    if seconds < 60:
        return f"{seconds:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
