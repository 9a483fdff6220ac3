"""`samples/samples.json`: pictures in the bundle with Keras' answers."""

from __future__ import annotations

from pydantic import Field

from kerasport.bundle.document import PATH_PATTERN, Document, Probability, Sha256

__all__ = ["Sample", "Samples"]


class Sample(Document):
    """A picture in the bundle with what Keras answered for it."""

    file: str = Field(pattern=PATH_PATTERN, description="Path relative to metadata.json.")
    label: str | None = Field(description="True class, where known; null beside labels.")
    labels: list[str] | None = Field(
        default=None,
        description="True labels of a model of several, none or more of them; null where they are "
        "not known, and of a model that chooses one class.",
    )
    probabilities: list[Probability] = Field(
        description="Keras' float32 answer, in the order of classNames. Where the weights are "
        "quantised, the answer of the weights as they are stored."
    )
    float_probabilities: list[Probability] | None = Field(
        default=None,
        description="Keras' answer before the weights were quantised; null where they are not.",
    )
    pixels_sha256: Sha256 = Field(
        description="SHA-256 of the uint8 pixels after preprocessing, row by row, channels last."
    )


class Samples(Document):
    """`samples/samples.json`: pictures by which any consumer can check itself."""

    samples: list[Sample]
