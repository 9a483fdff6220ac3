"""What a measurement came to, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from kerasport.bundle.parity import Parity, ParityFinding, Witness
from kerasport.literals import OutputKind
from kerasport.parity.compare.bits import bits_sentence
from kerasport.parity.compare.location import merge_findings
from kerasport.shares import share_text

__all__ = ["shortcomings", "verdict_of"]

_NAMED = 3
"""Most witnesses that a sentence names."""

_SIDES = {
    "settings": "the settings",
    "classes": "the class names",
    "weights": "the weights",
    "layer": "the layers",
}


def verdict_of(parity: Parity) -> str:
    """Return why a bundle passed or failed."""
    failed = [witness for witness in parity.witnesses if not witness.passed]
    if failed:
        does = "does" if len(failed) == 1 else "do"
        return f"{_named(failed)} {does} not answer like Keras{_detail(parity, failed)}."
    if not parity.passed and parity.engine_bits and parity.engine_bits.differing:
        return f"Every witness passed. {bits_sentence(parity.engine_bits)}"
    if not parity.passed and parity.findings:
        first = parity.findings[0]
        others = len(merge_findings(parity.findings)) - 1
        more = f" ({others} more below)" if others else ""
        return (
            f"Every witness passed, but {_SIDES.get(first.where, 'something')} of the bundle "
            f"{'differs' if first.where not in _SIDES else 'differ'} from what was expected: "
            f"{_ended(first.detail)}{more}."
        )
    if not parity.passed:
        return "It did not pass, and no reason was recorded."
    if not parity.witnesses:
        return "Nobody was asked."
    largest = max(each.max_absolute_difference for each in parity.witnesses)
    sees = "sees" if len(parity.witnesses) == 1 else "see"
    return (
        f"{_named(parity.witnesses)} {sees} the pixels that Python sees, and no probability is off "
        f"by more than {largest:.2g}."
    )


def shortcomings(witness: Witness, kind: OutputKind = "probabilities") -> str:
    """Return how a witness is wrong about a model of that kind, without a full stop."""
    parts = []
    if witness.differing_pixels:
        parts.append(
            f"{witness.differing_pixels:,} input values of {witness.differing_pictures} "
            f"picture(s) are others than Python's"
        )
    if not witness.max_absolute_difference <= witness.tolerance:
        parts.append(
            f"a probability of '{witness.worst_picture}' is off by "
            f"{witness.max_absolute_difference:.2g}, where {witness.tolerance:g} is allowed"
        )
    if witness.top1_agreement < 1:
        same = share_text(witness.top1_agreement)
        what = "the best class is" if kind == "probabilities" else "the labels that hold are"
        parts.append(f"{what} the same for {same} of the pictures")
    return "; ".join(parts) or "it did not pass"


def _detail(parity: Parity, failed: Sequence[Witness]) -> str:
    """Return where they part, where that was found; else by how much."""
    names = {witness.name for witness in failed}
    found: list[ParityFinding] = [each for each in parity.findings if each.witness in names]
    if not found:
        return f": {shortcomings(failed[0], parity.output_kind)}"
    first = found[0]
    place = f"'{first.picture}', {first.where}" if first.picture else first.where
    return f", first of all in {place}: {_ended(first.detail)}"


def _named(witnesses: Sequence[Witness]) -> str:
    names = [witness.name for witness in witnesses]
    if len(names) > _NAMED + 1:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} others"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _ended(detail: str) -> str:
    return detail.rstrip(".")
