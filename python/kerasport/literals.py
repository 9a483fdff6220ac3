"""The words that a choice is made of, one type for each choice.

Python, the files that are written and the command line take the same words from here. Nothing is
imported, so that `kerasport --help` names them without loading numpy.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = [
    "Backend",
    "ClassWeights",
    "ColorMode",
    "EngineChoice",
    "Fit",
    "FormatName",
    "LabelAim",
    "LabelsChoice",
    "OutputKind",
    "PassName",
    "Resample",
    "Schedule",
    "WeightType",
]

ColorMode: TypeAlias = Literal["rgb", "grayscale"]
"""Channels of the model's input."""

Fit: TypeAlias = Literal["stretch", "crop", "pad"]
"""How a picture is brought to the shape of the model's input."""

Resample: TypeAlias = Literal["nearest", "bilinear", "bicubic", "lanczos"]
"""Filters of a resize."""

OutputKind: TypeAlias = Literal["probabilities", "labels"]
"""What a model tells apart: one class of several, or labels of which each holds or not."""

LabelAim: TypeAlias = Literal["f1", "precision", "unknown"]
"""What the thresholds of labels were chosen for."""

LabelsChoice: TypeAlias = Literal["one", "many"]
"""How many labels a picture has: exactly one, its class, or any number of them."""

Schedule: TypeAlias = Literal["constant", "cosine", "plateau", "step"]
"""How the learning rate goes over the epochs."""

ClassWeights: TypeAlias = Literal["balanced"]
"""How the classes count in the loss."""

FormatName: TypeAlias = Literal[
    "onnx", "transformers", "litert", "litert-int8", "teachable-machine"
]
"""Other formats that a model is exported in, beside the bundle's own."""

WeightType: TypeAlias = Literal["float32", "float16", "uint16", "uint8"]
"""Types of stored weights."""

Backend: TypeAlias = Literal["cpu", "wasm", "webgl", "webgpu"]
"""What TensorFlow.js computes on."""

EngineChoice: TypeAlias = Literal["auto", "wasm", "numpy"]
"""What answers for a bundle in Python: the kernels that the client runs in browsers, or numpy."""

PassName: TypeAlias = Literal[
    "remove-unused",
    "share-equal-layers",
    "remove-identities",
    "separate-activations",
    "merge-padding",
    "merge-rescaling",
    "fold-batch-normalization",
    "fuse-activations",
    "replace-batch-normalization",
]
"""The passes over a graph, in the order in which they run."""
