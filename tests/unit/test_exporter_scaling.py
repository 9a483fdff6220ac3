"""The scaling of a model that brings none: how it is written, and what is usual."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.lowering.input_scaling import parse_rescaling, usual_rescaling


@pytest.mark.parametrize(
    ("given", "scale", "offset"),
    [
        ("1/127.5,-1", 1 / 127.5, -1),
        ("1/255", 1 / 255, 0),
        ("0.01, 0.5", 0.01, 0.5),
        ("1/2,1/4,1/8;-1", [0.5, 0.25, 0.125], -1),
        ("1/255;-1,-0.5/2,0", 1 / 255, [-1, -0.25, 0]),
        ("/255", 1 / 255, 0),
        (1 / 255, 1 / 255, 0),
        (np.float32(0.5), 0.5, 0),
        ((1 / 127.5, -1), 1 / 127.5, -1),
    ],
)
def test_a_scaling_is_read(given: Any, scale: Any, offset: Any) -> None:
    """Fractions and decimals, one value or one per channel; in Python numbers too."""
    rescaling = parse_rescaling(given)

    assert (rescaling.scale, rescaling.offset) == (scale, offset)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "'x' is not a scaling. Expected scale,offset such as 1/127.5,-1"),
        ("1/0", "is not a scaling. Expected"),
        ("inf", "is not a scaling. Expected"),
        ("1,2,3", "it has 3 scales and 1 offsets"),
        ("1,2;3", "it has 2 scales and 1 offsets"),
        ("0,1", "a scale of 0 makes every picture equal"),
        (
            "255",
            "A scaling by 255 makes pixels of 0 to 255 larger. Expected a factor of at most 1: ",
        ),
        ("255", "--rescaling 1/255 divides by 255."),
        ("127.5,-1", "--rescaling 1/127.5,-1.0 divides by 127.5."),
        (255, "--rescaling 1/255 divides by 255."),
        ([1, 2, 3], "[1, 2, 3] is not a scaling. Expected scale,offset"),
    ],
)
def test_a_wrong_scaling_is_refused(text: Any, message: str) -> None:
    """The form is shown with each refusal."""
    with pytest.raises(ExportError) as error:
        parse_rescaling(text)

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("layer_name", "expected"),
    [
        ("expanded_conv_depthwise", "MobileNetV2, which takes --rescaling 1/127.5,-1"),
        ("conv2_block1_0_relu", "DenseNet, which takes --rescaling '1/58.395,"),
        ("block5_conv3", "VGG, which takes BGR with the means taken off, which no scaling"),
        ("anything", "1/255 for 0 to 1 and 1/127.5,-1 for -1 to 1 are the usual ones"),
    ],
)
def test_the_usual_scaling_is_named(layer_name: str, expected: str) -> None:
    """Known architectures are recognised by a layer's name."""
    graph = Graph("m", {layer_name: Node(layer_name, "Conv2D", {})}, layer_name, layer_name)

    assert expected in usual_rescaling(graph)
