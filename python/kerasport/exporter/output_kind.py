"""Which of the two kinds an exported model is: one class of several, or labels that hold or not.

A run knows. Of any other model with a sigmoid for each class nobody can tell from its layers, so
that whoever exports it says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from kerasport.bundle.output import LabelsOutput, ProbabilitiesOutput
from kerasport.errors import ExportError, UsageError
from kerasport.exporter.lowering.classifier import LoweredClassifier
from kerasport.exporter.options import ExportOptions

__all__ = ["settle_output"]

_MIDDLE = 0.5
"""The threshold of a label that nobody chose one for."""


def settle_output(
    lowered: LoweredClassifier,
    options: ExportOptions,
    *,
    labels: int,
    known: ProbabilitiesOutput | LabelsOutput | None,
    of_a_run: bool,
) -> ProbabilitiesOutput | LabelsOutput:
    """Return what the model returns.

    Args:
        lowered: its layers.
        options: the kind and the thresholds that the caller gave.
        labels: how many names there are.
        known: what the run says, or the bundle that the model lies in; None where neither does.
        of_a_run: whether it comes from a run.

    Raises:
        UsageError: the kind is not known, or is none that the model can be; or the thresholds are
            not one number of 0 to 1 for each label.
        ExportError: a run of labels does not end in sigmoids.
    """
    may_be_labels = lowered.ending.gives == "independent" and lowered.ending.classes > 1
    if of_a_run:
        if not isinstance(known, LabelsOutput):
            return ProbabilitiesOutput(activation=lowered.activation)
        if not may_be_labels:
            raise ExportError(
                f"The run says that its model tells labels, but {lowered.ending.because}. Expected "
                "a sigmoid for each label. Train the run again."
            )
        return known
    kind = options.output_kind or (None if known is None else known.kind)
    if kind not in (None, "labels", "probabilities"):
        raise UsageError(
            f"The kind of the output is {kind!r}. Expected 'labels', of which any number holds, or "
            "'probabilities', of which one class wins."
        )
    if kind is None and may_be_labels:
        raise UsageError(
            f"The model {lowered.graph.name!r} may tell labels, of which any number holds, or "
            f"classes, of which one wins: {lowered.ending.because}. Say which of the two: "
            "--output-kind labels, or --output-kind probabilities."
        )
    if kind != "labels":
        if options.thresholds is not None:
            raise UsageError(
                "Thresholds are for labels. Say that the outputs are some, with "
                "--output-kind labels, or leave --thresholds out."
            )
        return ProbabilitiesOutput(activation=lowered.activation)
    if not may_be_labels:
        raise UsageError(
            f"The model {lowered.graph.name!r} cannot tell labels: {lowered.ending.because}. "
            "Expected at least two outputs with a sigmoid each. Leave --output-kind out, or end "
            "the model in Dense with activation 'sigmoid'."
        )
    if options.thresholds is None and isinstance(known, LabelsOutput):
        return known
    thresholds = options.thresholds or (_MIDDLE,) * labels
    _check(thresholds, labels)
    return LabelsOutput(thresholds=list(thresholds), aim="unknown")


def _check(thresholds: Sequence[float], count: int) -> None:
    if len(thresholds) == count and all(0 <= each <= 1 for each in thresholds):
        return
    raise UsageError(
        f"The thresholds are {', '.join(f'{each:g}' for each in thresholds)}. Expected {count} "
        "numbers from 0 to 1, one for each label in the order of the class names."
    )
