"""`review.html`: one file on which labels are confirmed or corrected, by keyboard."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from kerasport.dataset import Dataset, Example, Pixels
from kerasport.displayed import displayable
from kerasport.errors import DataError
from kerasport.preprocess import read_pixels
from kerasport.report import html_document
from kerasport.report.markup import image, is_smooth
from kerasport.review.suspicion import Suspect
from kerasport.shares import share_text

__all__ = ["render_review"]

_LEAST_CERTAIN = "Nothing speaks against it by itself; it is among the least certain."

_DESK = """
<section aria-label="The picture">
<p id="nothing" hidden>There is no picture of this kind.</p>
<div id="one">
<div class="over"><b id="place"></b><span class="soft" id="marked"></span></div>
<div class="desk">
<figure><img id="picture" alt=""><figcaption id="file"></figcaption></figure>
<div>
<dl class="answers">
<div><dt>Label</dt><dd><span id="given"></span><small id="given-share"></small></dd></div>
<div><dt>Answered</dt><dd><span id="proposed"></span><small id="proposed-share"></small></dd></div>
</dl>
<ul id="reasons"></ul>
<div class="keys">
<button type="button" id="wrong" class="main"><span></span><kbd>Space</kbd></button>
<button type="button" id="right"><span></span><kbd>Enter</kbd></button>
</div>
<div class="keys" id="classes" role="group" aria-label="It is another class"></div>
<div class="keys">
<label id="more" hidden>Another class <kbd>C</kbd>
<select id="other"><option value="">Choose</option></select></label>
<button type="button" id="none"><span>None of these</span><kbd>N</kbd></button>
<button type="button" id="bad"><span>Bad picture</span><kbd>B</kbd></button>
<button type="button" id="undo"><span>Undo</span><kbd>U</kbd></button>
</div>
<p class="soft help"><kbd>&larr;</kbd> <kbd>&rarr;</kbd> the picture before and after, without a
mark. Marking goes to the next one that has none.</p>
</div>
</div>
</div>
<p id="said" class="soft" role="status"></p>
</section>
"""

_TOOLS = """
<section aria-label="The corrections">
<p class="counts"><span><b id="count-marked">0</b> of {total} marked</span>
<span><b id="count-changed">0</b> of another class</span>
<span><b id="count-right">0</b> right as they are</span>
<span><b id="count-none">0</b> none of these</span>
<span><b id="count-bad">0</b> bad</span></p>
<div class="bar-of-tools">
<button type="button" id="save" class="main" disabled><span>Save corrections.csv</span><kbd>S</kbd>
</button>
<label class="file-button">Restore from a table
<input type="file" id="restore" accept=".csv"></label>
<label>Labelled as<select id="class"><option value="">all classes</option></select></label>
<label>Show<select id="state"><option value="">all</option><option value="open">not marked yet
</option><option value="done">marked</option></select></label>
</div>
<p class="soft" id="kept"></p>
</section>
"""


def render_review(
    dataset: Dataset,
    suspects: Sequence[Suspect],
    pixels: Pixels,
    *,
    name: str,
    answered: int,
    method: str,
) -> str:
    """Return the page with so many suspects, the most suspicious first. It loads nothing.

    Args:
        dataset: the reviewed pictures.
        suspects: those that the page shows, in its order.
        pixels: what the models saw, for pictures that cannot be read any more, uint8
            `[n, height, width, channels]`.
        name: of the data.
        answered: how many pictures were looked at in all.
        method: who answered, a sentence.
    """
    folder = files("kerasport.review")
    script = folder.joinpath("page.js").read_text(encoding="utf-8")
    style = folder.joinpath("review.css").read_text(encoding="utf-8")
    body = (
        f'<header><p class="kicker">Review of labels</p><h1>{escape(displayable(name))}</h1>'
        f'<p class="soft">The {len(suspects):,} most suspicious of {answered:,} pictures. '
        f"{escape(method)}</p></header>\n"
        "<noscript><section>This page needs JavaScript, which comes with it: nothing is loaded."
        "</section></noscript>"
        f"{_DESK}{_TOOLS.format(total=f'{len(suspects):,}')}"
        '<section><h2>Most suspicious first</h2><div id="list"></div></section>'
        '<section class="help"><h2>What to do with it</h2><p>Save <code>corrections.csv</code> and '
        "train with it:</p><p><code>kerasport train … --add corrections.csv</code></p>"
        '<p class="soft">Pictures do not leave this page, and nothing is sent anywhere.</p>'
        "</section>"
    )
    data = {
        "key": _key(dataset, suspects),
        "classes": list(dataset.class_names),
        # As texts that turn no direction around them and break no line.
        "shown": [displayable(name) for name in dataset.class_names],
        "suspects": [_entry(dataset, suspect, pixels) for suspect in suspects],
    }
    return html_document(
        f"{displayable(name)}: review of labels", body, style=style, script=script, data=data
    )


def _key(dataset: Dataset, suspects: Sequence[Suspect]) -> str:
    """Return what tells this list from others: marks of one are not those of another."""
    lines = [*dataset.class_names, *(f"{s.example.content} {s.given}" for s in suspects)]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()[:16]


def _entry(dataset: Dataset, suspect: Suspect, pixels: Pixels) -> dict[str, Any]:
    shown = _thumbnail(suspect.example, pixels, suspect.place)
    return {
        "content": suspect.example.content,
        "file": displayable(suspect.example.path.relative_to(dataset.root).as_posix()),
        "given": dataset.class_names[suspect.given],
        "givenShare": f"answered with {share_text(suspect.given_probability)}",
        "proposed": dataset.class_names[suspect.proposed],
        "share": f"with {share_text(suspect.probability)}",
        "reasons": list(suspect.reasons) or [_LEAST_CERTAIN],
        "image": image(shown),
        "smooth": is_smooth(shown),
    }


def _thumbnail(example: Example, pixels: Pixels, place: int) -> np.ndarray[Any, Any]:
    """Return the picture itself, upright and on white; what the model saw where it is gone."""
    try:
        found = read_pixels(example.read())
    except (DataError, OSError):
        return np.asarray(pixels[place])
    return found if found.ndim == 3 else found[:, :, None]
