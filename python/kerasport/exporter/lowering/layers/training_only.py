"""Layers that do something in training only."""

from __future__ import annotations

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.rewriters import Rewriters

__all__ = ["TRAINING_ONLY"]

rewrites = Rewriters()


TRAINING_ONLY = (
    "ActivityRegularization",
    "AlphaDropout",
    "AugMix",
    "CutMix",
    "Dropout",
    "Equalization",
    "GaussianDropout",
    "GaussianNoise",
    "MixUp",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "Solarization",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "StochasticDepth",
)
"""Layers that are the identity outside training."""


@rewrites(*TRAINING_ONLY)
def _training_only(node: Node, build: Builder) -> str:
    return build.inputs[0]
