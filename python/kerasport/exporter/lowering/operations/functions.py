"""Activations and normalisations as operations: `keras.ops.relu(x)`, `keras.ops.softmax(x)`."""

from __future__ import annotations

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.configuration import feature_axes
from kerasport.exporter.lowering.formulas import (
    append_celu,
    append_elu,
    append_glu,
    append_hard_shrink,
    append_leaky_relu,
    append_soft_shrink,
    append_squareplus,
    append_tanh_gelu,
    append_threshold,
)
from kerasport.exporter.lowering.layers.activations import append_activation, append_softmax
from kerasport.exporter.lowering.layers.normalizations import (
    append_layer_normalization,
    append_root_mean_square,
)
from kerasport.exporter.lowering.operations.operands import operands_of
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

rewrites = Rewriters()


_FUNCTIONS = {
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "HardTanh": "hard_tanh",
    "LogSigmoid": "log_sigmoid",
    "Mish": "mish",
    "Relu": "relu",
    "Relu6": "relu6",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Silu": "silu",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "SparsePlus": "sparse_plus",
    "SparseSigmoid": "sparse_sigmoid",
    "Tanh": "tanh",
    "TanhShrink": "tanh_shrink",
}


@rewrites(*(f"operation:{name}" for name in _FUNCTIONS))
def _function(node: Node, build: Builder) -> str:
    name = _FUNCTIONS[node.class_name.removeprefix("operation:")]
    return append_activation(build, build.inputs[0], name)


@rewrites("operation:Softmax", "operation:LogSoftmax")
def _softmax(node: Node, build: Builder) -> str:
    name = "softmax" if node.class_name == "operation:Softmax" else "log_softmax"
    return append_softmax(build, build.inputs[0], node.config.get("axis", -1), name)


@rewrites("operation:Gelu")
def _gelu(node: Node, build: Builder) -> str:
    if node.config.get("approximate", True):
        return append_tanh_gelu(build, build.inputs[0])
    return append_activation(build, build.inputs[0], "gelu")


@rewrites("operation:LeakyRelu")
def _leaky_relu(node: Node, build: Builder) -> str:
    return append_leaky_relu(build, build.inputs[0], float(node.config["negative_slope"]))


@rewrites("operation:Elu")
def _elu(node: Node, build: Builder) -> str:
    return append_elu(build, build.inputs[0], float(node.config["alpha"]))


@rewrites("operation:Celu")
def _celu(node: Node, build: Builder) -> str:
    return append_celu(build, build.inputs[0], float(node.config["alpha"]))


@rewrites("operation:Glu")
def _glu(node: Node, build: Builder) -> str:
    (axis,) = feature_axes(node.config["axis"], len(build.shape()))
    return append_glu(build, build.inputs[0], axis)


@rewrites("operation:HardShrink")
def _hard_shrink(node: Node, build: Builder) -> str:
    return append_hard_shrink(build, build.inputs[0], float(node.config["threshold"]))


@rewrites("operation:SoftShrink")
def _soft_shrink(node: Node, build: Builder) -> str:
    return append_soft_shrink(build, build.inputs[0], float(node.config["threshold"]))


@rewrites("operation:Threshold")
def _threshold(node: Node, build: Builder) -> str:
    threshold, default = node.config["threshold"], node.config["default_value"]
    return append_threshold(build, build.inputs[0], float(threshold), float(default))


@rewrites("operation:Squareplus")
def _squareplus(node: Node, build: Builder) -> str:
    return append_squareplus(build, build.inputs[0], float(node.config["b"]))


@rewrites("operation:LayerNorm", "operation:RMSNorm")
def _normalized(node: Node, build: Builder) -> str:
    axes = sorted(feature_axes(node.config["axis"], len(build.shape())))
    # Keras' own epsilon where none is given.
    epsilon = float(node.config.get("epsilon") or 1e-7)
    constants = [constant for constant in operands_of(node) if constant is not None]
    if constants or len(build.inputs) > 1 or node.config.get("rms_scaling"):
        raise Unsupported("it scales what it normalises", "multiply and add behind it")
    if node.class_name == "operation:RMSNorm":
        return append_root_mean_square(build, build.inputs[0], axes, epsilon)
    return append_layer_normalization(build, build.inputs[0], axes, epsilon)
