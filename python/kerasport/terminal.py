"""What is written to a terminal: texts of files stay texts there.

The one place that decides it. Nothing in a text is taken for markup or for the name of a picture,
and what would steer the terminal or turn the reading direction is shown as an escape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from kerasport.displayed import escape

__all__ = ["PlainConsole", "visible"]

# Controls but line feed and tab; marks and overrides of the reading direction; what is invisible
# and breaks lines; halves of surrogate pairs, which no encoding takes; tags. Joiners are part of
# words.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Return the text with an escape for all that cannot be seen.

    >>> visible("cat\\x1b[2J")
    'cat\\\\u001b[2J'
    """
    return _UNSEEN.sub(lambda found: escape(found[0]), text)


class PlainConsole(Console):
    """A console whose texts are only texts; what is to have a style is a `rich.text.Text`."""

    def __init__(self, *, stderr: bool = False, file: IO[str] | None = None) -> None:
        super().__init__(stderr=stderr, file=file, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the text as it is laid out: before its width is measured."""
        return super().render_str(visible(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield what is written, whoever made it; Rich's own codes are marked as such."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))
