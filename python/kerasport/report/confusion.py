"""The confusion matrix: a table for a few classes, a drawing for many."""

from __future__ import annotations

from html import escape

from kerasport.evaluation import Evaluation
from kerasport.report.markup import table

__all__ = ["confusion"]

_LARGEST_TABLE = 20
_LARGEST_LABELED = 100
_WORST = 10
_LONGEST_NAME = 18


def confusion(evaluation: Evaluation) -> str:
    """Return the matrix, coloured by the share of the true class, and its largest errors."""
    small = len(evaluation.class_names) <= _LARGEST_TABLE
    return (_as_table if small else _as_drawing)(evaluation) + _worst(evaluation)


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
    return (
        '<div class="scroll"><table class="confusion">'
        "<caption>Rows: true class. Columns: the model's answer. Number of test pictures, coloured "
        "by their share of the row.</caption>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(count: int, share: float, *, is_right: bool) -> str:
    kinds = ["right" if is_right else "wrong"]
    kinds += ["zero"] if count == 0 else ["strong"] if share > 0.5 else []
    return f'<td class="{" ".join(kinds)}" style="--share: {_shade(count, share):.2f}">{count}</td>'


def _shade(count: int, share: float) -> float:
    # A share of 1 % must still be seen.
    return 0.0 if count == 0 else 0.12 + 0.88 * share


def _as_drawing(evaluation: Evaluation) -> str:
    names = evaluation.class_names
    count = len(names)
    labeled = count <= _LARGEST_LABELED
    margin = 10 * _LONGEST_NAME * 0.6 if labeled else 4
    side = margin + 10 * count + 4
    parts = []
    for row, (name, values) in enumerate(zip(names, evaluation.confusion, strict=True)):
        middle = margin + 10 * row + 5
        if labeled:
            text = escape(_shortened(name))
            parts.append(f'<text x="{margin - 3:g}" y="{middle + 3:g}">{text}</text>')
            turned = f"translate({middle + 3:g} {margin - 3:g}) rotate(90)"
            parts.append(f'<text transform="{turned}">{text}</text>')
        total = sum(values)
        for column, value in enumerate(values):
            if value:
                title = escape(f"{name}, answered {names[column]}: {value} of {total}")
                kind = "right" if row == column else "wrong"
                parts.append(
                    f'<rect class="{kind}" x="{margin + 10 * column:g}" y="{margin + 10 * row:g}" '
                    f'width="9.5" height="9.5" fill-opacity="{_shade(value, value / total):.2f}">'
                    f"<title>{title}</title></rect>"
                )
    frame = (
        f'<rect class="frame" x="{margin:g}" y="{margin:g}" '
        f'width="{10 * count}" height="{10 * count}"/>'
    )
    return (
        '<figure class="matrix"><div class="scroll">'
        f'<svg role="img" aria-label="Confusion matrix of {count} classes" '
        f'viewBox="0 0 {side:g} {side:g}" style="min-width: {min(side, 900) * 0.6:.0f}px">'
        f"{frame}{''.join(parts)}</svg></div>"
        '<figcaption class="soft">Rows: true class. Columns: the model\'s answer. Coloured by the '
        "share of the true class; all numbers are in report.json.</figcaption></figure>"
    )


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "\u2026"


def _worst(evaluation: Evaluation) -> str:
    names = evaluation.class_names
    if len(names) < 3:
        return ""
    found = [
        (count, row, column)
        for row, values in enumerate(evaluation.confusion)
        for column, count in enumerate(values)
        if count and row != column
    ]
    found.sort(key=lambda item: (-item[0], item[1], item[2]))
    if not found:
        return ""
    rows = [
        (names[row], names[column], count, count / sum(evaluation.confusion[row]))
        for count, row, column in found[:_WORST]
    ]
    return table(
        ("true class", "answered", "pictures", "of the class"),
        rows,
        caption="What is taken for what most often.",
        words=True,
    )
