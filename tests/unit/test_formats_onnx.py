"""Each layer as ONNX has it, run by onnxruntime and checked by ONNX's own checker."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.graphs import (
    PICTURES,
    chain,
    conv,
    dense,
    depthwise,
    layer,
    normal,
    run,
    scaling,
    transposed,
    uniform,
)

from kerasport.errors import ExportError
from kerasport.exporter.formats.onnx import PLAIN, Ends, onnx_model
from kerasport.exporter.formats.onnx.layers.table import RULES
from kerasport.exporter.graph import Graph, Node
from kerasport.exporter.stored_weight import quantize_array
from kerasport.runtime.activations import ACTIVATIONS, softmax
from kerasport.runtime.layers import LAYERS

onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra 'formats'")

FIRST = Ends("pixel_values", "logits", channels_first=True)

WINDOWS = {
    "valid": {"strides": [1, 1], "padding": "valid"},
    # 6 rows by 3 and 4 columns by 2: the rest of the padding is odd in one direction.
    "same": {"strides": [2, 1], "padding": "same"},
    "far": {"strides": [3, 4], "padding": "same"},
}


def norm(**config: Any) -> Node:
    weights = {"gamma": uniform(3), "beta": uniform(3)}
    return Node("norm", "LayerNormalization", {"axis": [3], "epsilon": 1e-3, **config}, [], weights)


def slopes() -> Node:
    return Node("prelu", "PReLU", {}, [], {"alpha": uniform(6, 4, 3)})


def branches(*merges: str) -> Graph:
    """A convolution beside the pixels themselves, merged one way after the other."""
    graph = chain(conv("conv", filters=3, kernel_size=[3, 3], padding="same"))
    for name in merges:
        axis = {"axis": -1} if name == "Concatenate" else {}
        node = Node(name, name, axis, [graph.output, graph.output if axis else "in"])
        graph.nodes[name] = node
        graph.output = name
    return graph


def gated() -> Graph:
    """A gate of one number a channel, `[1, 1, channels]`, over a picture."""
    graph = chain(conv(filters=3, padding="same"))
    graph.nodes["mean"] = Node("mean", "GlobalAveragePooling2D", {}, ["conv"])
    graph.nodes["gate"] = Node("gate", "Reshape", {"target_shape": [1, 1, 3]}, ["mean"])
    graph.nodes["times"] = Node("times", "Multiply", {}, ["conv", "gate", "in"])
    graph.output = "times"
    return graph


def zeros_around(*rest: Node) -> Graph:
    """A picture with values below zero, in zeros."""
    return chain(conv(), layer("ZeroPadding2D", padding=[[1, 1], [1, 1]]), *rest)


def product(first: int, second: int) -> Graph:
    """A matrix of the pixels times another one of them."""
    graph = chain(layer("Reshape", "rows", target_shape=[6, 12] if first == 2 else [12, 6]))
    sides = [12, 6] if second == 1 else [6, 12]
    graph.nodes["columns"] = Node("columns", "Reshape", {"target_shape": sides}, ["in"])
    graph.nodes["dot"] = Node("dot", "Dot", {"axes": [first, second]}, ["rows", "columns"])
    graph.output = "dot"
    return graph


CASES: dict[str, Graph] = {
    **{f"conv-{name}": chain(conv(**window)) for name, window in WINDOWS.items()},
    "conv-dilated": chain(conv(dilation_rate=[2, 1], padding="same")),
    "conv-bare": chain(conv(use_bias=False, activation="relu6")),
    **{f"depthwise-{name}": chain(depthwise(**window)) for name, window in WINDOWS.items()},
    **{f"transposed-{name}": chain(transposed(**window)) for name, window in WINDOWS.items()},
    "transposed-far-valid": chain(transposed(strides=[4, 3], kernel_size=[3, 2])),
    **{
        f"{kind}-{name}": chain(layer(kind, pool_size=[3, 2], **window))
        for kind in ("AveragePooling2D", "MaxPooling2D")
        for name, window in WINDOWS.items()
    },
    **{
        f"{kind}-of-zeros-around": zeros_around(layer(kind, pool_size=[3, 3]))
        for kind in ("AveragePooling2D", "MaxPooling2D")
    },
    "global-average": chain(layer("GlobalAveragePooling2D")),
    "global-maximum": chain(conv(), layer("GlobalMaxPooling2D")),
    "batch-normalization": chain(normal(3), conv(), normal(6, "second")),
    "batch-normalization-of-values": chain(layer("Flatten"), normal(72, shift=False)),
    "layer-normalization": chain(norm()),
    "layer-normalization-of-channels": chain(conv(filters=3), norm()),
    "layer-normalization-of-rows": chain(layer("Reshape", target_shape=[24, 3]), norm()),
    "rescaling": chain(scaling([2.0, -1.0, 0.5], [0.1, 0.0, -3.0])),
    "rescaling-of-channels": chain(conv(filters=3), scaling([2.0, -1.0, 0.5], 1.5)),
    "relu": chain(layer("ReLU")),
    "relu-limited": chain(conv(), layer("ReLU", max_value=0.4)),
    "leaky": chain(layer("LeakyReLU", alpha=0.25)),
    "thresholded": chain(layer("ThresholdedReLU", theta=0.5)),
    "prelu": chain(slopes()),
    "prelu-of-channels": chain(conv(filters=3, padding="same"), slopes()),
    "softmax": chain(layer("Softmax")),
    "softmax-of-channels": chain(conv(), layer("Softmax")),
    "upsampling": chain(layer("UpSampling2D", size=[2, 3], interpolation="nearest")),
    "padding": chain(layer("ZeroPadding2D", padding=[[1, 0], [2, 3]])),
    "cropping": chain(layer("Cropping2D", cropping=[[1, 0], [0, 2]])),
    "flatten-of-channels": chain(conv(), layer("Flatten")),
    "reshape": chain(conv(filters=3), layer("Reshape", target_shape=[-1, 2]), dense(2)),
    "permute": chain(conv(filters=3), layer("Permute", dims=[2, 3, 1])),
    "dense": chain(layer("Flatten"), dense(72)),
    "dense-of-channels": chain(conv(filters=3), dense(3, activation="softmax")),
    "dense-of-pixels": chain(dense(3)),
    "dense-of-rows": chain(layer("Reshape", target_shape=[24, 3]), dense(3)),
    "merged": branches("Add", "Average", "Maximum", "Minimum", "Multiply", "Concatenate"),
    "gated": gated(),
    "dot": product(2, 1),
    "dot-turned": product(1, 2),
    **{
        f"activation-{name}": chain(conv(filters=3), layer("Activation", activation=name))
        for name in ACTIVATIONS
    },
}


def loaded(content: bytes) -> Any:
    onnx = pytest.importorskip("onnx", reason="ONNX's own checker is not installed")
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    return model


def answered(content: bytes, pictures: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (source,) = session.get_inputs()
    (answer,) = session.run(None, {source.name: np.ascontiguousarray(pictures)})
    return np.asarray(answer)


@pytest.mark.parametrize("name", CASES)
def test_a_layer_answers_in_onnxruntime_as_in_numpy(name: str) -> None:
    """Every layer and setting gives its numbers, with channels last in the file and with first."""
    graph = CASES[name]
    expected = run(graph)

    for ends in (PLAIN, FIRST):
        content = onnx_model(graph, None, ends=ends)
        pictures = PICTURES.transpose(0, 3, 1, 2) if ends.channels_first else PICTURES
        received = answered(content, pictures)
        if expected.ndim == 4 and received.shape != expected.shape:
            received = received.transpose(0, 2, 3, 1)
        np.testing.assert_allclose(received, expected, atol=2e-5)


def test_every_rule_has_a_case() -> None:
    """No layer of a bundle is without a rule, and none without a case above."""
    tried = {node.class_name for graph in CASES.values() for node in graph}

    assert set(RULES) == set(LAYERS) - {"InputLayer"}
    assert set(RULES) - tried == set()


def test_the_file_passes_the_checker_and_turns_pictures_once() -> None:
    """A network of convolutions has one transposition, at the input; the batch has any length."""
    model = loaded(
        onnx_model(
            chain(
                scaling(1 / 255),
                conv(padding="same"),
                layer("MaxPooling2D"),
                layer("GlobalAveragePooling2D"),
                dense(6, activation="softmax"),
            ),
            None,
            properties={"classNames": '["ant", "bee"]'},
        )
    )

    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("Transpose") == 1
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert {each.key: each.value for each in model.metadata_props} == {
        "classNames": '["ant", "bee"]'
    }


@pytest.mark.parametrize("kind", ["AveragePooling2D", "MaxPooling2D"])
def test_no_zeros_lie_right_before_a_pooling(kind: str) -> None:
    """Optimizers make them padding of the pooling, which it does not count, as zeros it would."""
    graph = zeros_around(layer(kind, pool_size=[3, 3]), layer("GlobalAveragePooling2D"))

    model = loaded(onnx_model(graph, None))

    makers = {name: node for node in model.graph.node for name in node.output}
    (pool,) = [node for node in model.graph.node if node.op_type == f"{kind[:-9]}Pool"]
    before = makers[pool.input[0]]
    assert before.op_type == "Max"
    assert makers[before.input[0]].op_type == "Pad"


@pytest.mark.parametrize("kind", ["float16", "uint16", "uint8"])
def test_stored_weights_become_the_float32_that_they_stand_for(kind: Any) -> None:
    """Weights of fewer bits are in the file in these, and give the answers of the bundle."""
    graph = chain(conv(), layer("Flatten"), dense(4 * 3 * 6, activation="softmax"))
    stored = {
        f"{node.name}/{name}": quantize_array(array, kind)
        for node in graph
        for name, array in node.weights.items()
    }
    for node in graph:
        node.weights = {name: stored[f"{node.name}/{name}"].values() for name in node.weights}

    np.testing.assert_allclose(answered(onnx_model(graph, stored), PICTURES), run(graph), atol=1e-5)


@pytest.mark.parametrize(
    "last",
    [
        [dense(72, activation="softmax")],
        [dense(72), layer("Softmax")],
        [dense(72), layer("Activation", activation="softmax")],
        [dense(72, activation="softmax"), layer("Reshape", target_shape=[6])],
    ],
    ids=["fused", "layer", "activation", "buried"],
)
def test_logits_are_what_a_softmax_makes_the_probabilities_of(last: list[Node]) -> None:
    """A file that gives logits has no softmax at its end, or the logarithms of its answers."""
    graph = chain(layer("Flatten"), *last)

    logits = answered(onnx_model(graph, None, ends=Ends(gives="logits")), PICTURES)

    np.testing.assert_allclose(softmax(logits), run(graph), atol=1e-6)
    assert np.abs(logits.sum(axis=1) - 1).min() > 1e-3


def test_an_unknown_layer_is_refused_by_name() -> None:
    """What has no rule is named, with the format."""
    graph = chain(layer("Lambda", "mine"))

    with pytest.raises(ExportError, match=r"cannot be expressed in ONNX(.|\n)*'mine' \(Lambda\)"):
        onnx_model(graph, None)
