"""What a model returns: one class of several, or labels of which each holds or not."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from kerasport.bundle.document import Document, Probability
from kerasport.literals import LabelAim

__all__ = ["LabelsOutput", "Output", "ProbabilitiesOutput"]


class ProbabilitiesOutput(Document):
    """The model chooses one class of several: probabilities that sum to 1."""

    kind: Literal["probabilities"] = "probabilities"
    activation: Literal["softmax", "sigmoid"] = Field(description="Last activation in the model.")


class LabelsOutput(Document):
    """Each class is a label that holds or not, whatever the others do: no one of them wins.

    A label holds where its probability reaches its threshold, both as float32.
    """

    kind: Literal["labels"] = "labels"
    activation: Literal["sigmoid"] = Field(
        default="sigmoid", description="Last activation in the model."
    )
    thresholds: list[Probability] = Field(
        description="One per class name, in their order. A label holds where its probability is at "
        "least this number rounded to float32."
    )
    aim: LabelAim = Field(
        default="unknown",
        description="What the thresholds were chosen for on the validation pictures: the best F1 "
        "of each label, or a precision to keep; unknown where nobody chose.",
    )
    precision: Probability | None = Field(
        default=None, description="The precision to keep, where that was the aim."
    )

    @model_validator(mode="after")
    def _consistent(self) -> LabelsOutput:
        if (self.precision is not None) != (self.aim == "precision"):
            raise ValueError(
                f"output.precision is {'null' if self.precision is None else 'a number'} beside "
                f"the aim {self.aim}. Expected a number for the aim precision, else null."
            )
        return self

    def holding(self, probabilities: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which labels hold.

        Args:
            probabilities: float32 `[labels]`, or `[pictures, labels]`.
        """
        thresholds = np.asarray(self.thresholds, np.float32)
        holding: NDArray[np.bool_] = np.asarray(probabilities, np.float32) >= thresholds
        return holding


Output: TypeAlias = Annotated[ProbabilitiesOutput | LabelsOutput, Field(discriminator="kind")]
"""What the model returns."""
