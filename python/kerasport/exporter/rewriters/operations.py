"""Operations on tensors that Keras recorded as nodes: `x + 3`, `x * y`, `keras.ops.mean(x)`."""

from __future__ import annotations

from typing import Any

from kerasport.exporter.graph import Node
from kerasport.exporter.rewriters.activations import NATIVE, add_activation
from kerasport.exporter.rewriters.builder import Builder, Unsupported, rewrites


def _operands(node: Node) -> list[Any]:
    """Return the arguments: None for a tensor, in its place, or the number."""
    operands = list(node.config.get("arguments", []))
    for operand in operands:
        if operand is not None and not isinstance(operand, (int, float)):
            raise Unsupported(
                f"its operand {operand!r} is neither a tensor nor a number",
                "use a layer instead of an operation on tensors",
            )
    return operands


def _two_tensors(build: Builder, operands: list[Any]) -> bool:
    if not all(operand is None for operand in operands):
        return False
    if len(build.inputs) != 2 or len({len(build.shape(name)) for name in build.inputs}) != 1:
        raise Unsupported("its two tensors differ in rank", "give them equal ranks with Reshape")
    return True


@rewrites("operation:Add")
def _add(node: Node, build: Builder) -> str:
    operands = _operands(node)
    if _two_tensors(build, operands):
        return build.layer("Add", {})
    number = next(operand for operand in operands if operand is not None)
    return build.scaled(build.inputs[0], 1, number)


@rewrites("operation:Subtract")
def _subtract(node: Node, build: Builder) -> str:
    operands = _operands(node)
    if _two_tensors(build, operands):
        negative = build.scaled(build.inputs[1], -1, suffix="negative")
        return build.layer("Add", {}, inputs=[build.inputs[0], negative])
    if operands[0] is None:
        return build.scaled(build.inputs[0], 1, -operands[1])
    return build.scaled(build.inputs[0], -1, operands[0])


@rewrites("operation:Multiply")
def _multiply(node: Node, build: Builder) -> str:
    operands = _operands(node)
    if _two_tensors(build, operands):
        return build.layer("Multiply", {})
    number = next(operand for operand in operands if operand is not None)
    return build.scaled(build.inputs[0], number)


@rewrites("operation:TrueDivide", "operation:Divide")
def _divide(node: Node, build: Builder) -> str:
    operands = _operands(node)
    if len(operands) != 2 or operands[0] is not None or operands[1] is None:
        raise Unsupported("it divides by a tensor", "divide by a number, or multiply")
    return build.scaled(build.inputs[0], 1 / operands[1])


@rewrites("operation:Negative")
def _negative(node: Node, build: Builder) -> str:
    return build.scaled(build.inputs[0], -1)


@rewrites("operation:Maximum", "operation:Minimum")
def _extreme(node: Node, build: Builder) -> str:
    if not _two_tensors(build, _operands(node)):
        raise Unsupported("one of its operands is a number", "use a ReLU layer")
    return build.layer(node.class_name.removeprefix("operation:"), {})


@rewrites("operation:Mean", "operation:Max")
def _reduce(node: Node, build: Builder) -> str:
    axis = node.config.get("axis")
    axes = sorted(axis) if isinstance(axis, (list, tuple)) else axis
    if len(build.shape()) != 3 or axes not in ([1, 2], [-3, -2]):
        raise Unsupported(f"it reduces over axis={axis}", "reduce over axis=[1, 2]")
    operation = node.class_name.removeprefix("operation:")
    pooling = {"Mean": "GlobalAveragePooling2D", "Max": "GlobalMaxPooling2D"}[operation]
    config = {"data_format": "channels_last"}
    if not node.config.get("keepdims"):
        return build.layer(pooling, config)
    pooled = build.layer(pooling, config, suffix="pooled")
    return build.layer("Reshape", {"target_shape": [1, 1, build.shape()[2]]}, inputs=pooled)


_FUNCTIONS = {
    "Relu": "relu",
    "Relu6": "relu6",
    "Sigmoid": "sigmoid",
    "Silu": "silu",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "HardTanh": "hard_tanh",
    "LogSigmoid": "log_sigmoid",
    "Mish": "mish",
    "Selu": "selu",
    "TanhShrink": "tanh_shrink",
}


@rewrites(*(f"operation:{name}" for name in _FUNCTIONS))
def _function(node: Node, build: Builder) -> str:
    name = _FUNCTIONS[node.class_name.removeprefix("operation:")]
    return add_activation(build, build.inputs[0], name)


@rewrites("operation:Softmax")
def _softmax(node: Node, build: Builder) -> str:
    if node.config.get("axis", -1) not in (-1, len(build.shape())):
        raise Unsupported(f"its axis is {node.config['axis']}", "use axis=-1")
    return build.layer("Softmax", {"axis": -1})


@rewrites("operation:Gelu")
def _gelu(node: Node, build: Builder) -> str:
    if node.config.get("approximate", True):
        raise Unsupported(
            "TensorFlow.js' approximate gelu has another formula", "use approximate=False"
        )
    return build.layer("Activation", {"activation": NATIVE["gelu"]})
