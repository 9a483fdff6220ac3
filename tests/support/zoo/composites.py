"""Layers with layers of their own inside."""

from __future__ import annotations

from typing import Any

from support.zoo.branches import _weights
from support.zoo.registry import INPUT_SHAPE, around, model
from support.zoo.whole_models import residual


@model("subclass-of-functional")
def _subclass_of_functional(keras: Any) -> Any:
    class Trainer(keras.Model):
        def train_step(self, data: Any) -> Any:
            return super().train_step(data)

    inner = residual(keras)
    return Trainer(inner.inputs[0], inner.outputs[0])


@model("composite")
def _composite(keras: Any) -> Any:
    L = keras.layers

    class Block(L.Layer):
        """Layers, operations and a weight of its own, which it has on either side of a product."""

        def __init__(self, filters: int) -> None:
            super().__init__()
            self.conv = L.Conv2D(filters, 3, padding="same", name="inner")
            self.normal = L.BatchNormalization(name="inner_normal")
            self.scale = self.add_weight(
                shape=(filters,), initializer="random_normal", name="kernel"
            )

        def call(self, x: Any, training: bool = False) -> Any:
            y = self.normal(self.conv(x), training=training)
            if training:
                y = y * 100
            return self.scale * keras.ops.gelu(y) + (x if x.shape == y.shape else self.scale)

    # Both hold layers and weights of equal names.
    return around(keras, Block(5), Block(5))


@model("composite-of-models")
def _composite_of_models(keras: Any) -> Any:
    L = keras.layers

    class Branches(keras.Model):
        """A subclassed model: no inputs and outputs of its own."""

        def __init__(self) -> None:
            super().__init__()
            self.first = keras.Sequential([L.Conv2D(4, 3), L.ReLU(), L.Dropout(0.5)])
            self.second = L.Conv2D(4, 3, activation=lambda x: x * keras.ops.sigmoid(2 * x))

        def call(self, x: Any, training: Any = None) -> Any:
            return self.first(x, training=training), {"second": self.second(x)}

    class Sum(L.Layer):
        def call(self, pair: Any) -> Any:
            first, rest = pair
            return first + rest["second"]

    inputs = keras.Input(INPUT_SHAPE)
    x = Sum()(Branches()(L.Rescaling(1 / 127.5, offset=-1)(inputs)))
    x = L.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, L.Dense(4, activation="softmax")(x))


@model("composite-of-subclasses")
def _composite_of_subclasses(keras: Any) -> Any:
    L = keras.layers

    class Normal(L.BatchNormalization):
        """A layer of Keras with another default."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(epsilon=0.02, **settings)

    class Doubled(L.Conv2D):
        """A layer of Keras that computes something else."""

        def call(self, x: Any) -> Any:
            return 2 * super().call(x)

    return around(keras, Doubled(5, 3, strides=2), Normal(), Doubled(4, 2, activation="relu"))


@model("composite-tokens")
def _composite_tokens(keras: Any) -> Any:
    L, ops = keras.layers, keras.ops

    class Tokens(L.Layer):
        """Constants between and beside the places of the picture, as a Vision Transformer's."""

        def __init__(self) -> None:
            super().__init__()
            self.token = self.add_weight(shape=(1, 1, 4), initializer="random_normal")
            self.positions = L.Embedding(16, 4, embeddings_initializer="random_normal")

        def call(self, x: Any) -> Any:
            token = ops.tile(self.token, (ops.shape(x)[0], 1, 1))
            x = ops.concatenate([token, x[:, :5], 2 * token, token, x[:, 5:]], axis=1)
            x = ops.add(x, self.positions(ops.expand_dims(ops.arange(16), axis=0)))
            return ops.max(ops.stack([x, ops.zeros_like(self.token) + 0.1 * x, x], axis=2), axis=2)

    x = L.Reshape((13, 4)), Tokens(), L.LayerNormalization(), L.Reshape((4, 4, 4))
    return around(keras, L.Conv2D(4, (1, 10)), *x)


@model("composite-windows")
def _composite_windows(keras: Any) -> Any:
    L, ops = keras.layers, keras.ops

    class Windows(L.Layer):
        """Attention inside windows, all of which go into the batch, as in a Swin Transformer."""

        def __init__(self) -> None:
            super().__init__()
            self.normal = L.LayerNormalization(axis=2)
            self.qkv = L.Dense(12)

        def call(self, x: Any) -> Any:
            batch, height, width, channels = ops.shape(x)
            x = ops.reshape(x, (batch, height // 3, 3, width // 5, 5, channels))
            x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
            x = self.qkv(self.normal(ops.reshape(x, (-1, 15, channels))))
            x = ops.reshape(x, (ops.shape(x)[0], 15, 3, 2, 2))
            query, key, value = ops.unstack(ops.transpose(x, (2, 0, 3, 1, 4)), axis=0)
            shares = ops.softmax(query @ ops.swapaxes(key, 2, 3) + _weights(1, 2, 15, 15))
            x = ops.transpose(shares @ value, (0, 2, 1, 3))
            x = ops.reshape(x, (batch, height // 3, width // 5, 3, 5, 4))
            x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
            return ops.reshape(x, (batch, height, width, 4)) * _weights(12, 10, 4)

    return around(keras, L.Conv2D(4, (2, 1), activation="tanh"), Windows())
