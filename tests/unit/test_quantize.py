"""Weights in fewer bits: what is stored, what comes back, and which weight gets which type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from kerasport.bundle.weights import ManifestProblem, read_weights
from kerasport.cli import app
from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.quantize.schemes import (
    SCHEMES,
    Scheme,
    quantize_graph,
    rounding_noise,
)
from kerasport.exporter.quantize.step import Quantize
from kerasport.exporter.stored_weight import Kind, quantize_array
from kerasport.exporter.write import write_model

KINDS: list[Kind] = ["float32", "float16", "uint16", "uint8"]


def depthwise(kernel: np.ndarray[Any, Any]) -> Node:
    weights = {"depthwise_kernel": kernel, "bias": np.zeros(kernel.shape[2], np.float32)}
    return Node("depthwise", "DepthwiseConv2D", {}, ["in"], weights)


def network() -> Graph:
    """A depthwise layer, a normalisation and a dense layer, with weights of many sizes."""
    draw = np.random.default_rng(5)
    # 32 channels of very different sizes, as after folding a normalisation.
    kernel = draw.normal(0, 1, (3, 3, 32, 1)) * np.geomspace(0.01, 1, 32)[:, None]
    dense = {"kernel": draw.normal(0.1, 1, (32, 70)), "bias": draw.normal(0, 3, 70)}
    variance = draw.uniform(1e-5, 1, 70)
    nodes = [
        Node("in", "InputLayer", {"batch_input_shape": [None, 8, 8, 32]}),
        depthwise(kernel.astype(np.float32)),
        Node("pool", "GlobalAveragePooling2D", {}, ["depthwise"]),
        Node("dense", "Dense", {}, ["pool"], {k: v.astype(np.float32) for k, v in dense.items()}),
        Node("norm", "BatchNormalization", {}, ["dense"], {"moving_variance": variance}),
    ]
    return Graph("net", {node.name: node for node in nodes}, "in", "norm")


def read_back(folder: Path) -> dict[str, Any]:
    """Return the weights of a written model."""
    model = json.loads((folder / "model.json").read_text())
    return dict(read_weights(model["weightsManifest"], lambda name: (folder / name).read_bytes()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_gives_the_values_that_were_computed_with(kind: Kind, tmp_path: Path) -> None:
    """Written and read back, every weight has the bits that the exporter went on with."""
    rounded, stored = quantize_graph(network(), SCHEMES[kind])
    write_model(rounded, tmp_path, generated_by="test", stored=stored)

    received = read_back(tmp_path)

    expected = {f"{node.name}/{name}": a for node in rounded for name, a in node.weights.items()}
    assert list(received) == list(expected)
    for name, array in expected.items():
        assert received[name].tobytes() == array.astype(np.float32).tobytes(), name


def test_equal_graphs_give_equal_files(tmp_path: Path) -> None:
    """Nothing in a quantised model depends on when or where it was written."""
    contents = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        rounded, stored = quantize_graph(network(), SCHEMES["uint8"])
        files = write_model(rounded, folder, generated_by="test", stored=stored)
        contents.append({file.name: file.read_bytes() for file in files})

    assert contents[0] == contents[1]


@pytest.mark.parametrize("kind", ["uint16", "uint8"])
@pytest.mark.parametrize("shift", [-0.3, 0.0, 5.0, -5.0])
def test_rounding_is_half_a_step_and_zero_is_exact(kind: Kind, shift: float) -> None:
    """No value moves by more than half a step, or one where 0 was put onto a step."""
    values = (np.random.default_rng(1).uniform(-1, 1, 500) + shift).astype(np.float32)
    values[7] = 0 if abs(shift) < 1 else values[7]
    entry = quantize_array(values, kind)
    assert entry.quantization is not None

    received = entry.values()

    step = entry.quantization["scale"]
    # The float32 that is kept may lie half a float32 step further.
    assert np.abs(received - values).max() <= step * (1 if abs(shift) < 1 else 0.5) + 1e-6
    assert (received[values == 0] == 0).all()
    assert len(np.unique(entry.data)) > (200 if kind == "uint8" else 450)


@pytest.mark.parametrize("value", [0.0, 0.1, -7.25])
def test_equal_values_are_stored_exactly(value: float) -> None:
    """A tensor of one value comes back as it was."""
    values = np.full(100, value, np.float32)

    received = quantize_array(values, "uint8").values()

    assert received.tobytes() == values.tobytes()


@pytest.mark.parametrize("limited", ["by-class", "by-noise"])
def test_noisy_kernels_get_16_bits_and_small_weights_stay_float32(limited: str) -> None:
    """uint8 is for kernels that stand it; biases, variances and tiny weights have more bits."""
    by_noise = Scheme("uint8", "float16", noise_limit=1e-2)
    scheme = SCHEMES["uint8"] if limited == "by-class" else by_noise
    _, stored = quantize_graph(network(), scheme)

    types = {name: str(entry.data.dtype) for name, entry in stored.items()}

    assert types == {
        "depthwise/depthwise_kernel": "uint16",
        "depthwise/bias": "float32",
        "dense/kernel": "uint8",
        "dense/bias": "float16",
        "norm/moving_variance": "float32",
    }


def test_noise_counts_channels_alike_whatever_their_size() -> None:
    """A kernel whose channels differ in range has more noise than one whose channels do not."""
    even = np.random.default_rng(2).normal(0, 1, (3, 3, 40, 1)).astype(np.float32)
    uneven = even * np.geomspace(0.003, 1, 40, dtype=np.float32)[:, None]

    noise = [rounding_noise(depthwise(kernel), "depthwise_kernel") for kernel in (even, uneven)]

    assert noise[0] < 1e-3 < 1e-2 < noise[1]


def test_what_float16_cannot_hold_stays_float32() -> None:
    """A value above 65504 would become infinite."""
    graph = network()
    graph.nodes["dense"].weights["bias"][3] = 70000

    _, stored = quantize_graph(graph, SCHEMES["float16"])

    assert stored["dense/bias"].data.dtype == np.float32
    assert stored["dense/kernel"].data.dtype == np.float16


def test_the_mean_of_each_output_survives_the_rounding() -> None:
    """The shift that a rounded kernel causes on typical inputs is taken off the bias."""
    graph = network()
    means = {
        "dense": np.random.default_rng(3).uniform(0, 4, 32),
        "depthwise": np.random.default_rng(4).uniform(0, 4, 32),
    }
    coarse = Scheme("uint8", "float32")

    def mean_outputs(graph: Graph) -> list[np.ndarray[Any, Any]]:
        dense, depthwise = (graph.nodes[name].weights for name in ("dense", "depthwise"))
        kernel = depthwise["depthwise_kernel"][..., 0].astype(np.float64).sum(axis=(0, 1))
        return [
            means["dense"] @ dense["kernel"].astype(np.float64) + dense["bias"],
            means["depthwise"] * kernel + depthwise["bias"],
        ]

    exact = mean_outputs(graph)
    for plain, corrected, wanted in zip(
        mean_outputs(quantize_graph(graph, coarse)[0]),
        mean_outputs(quantize_graph(graph, coarse, means)[0]),
        exact,
        strict=True,
    ):
        assert np.abs(plain - wanted).max() > 1e-2
        # The bias is rounded to float32 once more.
        np.testing.assert_allclose(corrected, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": "int4"}, "cannot be stored as 'int4'. Expected one of: float32, float16"),
        ({"weights": "auto", "max_accuracy_drop": -1}, "Expected 0 or more"),
    ],
)
def test_wrong_choices_are_refused(options: dict[str, Any], message: str) -> None:
    """The message says which types there are, and which drops."""
    with pytest.raises(ExportError) as error:
        Quantize(**options)

    assert message in str(error.value)


def test_a_type_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    """A manifest with another type says which ones are read."""
    rounded, stored = quantize_graph(network(), SCHEMES["uint8"])
    write_model(rounded, tmp_path, generated_by="test", stored=stored)
    model = json.loads((tmp_path / "model.json").read_text())
    model["weightsManifest"][0]["weights"][0]["quantization"]["dtype"] = "int4"
    (tmp_path / "model.json").write_text(json.dumps(model))

    with pytest.raises(ManifestProblem, match=r"is stored as int4 of float32\. Expected"):
        read_back(tmp_path)


@pytest.mark.parametrize("option", ["--max-accuracy-drop=1", "--images=pictures"])
def test_what_auto_needs_is_refused_beside_a_type(option: str, tmp_path: Path) -> None:
    """A choice that would have no effect is wrong usage, not ignored."""
    result = CliRunner().invoke(app, ["export", str(tmp_path), "--quantize", "uint8", option])

    assert result.exit_code == 2
    assert "is for --quantize auto" in result.output
