"""The report of a training: `report.json` for programs, one `report.html` for people."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kerasport.dataset import Pixels
from kerasport.errors import missing_extra
from kerasport.evaluation import Evaluation
from kerasport.fitting import History
from kerasport.metadata import ClassifierDescription

__all__ = ["Report"]

_PICTURES = 24
_WRONG_FIRST = 12
# Larger tables than this are unreadable on a page; report.json has them all.
_LARGEST_CONFUSION = 30
_SMOOTH_FROM = 64


@dataclass(frozen=True)
class Report:
    """Everything that is said about one training.

    Attributes:
        recipe: the recipe's choices by name.
        evaluation: of the test pictures; None where there are none.
        pixels: the test pictures as the model saw them, uint8 `[n, height, width, channels]`.
        truth: their true classes, int64 `[n]`.
        warnings: about the data, one line each.
    """

    description: ClassifierDescription
    recipe: Mapping[str, Any]
    history: History
    evaluation: Evaluation | None
    pixels: Pixels
    truth: NDArray[np.int64]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `report.json`."""
        return {
            "description": self.description.model_dump(mode="json", by_alias=True),
            "evaluation": self.evaluation.to_dict() if self.evaluation else None,
            "recipe": dict(self.recipe),
            "trainingSeconds": round(sum(self.history.seconds), 3),
            "warnings": list(self.warnings),
        }

    def to_html(self) -> str:
        """Return one HTML page that loads nothing else and runs no script."""
        name = escape(self.description.name)
        style = files("kerasport").joinpath("report.css").read_text(encoding="utf-8")
        sections = [
            f"<h1>{name}</h1>",
            f'<p class="soft">{self._subtitle()}</p>',
            self._figures(),
            self._warnings(),
            f"<h2>Training</h2>{self._curves()}",
            self._tested(),
            f"<h2>Pictures per class</h2>{self._counts()}",
            f"<h2>How it was made</h2>{self._facts()}",
        ]
        # The policy turns a mistake in this file into a missing picture, never into a request.
        policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{name}: training report</title>\n<style>\n{style}</style>\n</head>\n"
            "<body>\n" + "\n".join(part for part in sections if part) + "\n</body>\n</html>\n"
        )

    def _subtitle(self) -> str:
        height, width, _ = self.description.input_shape
        classes = len(self.description.class_names)
        training = self.description.training
        day = f", trained on {training.date}" if training else ""
        return (
            f"{classes} classes, input {height}&times;{width} "
            f"{escape(self.description.color_mode)}{day}"
        )

    def _figures(self) -> str:
        best = self.history.best_epoch
        figures = []
        if self.evaluation:
            figures.append((_percent(self.evaluation.accuracy), "test accuracy"))
            figures.append((f"{self.evaluation.pictures:,}", "test pictures"))
        if self.history.validation_accuracy is not None:
            figures.append((_percent(self.history.validation_accuracy), "validation accuracy"))
        figures.append((f"{best} of {self.history.epochs}", "best epoch"))
        figures.append((_duration(sum(self.history.seconds)), "training time"))
        cells = "".join(
            f'<div class="figure{" first" if not index else ""}">'
            f"<b>{value}</b><span>{label}</span></div>"
            for index, (value, label) in enumerate(figures)
        )
        metrics = self.description.metrics
        method = f'<p class="soft">{escape(metrics.method)}</p>' if metrics else ""
        return f'<div class="figures">{cells}</div>{method}'

    def _warnings(self) -> str:
        if not self.warnings:
            return ""
        items = "".join(f"<li>{escape(warning)}</li>" for warning in self.warnings)
        return f'<div class="warnings"><ul>{items}</ul></div>'

    def _curves(self) -> str:
        return f'<div class="curves">{_curves(self.history)}</div>'

    def _tested(self) -> str:
        if self.evaluation is None:
            return ""
        return (
            f"<h2>Test pictures</h2>{self._pictures(self.evaluation)}"
            f"<h2>Confusion</h2>{_confusion(self.evaluation)}"
            f"<h2>Per class</h2>{_per_class(self.evaluation)}"
        )

    def _pictures(self, evaluation: Evaluation) -> str:
        wrong = [mistake.index for mistake in evaluation.mistakes[:_WRONG_FIRST]]
        right = np.flatnonzero(evaluation.predicted == self.truth)
        # Evenly over the test pictures, which are sorted by class folder.
        count = min(len(right), _PICTURES - len(wrong))
        spread = right[np.linspace(0, len(right) - 1, count).astype(int)] if count else []
        figures = [self._picture(evaluation, int(index)) for index in [*wrong, *spread]]
        height, width, _ = self.description.input_shape
        return (
            f'<div class="pictures" style="--aspect: {width} / {height}">{"".join(figures)}</div>'
            '<p class="soft">As the model sees them. The mistakes it was most sure of come first.'
            "</p>"
        )

    def _picture(self, evaluation: Evaluation, index: int) -> str:
        predicted = int(evaluation.predicted[index])
        truth = int(self.truth[index])
        answer = escape(evaluation.class_names[predicted])
        share = _percent(float(evaluation.probabilities[index, predicted]))
        is_right = predicted == truth
        note = share if is_right else f"{share}, is {escape(evaluation.class_names[truth])}"
        smooth = ' class="smooth"' if min(self.pixels.shape[1:3]) >= _SMOOTH_FROM else ""
        return (
            f"<figure{'' if is_right else ' class=' + chr(34) + 'wrong' + chr(34)}>"
            f'<img{smooth} alt="{answer}" src="{_data_uri(self.pixels[index])}">'
            f"<figcaption><b>{answer}</b><small>{note}</small></figcaption></figure>"
        )

    def _counts(self) -> str:
        training = self.description.training
        if training is None:
            return ""
        counts = training.counts
        columns = (counts.train, counts.validation, counts.test)
        rows = zip(self.description.class_names, *columns, strict=True)
        total = ("all", *map(sum, columns))
        return _table(("class", "train", "validation", "test"), [*rows, total])

    def _facts(self) -> str:
        facts = {key.replace("_", " "): _plain(value) for key, value in self.recipe.items()}
        training = self.description.training
        if training:
            facts["data fingerprint"] = training.data_fingerprint
            facts |= {f"{name} version": text for name, text in training.versions.items()}
        rows = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
        return f"<dl>{rows}</dl>"


