"""Architectures of keras.applications as classifiers of pixels of 0 to 255, with random weights."""

from __future__ import annotations

from typing import Any

from support.random_weights import randomise

__all__ = ["ARCHITECTURES", "CLASSES", "CLASS_NAMES", "build"]

CLASSES = 13
"""No layer of any architecture but the last has as many outputs."""
CLASS_NAMES = [f"class {number}" for number in range(CLASSES)]

# From small to large, so that the most is known soonest; each with the side of its input, which
# is the smallest that the architecture takes without its last feature maps becoming one pixel.
ARCHITECTURES = {
    "MobileNetV3Small": 96,
    "MobileNetV2": 96,
    "MobileNet": 96,
    "MobileNetV3Large": 96,
    "EfficientNetB0": 96,
    "EfficientNetV2B0": 96,
    "DenseNet121": 96,
    "EfficientNetB1": 96,
    "EfficientNetV2B1": 96,
    "NASNetMobile": 96,
    "EfficientNetB2": 96,
    "EfficientNetV2B2": 96,
    "ResNet50": 96,
    "ResNet50V2": 96,
    "InceptionV3": 139,
    "Xception": 128,
    "EfficientNetB3": 96,
    "EfficientNetV2B3": 96,
    "DenseNet169": 96,
    "DenseNet201": 96,
    "ConvNeXtTiny": 96,
    "ResNet101": 96,
    "ResNet101V2": 96,
    "EfficientNetB4": 96,
    "EfficientNetV2S": 96,
    "ResNet152": 96,
    "ResNet152V2": 96,
    "ConvNeXtSmall": 96,
    "EfficientNetB5": 96,
    "VGG16": 96,
    "VGG19": 96,
    "InceptionResNetV2": 139,
    "EfficientNetB6": 96,
    "EfficientNetV2M": 96,
    "EfficientNetB7": 96,
    "NASNetLarge": 128,
    "ConvNeXtBase": 96,
    "EfficientNetV2L": 96,
    "ConvNeXtLarge": 96,
    "ConvNeXtXLarge": 96,
}


def build(name: str, keras: Any) -> Any:
    """Return the architecture with random weights and an input of 0 to 255."""
    keras.utils.set_random_seed(7)
    side = ARCHITECTURES[name]
    core = getattr(keras.applications, name)(
        weights=None, input_shape=(side, side, 3), classes=CLASSES
    )
    if any(type(layer).__name__ == "Rescaling" for layer in core._flatten_layers()):
        model = core
    else:
        inputs = keras.Input((side, side, 3))
        model = keras.Model(inputs, core(keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)))
    randomise(model, CLASSES)
    return model
