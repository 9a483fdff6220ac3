"""Read what a classifier of KerasHub says of its pictures, which it keeps beside its layers.

KerasHub itself is not imported: a model of its classes brings all that is asked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasport.bundle.metadata import Preprocessing, Rescaling
from kerasport.errors import ExportError, ModelError
from kerasport.literals import Fit, Resample

__all__ = ["HubPictures", "pictures_of", "refuse_hub_file"]

_RESAMPLE: dict[str, Resample] = {
    "nearest": "nearest",
    "bilinear": "bilinear",
    "bicubic": "bicubic",
    "lanczos3": "lanczos",
}
"""Keras' name of an interpolation -> ours."""


@dataclass(frozen=True)
class HubPictures:
    """What an `ImageClassifierPreprocessor` does with pictures.

    Attributes:
        image_size: height and width; None where pictures keep their own.
        rescaling: the scaling of the pixels, None where there is none.
        preprocessing: how pictures are brought to the size.
        note: a sentence for the user.
    """

    image_size: tuple[int, int] | None
    rescaling: Rescaling | None
    preprocessing: Preprocessing
    note: str


def pictures_of(model: Any) -> HubPictures | None:
    """Return what the preprocessor of a KerasHub model says; None where there is none.

    Raises:
        ExportError: the preprocessor is no image converter, or one that no front end has.
    """
    if not _is_of_hub(model):
        return None
    preprocessor = getattr(model, "preprocessor", None)
    if preprocessor is None:
        return None
    converter = getattr(preprocessor, "image_converter", preprocessor)
    if converter is None:
        return None
    if not _is_of_hub(converter) or not hasattr(converter, "crop_to_aspect_ratio"):
        raise ExportError(
            f"The preprocessor of {model.name!r} is a {type(converter).__name__}. Expected an "
            "ImageConverter, whose size and scaling can be written down. Take it off "
            "(model.preprocessor = None) and give its steps with rescaling= and preprocessing=."
        )
    if converter.interpolation not in _RESAMPLE:
        raise ExportError(
            f"The preprocessor of {model.name!r} resizes by {converter.interpolation!r}. Expected "
            f"one of: {', '.join(_RESAMPLE)}. Set the interpolation of its image_converter."
        )
    fit: Fit = "stretch"
    preprocessing = {"resample": _RESAMPLE[converter.interpolation]}
    if converter.image_size is not None and converter.crop_to_aspect_ratio:
        fit = "crop"
    elif converter.image_size is not None and converter.pad_to_aspect_ratio:
        fit = "pad"
    # Keras fills what is left around a picture with zeros.
    background = {"background": (0, 0, 0)} if fit == "pad" else {}
    size = converter.image_size
    brought = "kept in their size" if size is None else f"brought to {size[0]}x{size[1]} ({fit})"
    return HubPictures(
        None if size is None else (int(size[0]), int(size[1])),
        _scaling(converter),
        Preprocessing.model_validate({"fit": fit, **preprocessing, **background}),
        f"Preprocessing: that of the model's own {type(converter).__name__}; pictures are "
        f"{brought}, resampled {converter.interpolation}.",
    )


def _scaling(converter: Any) -> Rescaling | None:
    scale, offset = converter.scale, converter.offset
    if scale is None and offset is None:
        return None
    return Rescaling(
        scale=_numbers(1.0 if scale is None else scale),
        offset=_numbers(0.0 if offset is None else offset),
    )


def _numbers(value: Any) -> float | list[float]:
    numbers = [float(number) for number in np.asarray(value, np.float64).reshape(-1)]
    return numbers[0] if len(set(numbers)) == 1 else numbers


def _is_of_hub(value: Any) -> bool:
    """Tell whether a class is KerasHub's, or derived from one of its."""
    return any(kind.__module__.partition(".")[0] == "keras_hub" for kind in type(value).__mro__)


def refuse_hub_file(model_config: Mapping[str, Any]) -> None:
    """Refuse a file whose model is made of KerasHub's classes: they hold code, not layers.

    Raises:
        ModelError: it is one.
    """
    module = str(model_config.get("module") or "")
    registered = str(model_config.get("registered_name") or "")
    if module.partition(".")[0] == "keras_hub" or registered.startswith("keras_hub>"):
        raise ModelError(
            f"The file holds a {model_config.get('class_name')} of KerasHub, whose layers are code "
            "of that package: load it with keras_hub and pass the object, as in "
            "kerasport.export(keras_hub.models.ImageClassifier.from_preset(...), ...), or "
            "keras.models.load_model(...) after `import keras_hub`."
        )
