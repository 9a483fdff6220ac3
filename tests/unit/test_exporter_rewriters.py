"""Rewriters of a user's own layers, and the builder that they work with."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.graphs import run

from kerasport.errors import ExportError
from kerasport.exporter.graph import Graph, Node
from kerasport.exporter.lowering import REWRITERS, Builder, Unsupported, lower, rewrites

DOCUMENT = Path(__file__).parents[2] / "docs" / "export.md"


@pytest.fixture
def own_rewriter() -> Iterator[None]:
    """The rewriter of the documentation, for as long as the test runs."""

    @rewrites("MyScale")
    def my_scale(node: Node, build: Builder) -> str:
        if node.config["factor"] == 0:
            raise Unsupported("its factor is 0", "leave the layer out")
        return build.scale(build.inputs[0], node.config["factor"])

    yield
    del REWRITERS["MyScale"]


def graph_of(node: Node) -> Graph:
    """A graph of one layer behind an input."""
    source = Node("in", "InputLayer", {"batch_shape": [None, 2, 2, 3]})
    graph = Graph("own", {"in": source}, "in", "in")
    graph.append(node)
    return graph


@pytest.mark.usefixtures("own_rewriter")
def test_a_layer_of_ones_own_is_rewritten() -> None:
    """The decorated function makes its layers, and the last takes over the layer's name."""
    lowered = lower(graph_of(Node("twice", "MyScale", {"factor": 2.0})))

    pictures = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    assert [(node.name, node.class_name) for node in lowered][1:] == [("twice", "Rescaling")]
    np.testing.assert_array_equal(run(lowered, pictures), 2 * pictures)


@pytest.mark.usefixtures("own_rewriter")
def test_a_layer_of_ones_own_works_inside_others() -> None:
    """Layers that hold layers look into the same table."""
    inner = {"class_name": "MyScale", "config": {"factor": 3.0}}

    lowered = lower(graph_of(Node("wrapper", "SpectralNormalization", {"layer": inner})))

    assert lowered.nodes["wrapper"].config["scale"] == 3.0


@pytest.mark.usefixtures("own_rewriter")
def test_a_setting_can_be_refused() -> None:
    """Unsupported becomes a refusal with the layer's name, its reason and its remedy."""
    message = r"layer 'none' \(MyScale\): its factor is 0\. Remedy: leave the layer out\."

    with pytest.raises(ExportError, match=message):
        lower(graph_of(Node("none", "MyScale", {"factor": 0})))


def test_channels_first_is_turned_for_any_rewriter() -> None:
    """A layer with its channels first works between two permutations, whatever it is."""
    pooling = {"pool_size": 1, "strides": None, "padding": "valid"}
    pooling["data_format"] = "channels_first"

    lowered = lower(graph_of(Node("pool", "MaxPooling2D", pooling)))

    assert [node.class_name for node in lowered][1:] == ["Permute", "MaxPooling2D", "Permute"]


def test_the_document_names_every_call_of_the_builder() -> None:
    """What docs/export.md lists exists, and nothing that a rewriter may call is left out."""
    section = DOCUMENT.read_text(encoding="utf-8").partition("## A layer of your own")[2]
    written = set(re.findall(r"build\.(\w+)\(", section))
    public = {
        name
        for name, _ in inspect.getmembers(Builder, inspect.isfunction)
        if not name.startswith("_")
    }

    # `finish` is called for the rewriter, when it has returned.
    assert written == public - {"finish"}
