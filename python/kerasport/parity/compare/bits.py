"""Whether the engine answers with the same bits everywhere, on the binary that promises it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.parity import EngineBits, ParityFinding

__all__ = ["PYTHON", "bits_sentence", "compare_bits"]

PYTHON = "Python"
"""What the engine in this process is called among those that were asked."""


def compare_bits(
    answers: Mapping[str, NDArray[np.uint32]],
) -> tuple[EngineBits | None, list[ParityFinding]]:
    """Return who gave the same bits, and what is wrong with the others; None where one was asked.

    Args:
        answers: who gave them -> bits of float32 probabilities `[n, classes]`; the others are
            compared with the first one.
    """
    if len(answers) < 2:
        return None, []
    (first, expected), *others = answers.items()
    findings = []
    for name, received in others:
        differing = np.any(received != expected, axis=1)
        if not differing.any():
            continue
        off = np.abs(received.view(np.float32) - expected.view(np.float32)).max()
        findings.append(
            ParityFinding(
                where="engine",
                witness=name,
                picture=None,
                detail=f"on {differing.sum()} of {len(expected)} pictures its answers have other "
                f"bits than those of {first}; a probability is off by {off:.2g}. Expected the same "
                "bits of the engine without relaxed SIMD",
            )
        )
    wrong = [str(each.witness) for each in findings]
    same = [name for name in answers if name not in wrong]
    return EngineBits(pictures=len(expected), same=same, differing=wrong), findings


def bits_sentence(found: EngineBits) -> str:
    """Return who gives the same answers to the bit, and who does not."""
    pictures = f"{found.pictures:,} {'picture' if found.pictures == 1 else 'pictures'}"
    same = ", ".join(found.same)
    if found.differing:
        others = ", ".join(found.differing)
        return f"The engine, without relaxed SIMD, has other bits in {others} than in {same}."
    return f"The engine, without relaxed SIMD, answers {pictures} with the same bits in {same}."
