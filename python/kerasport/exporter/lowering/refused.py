"""What cannot stand in an exported classifier: layers of Keras, and settings of layers."""

from __future__ import annotations

__all__ = ["REFUSED", "Unsupported"]


class Unsupported(Exception):
    """Raised by a rewriter for a setting that it cannot express.

    The message completes the sentence "layer 'x' (Class): ..."; `remedy` says what to do instead.
    """

    def __init__(self, reason: str, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.remedy = remedy


_VOLUME = ("it works on volumes or films, and a picture is neither", "use its 2D form")
_RECURRENT = (
    "recurrent layers read sequences step by step and are not expressed",
    "use convolutions, pooling or attention",
)
_TEXT = ("it works on words, categories or sound", "take it out of the model")
_FOREIGN = (
    "it holds code of another framework, which has no configuration",
    "rebuild it from Keras layers",
)
_PIXELS = (
    "it computes histograms of each picture, and no layer of TensorFlow.js does",
    "apply it to the data before training and before classifying",
)
_ABSTRACT = ("it is a base for other layers", "register a rewriter for it (docs/export.md)")

REFUSED: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        (
            "AdaptiveAveragePooling3D",
            "AdaptiveMaxPooling3D",
            "AveragePooling3D",
            "Conv3D",
            "Conv3DTranspose",
            "ConvLSTM1D",
            "ConvLSTM2D",
            "ConvLSTM3D",
            "Cropping3D",
            "GlobalAveragePooling3D",
            "GlobalMaxPooling3D",
            "MaxPooling3D",
            "UpSampling3D",
            "ZeroPadding3D",
        ),
        _VOLUME,
    ),
    **dict.fromkeys(
        (
            "Bidirectional",
            "GRU",
            "GRUCell",
            "LSTM",
            "LSTMCell",
            "RNN",
            "SimpleRNN",
            "SimpleRNNCell",
            "StackedRNNCells",
        ),
        _RECURRENT,
    ),
    **dict.fromkeys(
        (
            "CategoryEncoding",
            "Discretization",
            "Embedding",
            "HashedCrossing",
            "Hashing",
            "IntegerLookup",
            "MelSpectrogram",
            "ReversibleEmbedding",
            "STFTSpectrogram",
            "StringLookup",
            "TextVectorization",
        ),
        _TEXT,
    ),
    **dict.fromkeys(("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"), _FOREIGN),
    **dict.fromkeys(("AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization"), _PIXELS),
    **dict.fromkeys(("Layer", "Wrapper"), _ABSTRACT),
    "Lambda": (
        "it holds Python code, which no browser runs",
        "write it with keras.ops, or as a layer with a rewriter of its own (docs/export.md)",
    ),
    "Masking": ("a picture has no steps to leave out", "take it out of the model"),
    "RandomCrop": (
        "outside training Keras leaves the picture as it is, but counts on the cropped size",
        "use CenterCrop, or crop the data",
    ),
    "MaxNumBoundingBoxes": ("it works on bounding boxes", "take it out of the model"),
}
"""Keras class name -> reason and remedy."""
