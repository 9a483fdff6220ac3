"""A small classifier of every family in KerasHub, with random weights and its preprocessor.

Nothing is downloaded: every backbone is built from sizes, of the kinds of blocks that its own
pretrained models use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

CLASS_NAMES = ["ant", "bee", "cat", "dog"]

Builder = Callable[[Any], Any]

_BACKBONES: dict[str, tuple[Builder, int, dict[str, Any]]] = {}


def _family(
    name: str, side: int = 64, **head: Any
) -> Callable[[Callable[[Any, int], Any]], Callable[[Any, int], Any]]:
    def register(builder: Callable[[Any, int], Any]) -> Callable[[Any, int], Any]:
        _BACKBONES[name] = (lambda models: builder(models, side)), side, head
        return builder

    return register


def names() -> list[str]:
    """Return the families, by the beginning of their classes' names."""
    return list(_BACKBONES)


def build(name: str, keras_hub: Any) -> Any:
    """Return a classifier of four classes with random weights, statistics included."""
    import keras

    keras.utils.set_random_seed(sum(map(ord, name)))
    backbone, side, head = _BACKBONES[name]
    family = name.partition(" ")[0]
    converter = getattr(keras_hub.layers, f"{family}ImageConverter")(
        image_size=(side, side),
        scale=[1 / 58.0, 1 / 57.0, 1 / 57.5],
        offset=[-2.1, -2.0, -1.8],
        interpolation="bicubic",
    )
    preprocessor = getattr(keras_hub.models, f"{family}ImageClassifierPreprocessor")(converter)
    classifier = getattr(keras_hub.models, f"{family}ImageClassifier")(
        backbone=backbone(keras_hub.models),
        num_classes=len(CLASS_NAMES),
        preprocessor=preprocessor,
        **head,
    )
    randomize(classifier)
    _settle(classifier, side)
    return classifier


def randomize(model: Any) -> None:
    """Move every weight that Keras starts at a constant, so that none can be left out unseen."""
    generator = np.random.default_rng(8)
    for weight in model.weights:
        if weight.name in ("seed_generator_state",):
            continue
        values = np.asarray(weight)
        if values.size and np.ptp(values) == 0 and np.issubdtype(values.dtype, np.floating):
            low, high = (0.7, 1.4) if "variance" in weight.name else (-0.2, 0.2)
            start = float(values.flat[0]) if "variance" not in weight.name else 0.0
            if abs(start) < 0.5 and weight.name in ("gamma", "scale"):
                # A layer's own scale that starts at nearly 0 would switch its branch off.
                start = 0.5
            weight.assign(start + generator.uniform(low, high, values.shape))


