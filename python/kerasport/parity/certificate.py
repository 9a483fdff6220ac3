"""`parity.html`: what was measured, with the worst pictures side by side. Loads nothing."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kerasport.bundle.metadata import Metadata
from kerasport.bundle.output import LabelsOutput
from kerasport.bundle.parity import Parity, Witness
from kerasport.parity.compare.bits import bits_sentence
from kerasport.parity.compare.location import merge_findings
from kerasport.parity.compare.tally import Departure, severity
from kerasport.parity.compare.verdict import verdict_of
from kerasport.report import html_document
from kerasport.report.markup import section, table

__all__ = ["CERTIFICATE_FILE", "certificate_page"]

CERTIFICATE_FILE = "parity.html"
"""Name of the certificate in a bundle."""

_SAME = {"probabilities": "same best class", "labels": "same labels held"}

_SHOWN = 3
"""Pictures shown of each witness; those that it shares with others stand there once."""


def certificate_page(
    metadata: Metadata, parity: Parity, worst: Mapping[str, Sequence[Departure]], *, date: str
) -> str:
    """Return the page.

    Args:
        metadata: of the bundle.
        parity: what was measured.
        worst: the pictures with the largest differences by witness, worst first.
        date: day of the measurement, YYYY-MM-DD.
    """
    style = files("kerasport.parity").joinpath("certificate.css").read_text(encoding="utf-8")
    verdict = "passed" if parity.passed else "failed"
    parts = [
        '<header><p class="kicker">Parity certificate</p>',
        f'<h1>{escape(metadata.name)} <span class="verdict {verdict}">{verdict}</span></h1>',
        f'<p class="reason {verdict}">{escape(verdict_of(parity))}</p>',
        f'<p class="soft">{escape(parity.pictures)}, against {escape(parity.reference)}. '
        f"Measured on {escape(date)} by kerasport.</p></header>",
        section("Witnesses", _witnesses(parity), note=_RULES),
        section("The same bits", _bits(parity)),
        section("Float32", _rounding(metadata)),
        section("Where they differ", _findings(parity)),
        section("Quantised weights", _agreement(parity, metadata)),
        section("The largest differences", _worst(metadata, parity, worst), note=_ORDER),
        section("Not asked", _missing(parity)),
        section("Which model", _model(metadata, parity)),
        section("Skipped files", _list(parity.skipped)),
    ]
    body = "\n".join(part for part in parts if part)
    title = f"{metadata.name}: parity certificate, {verdict}"
    return html_document(title, body, style=style)


_RULES = (
    "Pixels after preprocessing must be equal. A probability may be off by what the order of "
    "float32 sums explains; GPU backends also compute exponentials and divisions of their own. "
    "stock-tfjs, tensorflowjs-python and the runtimes of other formats read no files: they are "
    "handed the pixels. No witness had a network, and none ran a script of the folder: what they "
    "loaded was written anew from its files."
)


_ORDER = (
    "Pictures that a witness refused or saw otherwise come first, then those with the largest "
    "differences of a probability: up to three of each witness."
)


def _witnesses(parity: Parity) -> str:
    head = (
        "witness",
        "verdict",
        "pictures",
        "pixels off",
        "largest difference",
        "allowed",
        _SAME[parity.output_kind],
    )
    rows = [
        (
            each.name,
            "passed" if each.passed else "FAILED",
            f"{each.pictures:,}",
            f"{each.differing_pixels:,}",
            f"{each.max_absolute_difference:.2g}",
            f"{each.tolerance:.1e}",
            each.top1_agreement,
        )
        for each in parity.witnesses
    ]
    return table(head, rows, caption="Each engine and backend, compared with Python.")


def _bits(parity: Parity) -> str:
    found = parity.engine_bits
    return f"<p>{escape(bits_sentence(found))}</p>" if found else ""


def _rounding(metadata: Metadata) -> str:
    """Return what float32 does to the model, which is the reason for what is allowed."""
    rounding = metadata.float_rounding
    if rounding is None:
        return ""
    rows = [
        ("the original in float32", f"{rounding.keras:.2g}"),
        ("the bundle in float32, in numpy", f"{rounding.bundle:.2g}"),
    ]
    if rounding.limit is None:
        reason = "In float64 the original and the exported layers agree to 1e-9."
    else:
        reason = f"The original was compared in float32: {rounding.limit}."
    return table(
        ("who", "off from float64"),
        rows,
        caption=f"{reason} What float32 adds was measured at export on {rounding.pictures} "
        f"pictures. A backend may be off by four times as much as the original, at least by 1e-5: "
        f"here {rounding.tolerance:.1e}, on GPU backends at least 1e-4.",
    )


def _findings(parity: Parity) -> str:
    items = [
        f"<li><b>{escape(where)}</b> {escape(f'{who}: {detail}' if who else detail)}</li>"
        for where, who, detail in merge_findings(parity.findings)
    ]
    return f'<ul class="findings">{"".join(items)}</ul>' if items else ""


def _agreement(parity: Parity, metadata: Metadata) -> str:
    rows = [
        (
            each.name,
            f"{each.max_absolute_difference:.2g}",
            f"{each.float_agreement.max_absolute_difference:.2g}",
            each.float_agreement.top1_agreement,
        )
        for each in parity.witnesses
        if each.float_agreement
    ]
    if not rows:
        return ""
    kind = metadata.quantization.weights
    head = (
        "witness",
        f"from the {kind} weights",
        "from the float32 weights",
        _SAME[parity.output_kind],
    )
    return table(
        head,
        rows,
        caption=f"Parity is measured against the {kind} weights as they are stored. How far these "
        "are from the float32 weights they were made from is a property of the model.",
    )


def _worst(metadata: Metadata, parity: Parity, worst: Mapping[str, Sequence[Departure]]) -> str:
    """Return the pictures, the worst first, each once for all witnesses that saw the same."""
    groups: dict[tuple[Path, bytes | str], dict[str, Departure]] = {}
    for witness in parity.witnesses:
        shown = [found for found in worst.get(witness.name, ()) if not found.is_equal][:_SHOWN]
        for found in shown:
            groups.setdefault((found.expected.path, _seen(found)), {})[witness.name] = found
    if not groups and parity.witnesses:
        return "<p>Nothing differs, not even in the last bit.</p>"
    ranked = [
        dict(sorted(group.items(), key=lambda each: severity(each[1]), reverse=True))
        for group in groups.values()
    ]
    ranked.sort(key=lambda group: max(map(severity, group.values())), reverse=True)
    return f'<div class="parts">{"".join(_picture(metadata, group) for group in ranked)}</div>'


def _seen(found: Departure) -> bytes | str:
    """Return what tells apart how witnesses saw a picture; nothing where they saw as Python."""
    if found.received.refusal is not None:
        return found.received.refusal
    if found.received.pixels is None or not found.differing:
        return b""
    return found.received.pixels.tobytes()


def _picture(metadata: Metadata, group: Mapping[str, Departure]) -> str:
    found = next(iter(group.values()))
    expected, received = found.expected, found.received
    names = ", ".join(group)
    if received.refusal is not None:
        sides = _side("Python saw", expected.pixels)
        sides += f"<p>{escape(names)}: {escape(received.refusal)}</p>"
    elif received.pixels is None or not found.differing:
        sides = _side("all saw the same", expected.pixels)
    elif received.pixels.size != expected.pixels.size:
        sides = _side("Python saw", expected.pixels)
        sides += f"<p>{escape(names)}: {received.pixels.size:,} values, not the expected "
        sides += f"{expected.pixels.size:,}</p>"
    else:
        seen = received.pixels.reshape(expected.pixels.shape)
        off = np.abs(expected.pixels.astype(np.int16) - seen)
        gain = 255 // max(1, int(off.max()))
        sides = _side("Python saw", expected.pixels) + _side(f"{names} saw", seen)
        note = "difference" if gain == 1 else f"difference, {gain} times"
        sides += _side(note, np.minimum(255, off * gain).astype(np.uint8))
    answers: dict[str, list[str]] = {}
    for name, each in group.items():
        if each.received.refusal is None:
            text = _top(metadata, each.received.probabilities)
            answers.setdefault(text, []).append(f"{name}, off by {each.difference:.2g}")
    tops = f"<div><b>Python</b>{_top(metadata, expected.probabilities)}</div>"
    for text, witnesses in answers.items():
        tops += f"<div><b>{'<br>'.join(map(escape, witnesses))}</b>{text}</div>"
    return (
        f'<div class="part"><h3>{escape(expected.path.name)}</h3>'
        f'<div class="sides">{sides}</div><div class="answers">{tops}</div></div>'
    )


def _side(title: str, pixels: NDArray[np.uint8]) -> str:
    stream = io.BytesIO()
    # Without loss: this is evidence.
    drawn = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    drawn.save(stream, "PNG", optimize=True)
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    return (
        f'<figure><img alt="{escape(title)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(title)}</figcaption></figure>"
    )


def _top(metadata: Metadata, probabilities: NDArray[np.float32]) -> str:
    if not np.isfinite(probabilities).all():
        return "<p>no numbers</p>"
    if metadata.labels_output is not None:
        return _labels(metadata, metadata.labels_output, probabilities)
    best = np.argsort(-probabilities, kind="stable")[:3]
    items = "".join(
        f"<li>{escape(metadata.class_names[index])} {float(probabilities[index]):.6f}</li>"
        for index in best
    )
    return f"<ol>{items}</ol>"


def _labels(metadata: Metadata, output: LabelsOutput, probabilities: NDArray[np.float32]) -> str:
    """Return the labels that hold, best first, and the next one that does not."""
    held = output.holding(probabilities)
    best = np.argsort(-probabilities, kind="stable")
    shown = [*best[held[best]], *best[~held[best]][:1]]
    items = "".join(
        f"<li>{escape(metadata.class_names[index])} {float(probabilities[index]):.6f} "
        f"{'holds' if held[index] else 'does not hold'} ({output.thresholds[index]:g})</li>"
        for index in shown
    )
    return f"<ol>{items}</ol>"


def _missing(parity: Parity) -> str:
    kinds = {True: "left out", False: "missing"}
    return _list([f"{each.name}, {kinds[each.left_out]}: {each.reason}" for each in parity.missing])


def _model(metadata: Metadata, parity: Parity) -> str:
    height, width, _ = metadata.input_shape
    witnesses = parity.witnesses
    rows = [
        ("SHA-256 of model.json", parity.model_sha256),
        ("model.js, and with it the bundle", parity.integrity or "not recorded"),
        ("network of the witnesses", parity.network or "not recorded"),
        ("kerasport that exported it", metadata.kerasport_version),
        ("input", f"{width} x {height} pixels, {metadata.color_mode}"),
        ("engines", ", ".join(dict.fromkeys(f"{w.engine} {w.engine_version}" for w in witnesses))),
        ("TensorFlow.js", ", ".join(_libraries(witnesses)) or "none"),
        ("weights", metadata.quantization.weights),
        ("labels" if metadata.labels_output else "classes", f"{len(metadata.class_names):,}"),
    ]
    return table(
        ("what", "value"), rows, caption="The bundle that was measured, and with what.", words=True
    )


def _libraries(witnesses: Sequence[Witness]) -> list[str]:
    """Return the versions of TensorFlow.js; runtimes of other formats have none."""
    return [each for each in dict.fromkeys(w.tfjs_version for w in witnesses) if each]


def _list(texts: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>" if texts else ""
