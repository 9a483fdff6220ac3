"""Backbones of `keras.applications` with a new head: transfer learning.

Each family was trained on pixels that were scaled in its own way
(`keras.src.applications.imagenet_utils.preprocess_input`); that scaling becomes part of the model,
so that every model here takes pixels of 0 to 255 like all others.
"""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasport.errors import ModelError
from kerasport.literals import OutputKind
from kerasport.models.augmentation import Augmentation, augmentation_layers, changing_layer
from kerasport.models.backend import import_keras
from kerasport.models.loading import KerasModel

__all__ = [
    "Transfer",
    "backbone_of",
    "build_transfer",
    "feature_extractor",
    "head_of",
    "unfreeze",
]

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_MEAN_BGR = (103.939, 116.779, 123.68)

_SYMMETRIC: dict[str, Any] = {"scale": 1 / 127.5, "offset": -1.0}
_STANDARDISED: dict[str, Any] = {
    "scale": [1 / (255 * deviation) for deviation in _DEVIATION],
    "offset": [-mean / deviation for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)],
}
# The means in the order of RGB: the first convolution is turned round instead of the channels.
_CENTERD: dict[str, Any] = {"scale": 1.0, "offset": [-mean for mean in reversed(_MEAN_BGR)]}

# Module of keras.applications -> Rescaling; None where the backbone scales its input itself.
_SCALINGS: dict[str, dict[str, Any] | None] = {
    "convnext": None,
    "densenet": _STANDARDISED,
    "efficientnet": None,
    "efficientnet_v2": None,
    "inception_resnet_v2": _SYMMETRIC,
    "inception_v3": _SYMMETRIC,
    "mobilenet": _SYMMETRIC,
    "mobilenet_v2": _SYMMETRIC,
    "mobilenet_v3": None,
    "nasnet": _SYMMETRIC,
    "resnet": _CENTERD,
    "resnet_v2": _SYMMETRIC,
    "vgg16": _CENTERD,
    "vgg19": _CENTERD,
    "xception": _SYMMETRIC,
}


