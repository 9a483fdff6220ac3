"""The confusion matrix: a table for a few classes, a drawing for many."""

from __future__ import annotations

from html import escape

from kerasport.evaluation import Evaluation
from kerasport.report.choice import DRAWN
from kerasport.report.markup import scrolled, shortened, table

__all__ = ["confusion"]

_LARGEST_TABLE = 20
_WORST = 10
# A drawing shows a pair by its place only: more of them are named below it.
_WORST_OF_MANY = 25
_LONGEST_NAME = 18
# Names of 8 units become letters of 10 pixels, in a drawing that scrolls.
_READABLE = 1.25


def confusion(evaluation: Evaluation) -> str:
    """Return the matrix, coloured by the share of the true class, and its largest errors."""
    if len(evaluation.class_names) <= _LARGEST_TABLE:
        return _as_table(evaluation) + _worst(evaluation, _WORST)
    return _worst(evaluation, _WORST_OF_MANY) + _as_drawing(evaluation)


def _as_table(evaluation: Evaluation) -> str:
    names = evaluation.class_names
    head = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in names)
    rows = []
    for place, (name, row) in enumerate(zip(names, evaluation.confusion, strict=True)):
        total = sum(row)
        cells = "".join(
            _cell(count, count / total if total else 0.0, is_right=column == place)
            for column, count in enumerate(row)
        )
        rows.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    return scrolled(
        '<table class="confusion">'
        "<caption>Rows: true class. Columns: the model's answer. Number of test pictures, coloured "
        "by their share of the row.</caption>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>",
        label="Confusion matrix",
    )


def _cell(count: int, share: float, *, is_right: bool) -> str:
    kinds = ["right" if is_right else "wrong", *(["zero"] if count == 0 else [])]
    return f'<td class="{" ".join(kinds)}" style="--share: {_shade(count, share):.2f}">{count}</td>'


def _shade(count: int, share: float) -> float:
    # A share of 1 % must still be seen.
    return 0.0 if count == 0 else 0.12 + 0.88 * share


def _as_drawing(evaluation: Evaluation) -> str:
    everything = evaluation.cells
    chosen = everything.most_confused(DRAWN)
    cells, totals = everything.among(chosen), everything.support[chosen]
    names = [evaluation.class_names[index] for index in chosen]
    count = len(names)
    margin = 10 * _LONGEST_NAME * 0.6
    side = margin + 10 * count + 4
    parts: list[list[str]] = []
    for row, name in enumerate(names):
        middle = margin + 10 * row + 5
        text = escape(shortened(name, _LONGEST_NAME))
        turned = f"translate({middle + 3:g} {margin - 3:g}) rotate(90)"
        parts.append(
            [
                f'<text x="{margin - 3:g}" y="{middle + 3:g}">{text}</text>',
                f'<text transform="{turned}">{text}</text>',
            ]
        )
    columns = (cells.truth, cells.predicted, cells.pictures)
    for row, column, value in zip(*(part.tolist() for part in columns), strict=True):
        total = int(totals[row])
        title = escape(f"{names[row]}, answered {names[column]}: {value} of {total}")
        kind = "right" if row == column else "wrong"
        parts[row].append(
            f'<rect class="{kind}" x="{margin + 10 * column:g}" y="{margin + 10 * row:g}" '
            f'width="9.5" height="9.5" fill-opacity="{_shade(value, value / total):.2f}">'
            f"<title>{title}</title></rect>"
        )
    frame = (
        f'<rect class="frame" x="{margin:g}" y="{margin:g}" '
        f'width="{10 * count}" height="{10 * count}"/>'
    )
    everyone = len(evaluation.class_names)
    part = ""
    if count < everyone:
        part = f"The {count} of {everyone:,} classes that are confused most. "
    drawing = (
        f'<svg role="img" aria-label="Confusion matrix of {everyone} classes" '
        f'viewBox="0 0 {side:g} {side:g}" style="min-width: {side * _READABLE:.0f}px">'
        f"{frame}{''.join(map(''.join, parts))}</svg>"
    )
    return (
        f'<figure class="matrix">{scrolled(drawing, label="Confusion matrix")}'
        f'<figcaption class="soft">{part}Rows: true class. Columns: the model\'s answer. Coloured '
        "by the share of the true class; all numbers are in report.json.</figcaption></figure>"
    )


def _worst(evaluation: Evaluation, count: int) -> str:
    names = evaluation.class_names
    if len(names) < 3:
        return ""
    found = evaluation.cells.worst(count)
    if not found:
        return ""
    support = evaluation.cells.support
    rows = [
        (names[row], names[column], pictures, pictures / int(support[row]))
        for row, column, pictures in found
    ]
    return table(
        ("true class", "answered", "pictures", "of the class"),
        rows,
        caption="What is taken for what most often.",
        words=True,
    )
