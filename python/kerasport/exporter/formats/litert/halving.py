"""Weights of a `.tflite` model in float16, exactly those that the bundle holds so.

The converter's own way rounds every number of the model, its scaling of the pixels too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["halve_weights"]

_DEQUANTIZE, _VERSION_FOR_FLOAT16 = 6, 3
_FLOAT32, _FLOAT16 = 0, 1
_LEAST = 64
"""Values of a weight that is worth an operation of its own."""


def halve_weights(schema: Any, model: Any) -> None:
    """Store weights that float16 holds exactly in it, in place.

    Args:
        schema: the generated code of LiteRT's schema.
        model: its `ModelT`.
    """
    (graph,) = model.subgraphs
    operations = []
    freed: set[int] = set()
    for place, tensor in enumerate(list(graph.tensors)):
        data = model.buffers[tensor.buffer].data
        if tensor.type != _FLOAT32 or data is None or len(data) < 4 * _LEAST:
            continue
        values = np.frombuffer(np.asarray(data, np.uint8).tobytes(), "<f4")
        with np.errstate(over="ignore"):
            half = values.astype("<f2")
        if not (half.astype("<f4") == values).all():
            continue
        buffer, stored, operation = schema.BufferT(), schema.TensorT(), schema.OperatorT()
        buffer.data = np.frombuffer(half.tobytes(), np.uint8)
        stored.buffer, stored.type = len(model.buffers), _FLOAT16
        stored.shape, stored.name = tensor.shape, tensor.name + b"/float16"
        operation.opcodeIndex = len(model.operatorCodes)
        operation.inputs, operation.outputs = [len(graph.tensors)], [place]
        model.buffers.append(buffer)
        graph.tensors.append(stored)
        freed.add(tensor.buffer)
        # The first buffer is the empty one.
        tensor.buffer = 0
        operations.append(operation)
    if operations:
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = _DEQUANTIZE
        code.version = _VERSION_FOR_FLOAT16
        model.operatorCodes.append(code)
        graph.operators = [*operations, *graph.operators]
    used = {tensor.buffer for tensor in graph.tensors}
    for place in freed - used:
        model.buffers[place].data = None
