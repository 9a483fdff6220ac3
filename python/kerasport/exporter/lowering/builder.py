"""What a rewriter works with: the builder that appends TensorFlow.js layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.graph.graph import Graph, Node, Weights
from kerasport.exporter.graph.shapes import Shape, output_shape
from kerasport.exporter.graph.weight_shapes import wrong_weight
from kerasport.exporter.lowering.refused import Unsupported

__all__ = ["Builder"]

_MAX_VALUES = 1 << 27
"""Most values of one layer's output for one picture: 512 MiB in float32."""

Numbers = NDArray[Any]


class Builder:
    """Appends the TensorFlow.js layers that stand for one Keras layer.

    Every method that appends returns the name of the layer that gives the result, which can be
    used as input of further ones. The layer that a rewriter returns takes over the Keras layer's
    own name, whether it was built with a suffix or not. Axes count without the batch, from 0.

    Attributes:
        inputs: names of the layers that feed the Keras layer.
        rewriters: the whole table, for layers that hold other layers.
    """

    def __init__(
        self,
        node: Node,
        inputs: list[str],
        *,
        graph: Graph,
        shapes: dict[str, Shape],
        rewriters: Mapping[str, Callable[[Node, Builder], str]],
    ) -> None:
        self.inputs = inputs
        self.rewriters = rewriters
        self._node = node
        self._graph = graph
        self._shapes = shapes
        self._appended: list[str] = []

    def shape(self, name: str | None = None) -> Shape:
        """Return the shape, without the batch, of a layer's output; of the input by default."""
        return self._shapes[self.inputs[0] if name is None else name]

    def append(
        self,
        class_name: str,
        config: dict[str, Any],
        *,
        inputs: str | Sequence[str] | None = None,
        weights: Weights | None = None,
        suffix: str | None = None,
    ) -> str:
        """Append a layer and return its name.

        Args:
            class_name: a layer of TensorFlow.js.
            config: its settings, as TensorFlow.js names them.
            inputs: the layers that feed it; those of the Keras layer by default.
            weights: arrays by TensorFlow.js' variable names, in its order.
            suffix: follows the Keras layer's name; without it the layer takes the name over.
        """
        if inputs is None:
            inputs = self.inputs
        sources = [inputs] if isinstance(inputs, str) else list(inputs)
        name = self._node.name if suffix is None else f"{self._node.name}_{suffix}"
        name = self._graph.fresh_name(name)
        settings = {"name": name, "dtype": "float32", **config}
        if class_name != "InputLayer":
            settings["trainable"] = False
        node = Node(name, class_name, settings, sources, dict(weights or {}))
        shapes = [self._shapes[source] for source in sources]
        output = output_shape(node, shapes)
        _check_shape(output)
        wrong = wrong_weight(node, shapes)
        if wrong is not None:
            raise Unsupported(wrong, "save or convert the model again, whole")
        self._shapes[name] = output
        self._graph.nodes[name] = node
        self._appended.append(name)
        return name

    def finish(self, output: str) -> str:
        """Give the layer that ends this rewriting the Keras layer's name; return its name."""
        name = self._node.name
        if output not in self._appended or name in self._graph.nodes:
            return output
        nodes = self._graph.nodes
        for appended in self._appended[self._appended.index(output) :]:
            # Taken out and put in again, so that the order stays.
            node = nodes.pop(appended)
            node.inputs = [name if source == output else source for source in node.inputs]
            if appended == output:
                node.name = node.config["name"] = name
            nodes[node.name] = node
        self._shapes[name] = self._shapes.pop(output)
        return name

    def scale(
        self, source: str, scale: float, offset: float = 0.0, *, suffix: str | None = None
    ) -> str:
        """Append `source * scale + offset`."""
        config = {"scale": float(scale), "offset": float(offset)}
        return self.append("Rescaling", config, inputs=source, suffix=suffix)

    def scale_channels(
        self,
        source: str,
        scale: Numbers,
        offset: Numbers | None = None,
        *,
        suffix: str | None = None,
    ) -> str:
        """Append `source * scale + offset` with one value per channel, as a normalisation.

        A BatchNormalization of mean 0, variance 1 and epsilon 0 does just that.
        """
        scale = np.asarray(scale, np.float32).reshape(-1)
        weights: Weights = {"gamma": scale}
        if offset is not None:
            weights["beta"] = np.asarray(offset, np.float32).reshape(-1)
        weights["moving_mean"] = np.zeros_like(scale)
        weights["moving_variance"] = np.ones_like(scale)
        config = {
            "axis": -1,
            "momentum": 0.99,
            "epsilon": 0.0,
            "center": offset is not None,
            "scale": True,
        }
        return self.append(
            "BatchNormalization", config, inputs=source, weights=weights, suffix=suffix
        )

    def negate(self, source: str) -> str:
        """Append -x."""
        return self.scale(source, -1, suffix="negative")

    def add(self, *sources: str) -> str:
        """Append the sum of several tensors of one rank; sides of 1 are broadcast."""
        return self.append("Add", {}, inputs=sources, suffix="sum")

    def multiply(self, *sources: str) -> str:
        """Append the product of several tensors of one rank; sides of 1 are broadcast."""
        return self.append("Multiply", {}, inputs=sources, suffix="product")

    def add_constant(self, source: str, array: Numbers) -> str:
        """Append the sum with a constant that broadcasts to the tensor's shape."""
        return self._with_constant(source, np.asarray(array), scales=False)

    def multiply_constant(self, source: str, array: Numbers) -> str:
        """Append the product with a constant that broadcasts to the tensor's shape."""
        return self._with_constant(source, np.asarray(array), scales=True)

    def _with_constant(self, source: str, array: Numbers, *, scales: bool) -> str:
        if array.size == 1:
            number = float(array.reshape(()))
            pair = (number, 0.0) if scales else (1.0, number)
            return self.scale(source, *pair, suffix="constant")
        shape = self.shape(source)
        if array.ndim == len(shape) + 1 and array.shape[0] == 1:
            array = array[0]
        if array.ndim > len(shape) or np.broadcast_shapes(array.shape, shape) != shape:
            raise Unsupported(
                f"its constant of shape {list(array.shape)} does not fit the tensor of shape "
                f"{['batch', *shape]} without enlarging it",
                "enlarge the tensor first, for example with UpSampling2D",
            )
        if math.prod(array.shape[:-1]) > 1 or len(shape) > 3:
            # One value per place: as channels, all places together.
            array = np.broadcast_to(array, shape)
            source = self.reshape(source, (math.prod(shape),))
        values = np.broadcast_to(array.reshape(-1), self.shape(source)[-1:])
        scale, offset = (values, None) if scales else (np.ones_like(values), values)
        result = self.scale_channels(source, scale, offset, suffix="constant")
        return self.reshape(result, shape)

    def multiply_axis(self, source: str, axis: int, matrix: Numbers) -> str:
        """Append the product of one axis with a matrix `[old side, new side]`.

        The axis is brought to the end, where a Dense layer multiplies it.
        """
        rank = len(self.shape(source))
        order = [each for each in range(rank) if each != axis] + [axis]
        last = self.permute(source, order)
        config = {"units": int(matrix.shape[1]), "use_bias": False, "activation": "linear"}
        kernel = np.ascontiguousarray(matrix, np.float32)
        product = self.append(
            "Dense", config, inputs=last, weights={"kernel": kernel}, suffix="multiplied"
        )
        return self.permute(product, [order.index(each) for each in range(rank)])

    def reshape(self, source: str, shape: Sequence[int]) -> str:
        """Append the same values in another shape."""
        if tuple(shape) == self.shape(source):
            return source
        config = {"target_shape": [int(side) for side in shape]}
        return self.append("Reshape", config, inputs=source, suffix="reshaped")

    def permute(self, source: str, order: Sequence[int]) -> str:
        """Append the tensor with its axes in this order."""
        if list(order) == sorted(order):
            return source
        shape = self.shape(source)
        # Axes of length 1 move nothing: a view is cheaper than a copy.
        moved = [axis for axis in order if shape[axis] > 1]
        if moved == sorted(moved):
            return self.reshape(source, [shape[axis] for axis in order])
        dims = [int(axis) + 1 for axis in order]
        return self.append("Permute", {"dims": dims}, inputs=source, suffix="permuted")

    def join(self, source: str, axes: Sequence[int]) -> tuple[str, list[int]]:
        """Append the tensor with these axes joined as the last one.

        Returns:
            The layer, and the order of the tensor's axes before they were joined.
        """
        shape = self.shape(source)
        order = [axis for axis in range(len(shape)) if axis not in axes] + list(axes)
        last = self.permute(source, order)
        sides = [shape[axis] for axis in order[: len(shape) - len(axes)]]
        size = math.prod(shape[axis] for axis in axes)
        return self.reshape(last, [*sides, size]), order

    def split_apart(self, source: str, order: Sequence[int], shape: Sequence[int]) -> str:
        """Append what undoes `join`: `order` is what that returned, `shape` the shape before."""
        apart = self.reshape(source, [shape[axis] for axis in order])
        return self.permute(apart, [list(order).index(axis) for axis in range(len(shape))])

    def slice(self, source: str, axis: int, start: int, stop: int, step: int = 1) -> str:
        """Append `start:stop:step`, with a positive step, of one axis.

        The axis becomes the width of a picture: `Cropping2D` cuts it, and pooling over single
        pixels takes every so many.
        """
        shape = self.shape(source)
        side = shape[axis]
        if (start, stop, step) == (0, side, 1):
            return source
        before, behind = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
        cut = self.reshape(source, (before, side, behind))
        layout = {"data_format": "channels_last"}
        if (start, stop) != (0, side):
            config: dict[str, Any] = {"cropping": [[0, 0], [start, side - stop]], **layout}
            cut = self.append("Cropping2D", config, inputs=cut, suffix="cut")
        if step > 1:
            config = {"pool_size": [1, 1], "strides": [1, step], "padding": "valid", **layout}
            cut = self.append("MaxPooling2D", config, inputs=cut, suffix="thinned")
        sides = (*shape[:axis], self.shape(cut)[1], *shape[axis + 1 :])
        return self.reshape(cut, sides)

    def take(self, source: str, axis: int, indexes: Sequence[int]) -> str:
        """Append these positions of one axis: a product with zeros and ones, which is exact."""
        side = self.shape(source)[axis]
        if list(indexes) == list(range(side)):
            return source
        matrix = np.zeros((side, len(indexes)), np.float32)
        matrix[list(indexes), range(len(indexes))] = 1
        return self.multiply_axis(source, axis, matrix)

    def reduce(self, source: str, axes: Sequence[int], kind: str, *, keepdims: bool) -> str:
        """Append the `Average` or `Max` of axes: global pooling of a picture one pixel wide."""
        shape = self.shape(source)
        kept = [axis for axis in range(len(shape)) if axis not in axes]
        first = self.permute(source, [*sorted(axes), *kept])
        count = math.prod(shape[axis] for axis in axes)
        sides = [shape[axis] for axis in kept]
        column = self.reshape(first, (count, 1, math.prod(sides)))
        layout = {"data_format": "channels_last"}
        pooled = self.append(f"Global{kind}Pooling2D", layout, inputs=column, suffix="pooled")
        if keepdims:
            sides = [1 if axis in axes else side for axis, side in enumerate(shape)]
        # A tensor with nothing but the batch has no layer in TensorFlow.js.
        return self.reshape(pooled, sides or [1])


def _check_shape(shape: Shape) -> None:
    """Refuse an output without values, and one that would fill the memory."""
    if any(isinstance(side, int) and side < 1 for side in shape):
        raise Unsupported(
            f"its output would have the shape {list(shape)}, which holds nothing",
            "give it a larger input, or a smaller window",
        )
    size = math.prod(side or 1 for side in shape)
    if size > _MAX_VALUES:
        raise Unsupported(
            f"its output would have the shape {list(shape)}, which is {size:,} values of one "
            f"picture; {_MAX_VALUES:,} are the most",
            "use smaller pictures",
        )
