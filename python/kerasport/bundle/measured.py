"""What was measured of a bundle while it was exported: rounding, tiles, and types of weights."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kerasport.bundle.document import Document, Probability, Text
from kerasport.literals import WeightType

__all__ = [
    "LARGEST_TOLERANCE",
    "SMALLEST_TOLERANCE",
    "FloatAgreement",
    "FloatRounding",
    "Quantization",
    "QuantizationSearch",
    "QuantizationTrial",
    "Winograd",
]

SMALLEST_TOLERANCE = 1e-5
"""What every bundle may be off from Keras, where a backend computes as Keras does."""


LARGEST_TOLERANCE = 1e-3
"""Beyond this difference of a probability float32 does not hold a model."""


class FloatAgreement(Document):
    """How close the stored weights answer to the float32 weights they were made from."""

    pictures: Annotated[int, Field(ge=1)]
    top1_agreement: Probability = Field(
        description="Share of pictures with the same best class; of several labels, with the same "
        "ones held."
    )
    max_absolute_difference: Probability = Field(description="Largest difference of a probability.")


class FloatRounding(Document):
    """What computing in float32 adds to the probabilities, measured while exporting.

    The original and the exported layers were compared in float64 before, where they are the same.
    """

    pictures: Annotated[int, Field(ge=1)]
    keras: Probability = Field(
        description="Largest difference between the original in float32 and in float64."
    )
    bundle: Probability = Field(
        description="Largest difference between the files, run in numpy, in float32 and in float64."
    )
    tolerance: Annotated[float, Field(ge=SMALLEST_TOLERANCE, le=LARGEST_TOLERANCE)] = Field(
        description="How far a probability may be off from Keras on another backend: four times "
        "`keras`, at least 1e-5; GPU backends may always be off by 1e-4."
    )
    limit: Text | None = Field(
        default=None,
        description="Why the original was not compared in float64; null where it was.",
    )


class Winograd(Document):
    """Which convolutions may be computed by Winograd's way, measured while exporting.

    Tiles of 4 x 4 outputs need a quarter of the products, those of 2 x 2 four ninths, and both
    round more than plain sums do. Plain sums are always right too.
    """

    tiles: dict[str, Literal[2, 4]] = Field(
        description="Conv2D layers of 3 x 3 with strides of 1 and without dilation -> side of the "
        "tiles of outputs that they may be computed in. All others are plain sums."
    )
    rounding: Probability = Field(
        description="Largest difference between the files, run in numpy that way, in float32 and "
        "in float64."
    )


class QuantizationTrial(FloatAgreement):
    """One way of storing the weights, measured."""

    weights: WeightType
    noise_limit: float | None = Field(
        description="Kernels with more rounding noise in uint8 were given uint16."
    )
    bytes: Annotated[int, Field(ge=0)] = Field(description="Of model.json and the weight files.")
    gzip_bytes: Annotated[int, Field(ge=0)] = Field(description="The same, each file gzipped.")
    accuracy: Probability = Field(
        description="Share of right answers; of labels, mean of their F1."
    )
    chosen: bool = Field(description="Whether the bundle holds this one.")


class QuantizationSearch(Document):
    """How the type of the weights was chosen by measuring."""

    pictures: Text = Field(description="Which labelled pictures were measured on.")
    max_accuracy_drop: float = Field(
        ge=0, description="Accuracy, in percentage points, that could be lost."
    )
    trials: list[QuantizationTrial]


class Quantization(Document):
    """How the weights are stored on disk. They are float32 once loaded."""

    weights: WeightType = Field(
        default="float32",
        description="Type asked for. The manifest in model.json has the type of each weight: "
        "small and sensitive ones have more bits.",
    )
    agreement: FloatAgreement | None = Field(
        default=None,
        description="Against the float32 weights, on the samples; null where they are stored.",
    )
    search: QuantizationSearch | None = None
