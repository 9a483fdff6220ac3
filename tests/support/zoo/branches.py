"""Two branches that a layer or an operation joins."""

from __future__ import annotations

from typing import Any

import numpy as np

from support.zoo.registry import BUILDERS, INPUT_SHAPE, Builder


def merged(name: str, merge: Builder) -> None:
    def build_merged(keras: Any) -> Any:
        inputs = keras.Input(INPUT_SHAPE)
        x = keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)
        one = keras.layers.Conv2D(4, 3, activation="tanh")(x)
        other = keras.layers.Conv2D(4, 3)(x)
        x = merge(keras)(one, other)
        x = keras.layers.GlobalAveragePooling2D()(x)
        return keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(x))

    BUILDERS[name] = build_merged


for _name in ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"):
    merged(
        f"merge-{_name.lower()}",
        lambda keras, name=_name: lambda one, other: getattr(keras.layers, name)()([one, other]),
    )


def _sums_in_pieces(keras: Any) -> Any:
    """More products in a sum than are added up in one go, and sums added to sums."""
    L = keras.layers
    inputs = keras.Input(INPUT_SHAPE)
    x = L.Rescaling(1 / 127.5, offset=-1)(inputs)
    wide = L.Conv2D(72, 3, padding="same", activation="relu")(x)
    x = L.Add()([L.Conv2D(72, 3, padding="same")(wide), wide])
    x = L.Add()([x, L.MaxPooling2D(3, strides=1, padding="same")(wide)])
    x = L.Add()([wide, L.Conv2D(72, (5, 2), padding="same")(x), x])
    x = L.ReLU()(L.Add()([L.Conv2D(72, 1)(x), wide]))
    x = L.Conv2D(9, 3, dilation_rate=2)(L.Conv2DTranspose(140, 3, strides=2, padding="same")(x))
    x = L.Dense(1100, activation="gelu")(x)
    x = L.Conv2D(4, 1)(x)
    return keras.Model(inputs, L.Dense(4, activation="softmax")(L.Flatten()(x)))


BUILDERS["sums-in-pieces"] = _sums_in_pieces