@dataclass(frozen=True)
class Transfer:
    """Which backbone, and how much of it is trained when.

    Attributes:
        backbone: a name in `keras.applications`.
        weights: `imagenet` (downloaded by Keras, once), the path of a weights file without top,
            or `none` for random ones.
        width: Keras' `alpha` of the MobileNets; None keeps their own.
        unfrozen_layers: so many last layers of the backbone are trained from the beginning; 0
            keeps all frozen, and the backbone's features are then computed once.
        augmented_views: copies of the training pictures, changed at random, whose features are
            computed beside those of the pictures themselves while the backbone is frozen.
        fine_tune_epochs: of a second phase, in which more of the backbone is trained; 0 for none.
        fine_tune_layers: so many last layers are trained in it.
        fine_tune_rate: its learning rate.
    """

    backbone: str = "MobileNetV2"
    weights: str = "imagenet"
    width: float | None = None
    unfrozen_layers: int = 0
    augmented_views: int = 0
    fine_tune_epochs: int = 0
    fine_tune_layers: int = 30
    fine_tune_rate: float = 1e-5

    def __post_init__(self) -> None:
        for name in ("unfrozen_layers", "augmented_views", "fine_tune_epochs"):
            if getattr(self, name) < 0:
                raise ModelError(f"{name} is {getattr(self, name)}. Expected 0 or more.")
        if self.fine_tune_layers < 1:
            raise ModelError(f"fine_tune_layers is {self.fine_tune_layers}. Expected 1 or more.")
        for name in ("fine_tune_rate", "width"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ModelError(f"{name} is {value}. Expected more than 0.")


def build_transfer(
    transfer: Transfer,
    *,
    input_shape: tuple[int, int, int],
    num_classes: int,
    kind: OutputKind = "probabilities",
    augmentation: Augmentation | None = None,
    seed: int = 0,
    with_weights: bool = True,
) -> KerasModel:
    """Return backbone and head as one model; it takes pixels of 0..255 and ends in logits.

    For labels it ends in a sigmoid each.

    The backbone is frozen but for `transfer.unfrozen_layers`. Its BatchNormalization always runs
    in inference mode: statistics of a few small batches would spoil those of ImageNet.

    Args:
        transfer: the choices.
        input_shape: height, width and 3.
        num_classes: length of the output, at least 2.
        kind: whether these are classes, or labels.
        augmentation: active while training only.
        seed: of the head, the dropout and the augmentation. Sets the global seeds too.
        with_weights: False leaves the backbone's weights random, for a caller that sets them.

    Raises:
        ModelError: there is no such backbone, its weights cannot be loaded or downloaded, or it
            does not take this input.
    """
    keras = import_keras()
    if input_shape[2] != 3:
        raise ModelError(
            f"The backbone {transfer.backbone!r} takes colour pictures, but the input has "
            f"{input_shape[2]} channel. Expected color_mode 'rgb'; grayscale pictures do for it."
        )
    keras.utils.set_random_seed(seed)
    constructor, scaling = _find(transfer.backbone)
    backbone = _backbone(constructor, transfer, input_shape, with_weights=with_weights)
    if scaling is _CENTERD and with_weights and transfer.weights != "none":
        _turn_first_convolution(backbone)
    inputs = keras.Input(input_shape, name="pixels")
    layer = inputs
    if scaling is not None:
        layer = keras.layers.Rescaling(**scaling, name="rescaling")(layer)
    for augment in augmentation_layers(augmentation or Augmentation(), seed):
        layer = augment(layer)
    layer = backbone(layer, training=False)
    layer = keras.layers.GlobalAveragePooling2D(name="features")(layer)
    layer = keras.layers.Dropout(0.2, seed=seed + 10, name="dropout")(layer)
    # float32 also in mixed precision: a softmax of float16 logits loses digits.
    ending: dict[str, Any] = {"name": "logits"}
    if kind == "labels":
        ending = {"name": "probabilities", "activation": "sigmoid"}
    outputs = keras.layers.Dense(num_classes, dtype="float32", **ending)(layer)
    model = keras.Model(inputs, outputs, name="transfer")
    unfreeze(model, transfer.unfrozen_layers)
    return model


def backbone_of(model: KerasModel) -> KerasModel:
    """Return the backbone, which is a model inside the model of `build_transfer`."""
    return next(layer for layer in model.layers if hasattr(layer, "layers"))


def unfreeze(model: KerasModel, layers: int) -> None:
    """Let so many last layers of the backbone be trained, BatchNormalization excepted."""
    keras = import_keras()
    backbone = backbone_of(model)
    backbone.trainable = layers > 0
    first = len(backbone.layers) - layers
    for index, layer in enumerate(backbone.layers):
        is_normalization = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = index >= first and not is_normalization


def feature_extractor(model: KerasModel, *, augmentation: Augmentation, seed: int) -> KerasModel:
    """Return a model from pixels to the features that the head reads, float32 `[n, features]`.

    Args:
        model: what `build_transfer` returned; its layers are shared.
        augmentation: changes to the pictures, made whenever the extractor is called.
        seed: of these changes.
    """
    keras = import_keras()
    inputs = keras.Input(model.input_shape[1:])
    layer = inputs
    if model.layers[1].name == "rescaling":
        layer = model.layers[1](layer)
    if augmentation.is_on:
        layer = changing_layer(augmentation, seed)(layer)
    layer = backbone_of(model)(layer, training=False)
    return keras.Model(inputs, model.get_layer("features")(layer))


def head_of(model: KerasModel) -> KerasModel:
    """Return the model from features to the output; its layers are those of `model`."""
    keras = import_keras()
    inputs = keras.Input((backbone_of(model).output_shape[-1],))
    dropped = model.get_layer("dropout")(inputs)
    return keras.Model(inputs, model.layers[-1](dropped))


def _find(name: str) -> tuple[Any, dict[str, Any] | None]:
    keras = import_keras()
    constructors = {
        key: value
        for key, value in vars(keras.applications).items()
        if inspect.isfunction(value) and value.__module__.rpartition(".")[2] in _SCALINGS
    }
    if name not in constructors:
        raise ModelError(
            f"Unknown backbone {name!r}. Expected one of: {', '.join(sorted(constructors))}."
        )
    constructor = constructors[name]
    return constructor, _SCALINGS[constructor.__module__.rpartition(".")[2]]


def _backbone(
    constructor: Any, transfer: Transfer, input_shape: tuple[int, int, int], *, with_weights: bool
) -> KerasModel:
    weights = transfer.weights if with_weights and transfer.weights != "none" else None
    options: dict[str, Any] = {}
    if transfer.width is not None:
        if "alpha" not in inspect.signature(constructor).parameters:
            raise ModelError(
                f"The backbone {transfer.backbone!r} has no width to choose. "
                "Leave it out, or take one of the MobileNets."
            )
        options["alpha"] = transfer.width
    if weights not in (None, "imagenet") and not Path(str(weights)).is_file():
        raise ModelError(
            f"There is no weights file at '{weights}'. Expected a path, 'imagenet' or 'none'."
        )
    try:
        with warnings.catch_warnings():
            # Weights of a convolution do for every size; the one for 224 is then taken.
            warnings.filterwarnings("ignore", message="`input_shape` is undefined or non-square")
            return constructor(
                include_top=False, weights=weights, input_shape=input_shape, **options
            )
    except Exception as error:
        # Keras raises plain Exception when a download fails, and ValueError for all else.
        if weights == "imagenet" and "URL fetch failure" in str(error):
            raise ModelError(
                f"The ImageNet weights of {transfer.backbone!r} cannot be downloaded: {error}. "
                "Download the file elsewhere (the one without top) and name it with "
                "--weights PATH."
            ) from error
        raise ModelError(
            f"The backbone {transfer.backbone!r} cannot be built for pictures of "
            f"{input_shape[0]}x{input_shape[1]} with the weights '{transfer.weights}': {error}"
        ) from error


def _turn_first_convolution(backbone: KerasModel) -> None:
    """Make a backbone that was trained on BGR take RGB: reverse the input of its first kernel."""
    first = next(layer for layer in backbone.layers if hasattr(layer, "kernel"))
    kernel, *others = first.get_weights()
    first.set_weights([kernel[:, :, ::-1, :], *others])