def _settle(model: Any, side: int) -> None:
    """Give normalizations the statistics of the signal, and let the answers tell pictures apart."""
    y, x = np.mgrid[0:side, 0:side]
    noise = np.random.default_rng(2).integers(0, 256, (side, side, 3))
    ramps = np.stack([x, y, x[::-1, ::-1]], axis=-1) * 255 // side
    checks = np.repeat(((x // 3 + y // 2) % 2 * 255)[..., None], 3, axis=-1)
    pixels = np.stack([noise, ramps, checks, np.zeros_like(noise), np.full_like(noise, 255)])
    pictures = np.asarray(model.preprocessor(pixels.astype("uint8")))
    layers = list(model._flatten_layers(include_self=False))
    normalizations = [each for each in layers if type(each).__name__ == "BatchNormalization"]
    for layer in normalizations:
        layer.momentum = 0.0
    if normalizations:
        model(pictures, training=True)
    for layer in normalizations:
        layer.momentum = 0.99
        layer.moving_variance.assign(1.2 * np.asarray(layer.moving_variance) + 1e-3)
    last = model.outputs[0]._keras_history.operation
    while not hasattr(last, "kernel"):
        last = last.layers[-1]
    logits = np.asarray(model(pictures, training=False))
    common = logits.mean(axis=0)
    factor = 1 / (logits - common).std()
    last.kernel.assign(factor * np.asarray(last.kernel))
    last.bias.assign(factor * (np.asarray(last.bias) - common))


@_family("ResNet")
def _resnet(models: Any, side: int) -> Any:
    return models.ResNetBackbone(
        input_conv_filters=[8],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64, 64, 64, 64],
        stackwise_num_blocks=[2, 2, 2, 2],
        stackwise_num_strides=[1, 2, 2, 2],
        block_type="bottleneck_block",
    )


@_family("ResNet vd")
def _resnet_vd(models: Any, side: int) -> Any:
    return models.ResNetBackbone(
        input_conv_filters=[8, 8, 16],
        input_conv_kernel_sizes=[3, 3, 3],
        stackwise_num_filters=[64, 64, 64, 64],
        stackwise_num_blocks=[2, 2, 2, 2],
        stackwise_num_strides=[1, 2, 2, 2],
        block_type="basic_block_vd",
    )


@_family("ResNet v2")
def _resnet_v2(models: Any, side: int) -> Any:
    return models.ResNetBackbone(
        input_conv_filters=[8],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64, 64, 64, 64],
        stackwise_num_blocks=[2, 2, 2, 2],
        stackwise_num_strides=[1, 2, 2, 2],
        block_type="bottleneck_block",
        use_pre_activation=True,
    )


@_family("VGG", 224, pooling_hidden_dim=16, pooling="avg")
def _vgg(models: Any, side: int) -> Any:
    return models.VGGBackbone(
        stackwise_num_repeats=[1, 1, 2, 2, 2],
        stackwise_num_filters=[8, 8, 16, 16, 16],
        image_shape=(side, side, 3),
    )


@_family("VGG small", 224, pooling_hidden_dim=8, pooling="max")
def _vgg_small(models: Any, side: int) -> Any:
    return models.VGGBackbone(
        stackwise_num_repeats=[1, 1],
        stackwise_num_filters=[4, 4],
        image_shape=(None, None, 3),
    )


@_family("CSPNet")
def _cspnet(models: Any, side: int) -> Any:
    return models.CSPNetBackbone(
        stem_filters=8,
        stem_kernel_size=3,
        stem_strides=1,
        stackwise_depth=[1, 2, 2],
        stackwise_strides=[2, 2, 2],
        stackwise_num_filters=[16, 16, 32],
        block_type="dark_block",
        stage_type="csp",
        bottle_ratio=[0.5, 1.0, 1.0],
        block_ratio=[1.0, 0.5, 0.5],
        expand_ratio=[2.0, 1.0, 1.0],
        down_growth=True,
    )


@_family("CSPNet dark")
def _darknet(models: Any, side: int) -> Any:
    return models.CSPNetBackbone(
        stem_filters=8,
        stem_kernel_size=3,
        stem_strides=1,
        stackwise_depth=[1, 2, 2],
        stackwise_strides=[2, 2, 2],
        stackwise_num_filters=[16, 16, 32],
        block_type="dark_block",
        stage_type="dark",
        bottle_ratio=[0.5],
        groups=1,
    )


@_family("DenseNet")
def _densenet(models: Any, side: int) -> Any:
    return models.DenseNetBackbone(stackwise_num_repeats=[2, 2, 2], growth_rate=8)


@_family("EfficientNet")
def _efficientnet(models: Any, side: int) -> Any:
    return models.EfficientNetBackbone(
        stackwise_kernel_sizes=[3, 3, 5],
        stackwise_num_repeats=[1, 2, 2],
        stackwise_input_filters=[16, 8, 16],
        stackwise_output_filters=[8, 16, 24],
        stackwise_expansion_ratios=[1, 6, 6],
        stackwise_squeeze_and_excite_ratios=[0.25, 0.25, 0.25],
        stackwise_strides=[1, 2, 2],
        stackwise_block_types=["v1", "v1", "v1"],
        stackwise_force_input_filters=[0] * 3,
        stackwise_nores_option=[False] * 3,
        width_coefficient=1.0,
        depth_coefficient=1.0,
        num_features=32,
    )


@_family("EfficientNet v2")
def _efficientnet_v2(models: Any, side: int) -> Any:
    return models.EfficientNetBackbone(
        stackwise_kernel_sizes=[3, 3, 3],
        stackwise_num_repeats=[1, 2, 2],
        stackwise_input_filters=[16, 8, 16],
        stackwise_output_filters=[8, 16, 24],
        stackwise_expansion_ratios=[1, 4, 4],
        stackwise_squeeze_and_excite_ratios=[0, 0, 0.25],
        stackwise_strides=[1, 2, 2],
        stackwise_block_types=["fused", "fused", "unfused"],
        stackwise_force_input_filters=[0] * 3,
        stackwise_nores_option=[False] * 3,
        width_coefficient=1.0,
        depth_coefficient=1.0,
        include_stem_padding=False,
        stem_conv_padding="same",
        num_features=32,
    )


@_family("EfficientNet lite")
def _efficientnet_cba(models: Any, side: int) -> Any:
    return models.EfficientNetBackbone(
        stackwise_kernel_sizes=[3, 3, 5],
        stackwise_num_repeats=[1, 2, 2],
        stackwise_input_filters=[16, 8, 16],
        stackwise_output_filters=[8, 16, 24],
        stackwise_expansion_ratios=[1, 6, 6],
        stackwise_squeeze_and_excite_ratios=[0, 0, 0],
        stackwise_strides=[1, 2, 2],
        stackwise_block_types=["cba", "v1", "fused"],
        stackwise_force_input_filters=[0] * 3,
        stackwise_nores_option=[False] * 3,
        width_coefficient=1.0,
        depth_coefficient=1.0,
        activation="relu6",
        num_features=32,
    )


@_family("Xception", 96)
def _xception(models: Any, side: int) -> Any:
    return models.XceptionBackbone(
        stackwise_conv_filters=[[8, 8], [16, 16], [16, 16, 16], [24, 32]],
        stackwise_pooling=[False, True, False, True],
        image_shape=(None, None, 3),
    )


@_family("HGNetV2", head_filters=32)
def _hgnetv2(models: Any, side: int) -> Any:
    return models.HGNetV2Backbone(
        depths=[1, 2],
        embedding_size=8,
        hidden_sizes=[16, 32],
        stem_channels=[3, 8, 8],
        hidden_act="relu",
        use_learnable_affine_block=True,
        stackwise_stage_filters=[(8, 8, 16, 1, 2, 3), (16, 8, 32, 2, 2, 3)],
        apply_downsample=[False, True],
        use_lightweight_conv_block=[False, True],
        image_shape=(side, side, 3),
    )


@_family("MobileNet")
def _mobilenet(models: Any, side: int) -> Any:
    return models.MobileNetBackbone(
        stackwise_expansion=[[16, 24], [32, 32]],
        stackwise_num_blocks=[2, 2],
        stackwise_num_filters=[[8, 8], [16, 16]],
        stackwise_kernel_size=[[3, 3], [5, 5]],
        stackwise_num_strides=[[2, 1], [2, 1]],
        stackwise_se_ratio=[[None, None], [0.25, 0.25]],
        stackwise_activation=[["relu", "relu"], ["hard_swish", "hard_swish"]],
        stackwise_padding=[[1, 1], [2, 2]],
        output_num_filters=32,
        depthwise_filters=8,
        depthwise_stride=2,
        depthwise_residual=False,
        last_layer_filter=32,
        squeeze_and_excite=0.5,
        input_num_filters=8,
    )


@_family("ViT")
def _vit(models: Any, side: int) -> Any:
    return models.ViTBackbone(
        image_shape=(side, side, 3),
        patch_size=16,
        num_layers=2,
        num_heads=2,
        hidden_dim=16,
        mlp_dim=32,
    )


@_family("DeiT")
def _deit(models: Any, side: int) -> Any:
    return models.DeiTBackbone(
        image_shape=(side, side, 3),
        patch_size=16,
        num_layers=2,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
    )


@_family("MiT")
def _mit(models: Any, side: int) -> Any:
    return models.MiTBackbone(
        layerwise_depths=[1, 2],
        num_layers=2,
        layerwise_num_heads=[1, 2],
        layerwise_sr_ratios=[2, 1],
        max_drop_path_rate=0.1,
        image_shape=(side, side, 3),
        hidden_dims=[8, 16],
        layerwise_patch_sizes=[7, 3],
        layerwise_strides=[4, 2],
    )


@_family("SwinTransformer")
def _swin(models: Any, side: int) -> Any:
    return models.SwinTransformerBackbone(
        image_shape=(side, side, 3),
        embed_dim=8,
        depths=[2, 2],
        num_heads=[1, 2],
        window_size=4,
    )


@_family("MobileNetV5", head_hidden_size=32)
def _mobilenetv5(models: Any, side: int) -> Any:
    stages = [["er", "er"], ["uir", "uir"], ["mqa", "mqa"]]
    blocks = {
        "num_filters": [[8, 8], [16, 16], [16, 16]],
        "strides": [[2, 1], [2, 1], [1, 1]],
        "exp_ratios": [[4.0, 2.0], [4.0, 4.0], [1.0, 1.0]],
        "se_ratios": [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]],
        "dw_kernel_sizes": [[0, 0], [5, 3], [3, 0]],
        "dw_start_kernel_sizes": [[0, 0], [3, 0], [0, 0]],
        "dw_end_kernel_sizes": [[0, 0], [0, 3], [0, 0]],
        "exp_kernel_sizes": [[3, 3], [0, 0], [0, 0]],
        "pw_kernel_sizes": [[1, 1], [0, 0], [0, 0]],
        "num_heads": [[0, 0], [0, 0], [2, 2]],
        "key_dims": [[0, 0], [0, 0], [8, 8]],
        "value_dims": [[0, 0], [0, 0], [8, 8]],
        "kv_strides": [[0, 0], [0, 0], [2, 1]],
        "use_cpe": [[False, False], [False, False], [False, True]],
        "act_layers": [["gelu"] * 2] * 3,
    }
    return models.MobileNetV5Backbone(
        stackwise_block_types=stages,
        stackwise_num_blocks=[2, 2, 2],
        **{f"stackwise_{name}": values for name, values in blocks.items()},
        stem_size=8,
        use_msfa=False,
        act_layer="gelu",
        layer_scale_init_value=0.5,
        image_shape=(side, side, 3),
    )
