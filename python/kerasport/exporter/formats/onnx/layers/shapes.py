"""Layers that move values and change none."""

from __future__ import annotations

from dataclasses import replace

from kerasport.exporter.formats.onnx.draft import Value
from kerasport.exporter.formats.onnx.layers.step import OnnxStep

__all__ = ["cropped", "enlarged", "padded", "permuted", "reshaped"]


def reshaped(step: OnnxStep) -> Value:
    """Write Reshape and Flatten, which take the values with channels last."""
    result = Value(step.node.name, step.shape)
    if len(step.shape) == 3 and 1 in (step.shape[0] * step.shape[1], step.shape[2]):
        # Both orders are the same, and what follows a picture is mostly a convolution.
        result = replace(result, first=True)
    return step.draft.reshape(step.only(first=False), result)


def permuted(step: OnnxStep) -> Value:
    """Write Permute."""
    order = [0, *step.config["dims"]]
    result = Value(step.node.name, step.shape)
    return step.add("Transpose", [step.only(first=False)], result, perm=order)


def padded(step: OnnxStep) -> Value:
    """Write ZeroPadding2D."""
    (top, bottom), (left, right) = step.config["padding"]
    pads = step.constant("pads", [0, 0, top, left, 0, 0, bottom, right])
    return step.add("Pad", [step.only(first=True), pads], _first(step))


def cropped(step: OnnxStep) -> Value:
    """Write Cropping2D."""
    (top, bottom), (left, right) = step.config["cropping"]
    height, width, _ = step.only().shape
    places = [
        step.constant("starts", [top, left]),
        step.constant("ends", [height - bottom, width - right]),
        step.constant("axes", [2, 3]),
    ]
    return step.add("Slice", [step.only(first=True), *places], _first(step))


def enlarged(step: OnnxStep) -> Value:
    """Write UpSampling2D: every pixel as often as the size says."""
    rows, columns = step.config["size"]
    scales = step.constant("scales", [1.0, 1.0, float(rows), float(columns)])
    return step.add(
        "Resize",
        [step.only(first=True), "", scales],
        _first(step),
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )


def _first(step: OnnxStep) -> Value:
    return Value(step.node.name, step.shape, first=True)