def _heads(
    L: Any, x: Any, order: tuple[int, ...] = (0, 2, 1, 3), sides: tuple[int, ...] = (-1, 2, 0)
) -> Any:
    """Return `[batch, places, channels]` as `[batch, heads, places, channels]`, or in an order."""
    import keras

    sides = tuple(side or x.shape[-1] // 2 for side in sides)
    return keras.ops.transpose(L.Reshape(sides)(x), order)


def _attending(name: str, attend: Builder) -> None:
    def build_attending(keras: Any) -> Any:
        L = keras.layers
        inputs = keras.Input(INPUT_SHAPE)
        x = L.Rescaling(1 / 127.5, offset=-1)(inputs)
        places = L.Reshape((13, 6))(L.Conv2D(6, (1, 10))(x))
        others = L.Reshape((10, 6))(L.Conv2D(6, (13, 1))(x))
        x = attend(L)(places, others)
        x = L.Flatten()(x)
        return keras.Model(inputs, L.Dense(4, activation="softmax")(x))

    BUILDERS[name] = build_attending


_attending("attention", lambda L: lambda a, b: L.Attention(use_scale=True)([a, b]))
_attending("attention-keys", lambda L: lambda a, b: L.Attention()([a, b, L.Dense(6)(b)]))
_attending("attention-concat", lambda L: lambda a, b: L.Attention(score_mode="concat")([a, b]))
_attending("attention-additive", lambda L: lambda a, b: L.AdditiveAttention()([a, b]))
_attending("attention-heads", lambda L: lambda a, b: L.MultiHeadAttention(3, 5, value_dim=4)(a, b))
_attending(
    "attention-self", lambda L: lambda a, b: L.MultiHeadAttention(2, 4, use_bias=False)(a, a)
)
_attending("attention-grouped", lambda L: lambda a, b: L.GroupQueryAttention(5, 4, 2)(a, b))
_attending("dot", lambda L: lambda a, b: L.Dot(axes=2)([a, b]))
_attending(
    "dot-vectors",
    lambda L: lambda a, b: L.Dot(axes=1)([L.Flatten()(a), L.Dense(78)(L.Flatten()(b))]),
)
_attending(
    "dot-places", lambda L: lambda a, b: L.Dot(axes=(1, 1))([a, L.Dense(13)(L.Flatten()(b))])
)
_attending(
    "matmul-heads",
    lambda L: lambda a, b: _heads(L, L.Dense(6)(a)) @ _heads(L, b, (0, 2, 3, 1)),
)
_attending(
    "matmul-many",
    lambda L: (
        lambda a, b: (
            L.Reshape((3, 6, 4, 3))(L.Dense(216)(L.Flatten()(a)))
            @ L.Reshape((3, 6, 3, 5))(L.Dense(270)(L.Flatten()(b)))
        )
    ),
)
_attending(
    "matmul-one-for-all",
    lambda L: lambda a, b: _heads(L, L.Dense(12)(a), sides=(-1, 2, 6)) @ b[:, None, :6],
)
_attending("layer-matmul", lambda L: lambda a, b: L.Permute((2, 1))(a) @ a)


def _weights(*shape: int) -> Any:
    return np.random.default_rng(8).normal(0, 0.7, shape).astype("float32")


OPERATIONS = {
    "absolute": lambda keras: lambda one, other: abs(one),
    "square": lambda keras: lambda one, other: keras.ops.square(one),
    "power": lambda keras: lambda one, other: one**3,
    "clip": lambda keras: lambda one, other: keras.ops.clip(other, -0.4, 0.3),
    "maximum-number": lambda keras: lambda one, other: keras.ops.maximum(other, 0.2),
    "minimum-number": lambda keras: lambda one, other: keras.ops.minimum(other, 0.2),
    "minimum": lambda keras: lambda one, other: keras.ops.minimum(one, other),
    "twice": lambda keras: lambda one, other: one * one + one,
    "logaddexp": lambda keras: lambda one, other: keras.ops.logaddexp(one, other),
    "per-channel": lambda keras: lambda one, other: one * _weights(4) + _weights(1, 1, 1, 4),
    "per-place": lambda keras: (
        lambda one, other: other * _weights(11, 8, 1) - _weights(1, 11, 8, 4)
    ),
    "constant-minus": lambda keras: lambda one, other: keras.ops.subtract(_weights(4), one),
    "divided-channels": lambda keras: lambda one, other: one / (_weights(4) ** 2 + 1),
    "matmul-constant": lambda keras: lambda one, other: one @ _weights(4, 3),
    "matmul-before": lambda keras: (
        lambda one, other: keras.ops.reshape(
            keras.ops.matmul(_weights(5, 8), one[:, 0]), (-1, 5, 1, 4)
        )
    ),
    "gelu-tanh": lambda keras: lambda one, other: keras.ops.gelu(other * 3),
    "relu-all": lambda keras: (
        lambda one, other: keras.activations.relu(
            other, negative_slope=0.1, max_value=0.8, threshold=0.2
        )
    ),
    "leaky-relu": lambda keras: lambda one, other: keras.ops.leaky_relu(other, 0.3),
    "elu-alpha": lambda keras: lambda one, other: keras.ops.elu(other, 0.4),
    "celu-alpha": lambda keras: lambda one, other: keras.ops.celu(other, 0.4),
    "glu-axis": lambda keras: lambda one, other: keras.ops.glu(other, axis=2),
    "hard-shrink": lambda keras: lambda one, other: keras.ops.hard_shrink(other, 0.2),
    "soft-shrink": lambda keras: lambda one, other: keras.ops.soft_shrink(other, 0.2),
    "threshold": lambda keras: lambda one, other: keras.ops.threshold(other, 0.2, 0.7),
    "threshold-zero": lambda keras: lambda one, other: keras.ops.threshold(other, 0.2, 0),
    "squareplus": lambda keras: lambda one, other: keras.ops.squareplus(other, 1.5),
    "sparse-plus": lambda keras: lambda one, other: keras.ops.sparse_plus(other * 3),
    "log-softmax": lambda keras: lambda one, other: keras.ops.log_softmax(other, axis=2),
    "softmax-axis": lambda keras: lambda one, other: keras.ops.softmax(other, axis=1) * 9,
    "layer-norm": lambda keras: lambda one, other: keras.ops.layer_normalization(other, axis=-1),
    "rms-norm": lambda keras: lambda one, other: keras.ops.rms_normalization(other, axis=-1),
    "cast": lambda keras: lambda one, other: keras.ops.cast(one, "float32"),
    "grayscale": lambda keras: lambda one, other: keras.ops.image.rgb_to_grayscale(one[..., :3]),
    "resize": lambda keras: lambda one, other: keras.ops.image.resize(one, (6, 13)),
    "mean-channels": lambda keras: lambda one, other: keras.ops.mean(one, axis=-1, keepdims=True),
    "mean-all": lambda keras: (
        lambda one, other: one * keras.ops.mean(other, axis=(1, 2, 3), keepdims=True)
    ),
    "sum": lambda keras: lambda one, other: keras.ops.sum(one, axis=2, keepdims=True) / 8,
    "max-rows": lambda keras: lambda one, other: keras.ops.max(one, axis=1, keepdims=True),
    "amin": lambda keras: lambda one, other: keras.ops.amin(one, axis=(1, 3), keepdims=True),
    "var": lambda keras: lambda one, other: keras.ops.var(one, axis=(1, 2), keepdims=True) * 9,
    "reshape": lambda keras: lambda one, other: keras.ops.reshape(one, (-1, 22, 2, 8)),
    "squeeze": lambda keras: (
        lambda one, other: keras.ops.expand_dims(keras.ops.squeeze(one[:, :1], 1), 2)
    ),
    "transpose": lambda keras: lambda one, other: keras.ops.transpose(one, (0, 3, 1, 2)),
    "swapaxes": lambda keras: lambda one, other: keras.ops.swapaxes(one, -1, 1),
    "moveaxis": lambda keras: lambda one, other: keras.ops.moveaxis(one, 3, 1),
    "concatenate": lambda keras: lambda one, other: keras.ops.concatenate([one, other], axis=2),
    "stack": lambda keras: (
        lambda one, other: keras.ops.max(keras.ops.stack([one, other], axis=-2), axis=3)
    ),
    "split": lambda keras: (
        lambda one, other: (
            keras.ops.split(one, 2, axis=-1)[1] * keras.ops.split(other, 4, axis=2)[3][:, :, 1:, 2:]
        )
    ),
    "split-places": lambda keras: (
        lambda one, other: (
            keras.ops.concatenate(keras.ops.split(one, [3, 4], axis=1)[::-1], axis=1)
            * _weights(11, 8, 4)
        )
    ),
    "unstack": lambda keras: (
        lambda one, other: keras.ops.expand_dims(
            keras.ops.unstack(one, axis=3)[2] * keras.ops.unstack(other, axis=3)[0], -1
        )
    ),
    "roll": lambda keras: (
        lambda one, other: keras.ops.roll(one, (3, -2), (1, 2)) * _weights(11, 8, 4)
    ),
    "roll-back": lambda keras: (
        lambda one, other: keras.ops.roll(one, -1, axis=-1) * _weights(11, 8, 4)
    ),
    "pad-infinity": lambda keras: (
        lambda one, other: keras.ops.max_pool(
            keras.ops.pad(one, ((0, 0), (1, 1), (2, 1), (0, 0)), constant_values=float("-inf")),
            (2, 3),
            2,
        )
    ),
    "pad-infinity-positive": lambda keras: (
        lambda one, other: keras.ops.max_pool(
            keras.ops.pad(
                keras.ops.relu(one),
                ((0, 0), (1, 1), (1, 1), (0, 0)),
                constant_values=float("-inf"),
            ),
            3,
            2,
        )
    ),
    "rms-product": lambda keras: (
        lambda one, other: (
            other
            * keras.ops.rsqrt(
                keras.ops.mean(keras.ops.square(other), axis=-1, keepdims=True) + 0.01
            )
            + one
        )
    ),
    "flip": lambda keras: (
        lambda one, other: one + keras.ops.flip(other, axis=1) * _weights(11, 8, 4)
    ),
    "repeat": lambda keras: lambda one, other: keras.ops.repeat(one, 2, axis=3),
    "tile": lambda keras: lambda one, other: keras.ops.tile(one, (1, 1, 1, 2)),
    "pad": lambda keras: (
        lambda one, other: keras.ops.pad(one, ((0, 0), (1, 0), (0, 2), (0, 1)), constant_values=2)
    ),
    "pad-reflect": lambda keras: (
        lambda one, other: keras.ops.pad(one, ((0, 0), (3, 1), (0, 2), (0, 0)), mode="reflect")
    ),
    "take": lambda keras: lambda one, other: keras.ops.take(one, [2, 0, 3], axis=-1),
    "slice": lambda keras: lambda one, other: one[:, 2:-1, ::3, 1:3],
    "slice-reversed": lambda keras: lambda one, other: one[:, ::-2, :, 3:0:-1] * _weights(6, 8, 3),
    "index": lambda keras: lambda one, other: one[:, None, -1, ..., 1:],
    "average-pool": lambda keras: lambda one, other: keras.ops.average_pool(one, 2),
    "max-pool": lambda keras: lambda one, other: keras.ops.max_pool(one, 3, 2, padding="same"),
    "conv": lambda keras: lambda one, other: keras.ops.conv(one, _weights(3, 2, 4, 5)),
    "depthwise-conv": lambda keras: (
        lambda one, other: keras.ops.depthwise_conv(one, _weights(3, 2, 4, 2), padding="same")
    ),
    "space-to-depth": lambda keras: lambda one, other: keras.ops.space_to_depth(one[:, 1:], 2),
    "depth-to-space": lambda keras: lambda one, other: keras.ops.depth_to_space(one, 2),
    "add-number": lambda keras: lambda one, other: one + 3.0,
    "number-minus": lambda keras: lambda one, other: 2.0 - one,
    "minus-number": lambda keras: lambda one, other: one - 2,
    "times-number": lambda keras: lambda one, other: 0.5 * one,
    "divided": lambda keras: lambda one, other: one / 4,
    "negative": lambda keras: lambda one, other: -one,
    "sum-of-two": lambda keras: lambda one, other: one + other,
    "difference": lambda keras: lambda one, other: one - other,
    "product": lambda keras: lambda one, other: one * other,
    "maximum": lambda keras: lambda one, other: keras.ops.maximum(one, other),
    "relu": lambda keras: lambda one, other: keras.ops.relu(one),
    "hard-silu": lambda keras: lambda one, other: keras.ops.hard_silu(one),
    "softmax": lambda keras: lambda one, other: keras.ops.softmax(one),
    "mean-keepdims": lambda keras: (
        lambda one, other: (
            one * keras.ops.sigmoid(keras.ops.mean(other, axis=[1, 2], keepdims=True))
        )
    ),
}
for _name, _merge in OPERATIONS.items():
    merged(f"operation-{_name}", _merge)
