"""`parity.json`: what was measured on a bundle, engine by engine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kerasport.bundle.document import Document, Integrity, Probability, Sha256
from kerasport.bundle.measured import FloatAgreement
from kerasport.literals import OutputKind

__all__ = ["EngineBits", "MissingWitness", "Parity", "ParityFinding", "Witness"]


class Witness(Document):
    """What one engine on one backend answered, compared with Keras."""

    name: str = Field(description="Engine and backend, like chromium/wasm; or another reader.")
    engine: str
    engine_version: str
    backend: str
    tfjs_version: str
    pictures: int
    differing_pixels: int = Field(description="Input values that differ after preprocessing.")
    max_absolute_difference: float = Field(description="Largest difference of a probability.")
    tolerance: float = Field(description="Largest difference that is allowed.")
    top1_agreement: Probability = Field(
        description="Share of pictures with the same best class; of several labels, with the same "
        "ones held. Ties within tolerance agree, and so do labels that near to their threshold."
    )
    worst_picture: str | None = Field(description="Picture with the largest difference.")
    passed: bool
    differing_pictures: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Pictures with such input values, or refused by the engine."
    )
    float_agreement: FloatAgreement | None = Field(
        default=None,
        description="Against the float32 weights, where those in the bundle are quantised.",
    )
    novelty_difference: float | None = Field(
        default=None,
        description="Largest difference of a novelty; null where the bundle measures none, or the "
        "witness says none.",
    )
    differing_novelties: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Pictures whose novelty differs by more than rounding explains."
    )
    seconds: float | None = Field(
        default=None, description="Time that the engine took for all pictures."
    )


class MissingWitness(Document):
    """An engine that could not be asked, or was left out. It proves nothing."""

    name: str
    reason: str = Field(description="Why, and what brings it.")
    left_out: bool = Field(
        default=False,
        description="Whether it was not asked because nobody named it; else it is not there.",
    )


class ParityFinding(Document):
    """Where two sides part."""

    where: Literal[
        "settings", "classes", "decode", "orientation", "resize", "weights", "layer", "engine"
    ]
    witness: str | None = Field(description="Engine that showed it; null where the files do.")
    picture: str | None
    detail: str = Field(description="What was expected and what was found.")


class EngineBits(Document):
    """Who answers with the same bits, on the engine's binary without relaxed SIMD."""

    pictures: Annotated[int, Field(ge=1)] = Field(description="How many were compared.")
    same: list[str] = Field(
        description="Who gave the same bits; the first one, Python where wasmtime is installed, is "
        "what the others were compared with."
    )
    differing: list[str] = Field(description="Who gave other ones.")


class Parity(Document):
    """`parity.json`: what `kerasport verify` measured on this bundle."""

    reference: str = Field(description="Where the expected probabilities come from.")
    model_sha256: Sha256 = Field(description="SHA-256 of the model.json that was measured.")
    integrity: Integrity | None = Field(
        default=None,
        description="SHA-384 of the model.js that was measured, as a script element takes it. It "
        "stands for the whole bundle as exported; null in measurements of earlier versions.",
    )
    network: Literal["refused"] | None = Field(
        default=None,
        description="Whether the witnesses could reach anything but this machine; null in "
        "measurements of earlier versions, which did not prevent it.",
    )
    output_kind: OutputKind = Field(
        default="probabilities",
        description="Whether the model chooses one class or tells several labels.",
    )
    pictures: str = Field(description="Which pictures were compared.")
    skipped: list[str] = Field(description="Files that are not readable pictures, with reasons.")
    witnesses: list[Witness]
    missing: list[MissingWitness] = Field(
        default=[], description="Witnesses that are not there, or were left out."
    )
    findings: list[ParityFinding] = Field(
        default=[], description="What was found to differ, and where."
    )
    engine_bits: EngineBits | None = Field(
        default=None,
        description="Whether the engine answered with the same bits; null where fewer than two "
        "were asked, and in measurements of earlier versions.",
    )
    passed: bool