def _confusion(evaluation: Evaluation) -> str:
    names = evaluation.class_names
    if len(names) > _LARGEST_CONFUSION:
        return f'<p class="soft">{len(names)} classes: see the table in report.json.</p>'
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rows = []
    for name, row in zip(names, evaluation.confusion, strict=True):
        total = sum(row)
        cells = "".join(_confusion_cell(count, count / total if total else 0.0) for count in row)
        rows.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    return (
        '<div class="scroll"><table class="confusion">'
        "<caption>Rows: true class. Columns: the model's answer. Number of test pictures."
        f"</caption><thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        "</table></div>"
    )


def _confusion_cell(count: int, share: float) -> str:
    kind = "zero" if count == 0 else "strong" if share > 0.5 else ""
    # A share of 1 % must still be seen.
    shade = 0.0 if count == 0 else 0.12 + 0.88 * share
    return f'<td class="{kind}" style="--share: {shade:.2f}">{count}</td>'


def _per_class(evaluation: Evaluation) -> str:
    rows = [
        (
            item.name,
            *(_percent(value) for value in (item.precision, item.recall, item.f1)),
            item.support,
        )
        for item in evaluation.classes
    ]
    return _table(("class", "precision", "recall", "F1", "pictures"), rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="scroll"><table class="wide"><thead><tr>{titles}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _data_uri(pixels: NDArray[np.uint8]) -> str:
    stream = io.BytesIO()
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    # PNG for what is drawn pixel by pixel, JPEG for what would be large.
    if min(pixels.shape[:2]) >= _SMOOTH_FROM:
        image.save(stream, "JPEG", quality=85)
        kind = "jpeg"
    else:
        image.save(stream, "PNG", optimize=True)
        kind = "png"
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, (tuple, list)):
        return " x ".join(map(_plain, value))
    return str(value)


def _percent(share: float) -> str:
    # Rounded down, since 99.96 % is not 100 %; but 0.9 in float32 is a little below 90 %.
    return f"{math.floor(share * 1000 + 1e-3) / 10:.1f} %"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{seconds:.1f} s" if seconds < 60 else f"{whole // 60} min {whole % 60:02d} s"


def _curves(history: History) -> str:
    """Return loss and accuracy per epoch as an SVG element that takes the page's text colour."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ModuleNotFoundError:
        raise missing_extra("train", "The report of a training") from None
    import matplotlib

    # Text stays text, and equal curves give equal bytes.
    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "kerasport",
        "font.family": "sans-serif",
    }
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(9.6, 3.1), layout="constrained")
        plots = figure.subplots(1, 2)
        epochs = np.arange(1, history.epochs + 1)
        panels = (
            ("loss", history.loss, history.validation_loss),
            ("accuracy", history.accuracy, history.validation_accuracies),
        )
        for axes, (title, train, validation) in zip(plots, panels, strict=True):
            axes.plot(epochs, train, color="#8b949e", label="train", marker=_marker(history))
            if validation:
                axes.plot(
                    epochs,
                    validation,
                    color="#3b82f6",
                    label="validation",
                    linewidth=2,
                    marker=_marker(history),
                )
            axes.axvline(history.best_epoch, color="#d29922", linestyle=":", label="best epoch")
            axes.set_title(title, loc="left")
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            if history.epochs > 1:
                axes.set_xlim(1, history.epochs)
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(frameon=False)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    svg = text[text.index("<svg") :]
    # matplotlib has no notion of "the page's colour"; black is what it uses for text and axes.
    return svg.replace("#000000", "currentColor")


def _marker(history: History) -> str:
    return "o" if history.epochs < 3 else ""
