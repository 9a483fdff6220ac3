"""The tables that are keyed by the classes of TensorFlow.js' layers name the same ones."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from kerasport.exporter.gate import TFJS_LAYERS
from kerasport.exporter.graph import cost, shapes
from kerasport.exporter.passes import commuting
from kerasport.runtime.layers import LAYERS


def test_what_passes_the_gate_is_what_the_runtime_computes() -> None:
    """Every layer that may be written is read back in numpy, and numpy knows no others."""
    assert sorted(LAYERS) == sorted(TFJS_LAYERS)


@pytest.mark.parametrize(
    "rules",
    [shapes.RULES, cost.RULES, commuting.RULES],
    ids=["shapes", "cost", "commuting"],
)
def test_rules_are_of_layers_that_pass_the_gate(rules: Iterable[str]) -> None:
    """A rule for a class that is never written would be a misspelt one."""
    assert sorted(set(rules) - TFJS_LAYERS) == []
