"""A table with a line for each exported model: how far its numbers are from Keras'."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.pipeline import ExportedBundle
from kerasport.runtime import Runtime
from support.client_page import predict_in_client_page
from support.stock_page import predict_in_stock_page

__all__ = ["differences", "print_table"]

_HEADER = """\
| model | input | layers in Keras | layers exported | weights | spread | in float64 \
| Keras in float32 | engine | plain engine | browser | allowed | |
|---|---|---|---|---|---|---|---|---|---|---|---|---|"""

Line = dict[str, Any]


def differences(
    bundle: ExportedBundle, pixels: NDArray[np.uint8], expected: NDArray[np.floating[Any]]
) -> Line:
    """Return the differences of a bundle in Chromium, as they go into its line.

    Args:
        bundle: as `export` returned it, which compared in float64.
        pixels: `[n, height, width, channels]`.
        expected: probabilities of Keras in float32, `[n, classes]`.
    """
    rounding = bundle.metadata.float_rounding
    if rounding is None:
        raise RuntimeError("an export of this version measures what float32 adds")
    received = predict_in_stock_page(bundle.path, pixels)
    relaxed = predict_in_client_page(bundle.path, pixels, "relaxed")
    plain = predict_in_client_page(bundle.path, pixels, "plain")
    topology = bundle.model()["modelTopology"]
    shape = bundle.metadata.input_shape
    exact = Runtime.of(topology, bundle.weights(), shape, np.float64).predict(pixels)
    return {
        "layers_after": len(topology["model_config"]["config"]["layers"]),
        "bytes": sum(each.bytes for each in bundle.metadata.files if each.path.endswith(".bin")),
        "spread": float(np.ptp(expected, axis=0).max()),
        "float64": bundle.difference,
        "limit": rounding.limit,
        "float32": rounding.keras,
        "tolerance": rounding.tolerance,
        "browser": float(np.abs(received - expected).max()),
        "relaxed": float(np.abs(relaxed - exact).max()),
        "plain": float(np.abs(plain - exact).max()),
    }


def print_table(
    names: Iterable[str], measure: Callable[[str], Line], results: Path | None = None
) -> None:
    """Measure and print model after model.

    Args:
        names: of the models.
        measure: returns what `differences` does, with `side` and `layers_before`; or `error`.
        results: JSON Lines file that the lines are kept in; what passed in it is not measured
            again.
    """
    done: dict[str, Line] = {}
    if results and results.is_file():
        lines = map(json.loads, results.read_text().splitlines())
        done = {line["model"]: line for line in lines if "error" not in line}
    print(_HEADER)
    for name in names:
        line = done.get(name)
        if line is None:
            line = {"model": name, **measure(name)}
            if results:
                with results.open("a") as stream:
                    stream.write(json.dumps(line) + "\n")
        print(_row(line), flush=True)


def _row(line: Line) -> str:
    if "error" in line:
        return f"| {line['model']} | | | | | | | | | | | | {line['error']} |"
    in_float64 = f"{line['float64']:.0e}" + (" (float32)" if line["limit"] else "")
    passed = max(line["browser"], line["relaxed"], line["plain"]) <= line["tolerance"]
    return (
        f"| {line['model']} | {line['side']} | {line['layers_before']} | {line['layers_after']} "
        f"| {line['bytes'] / 1e6:.1f} MB | {line['spread']:.2g} | {in_float64} "
        f"| {line['float32']:.1e} | {line['relaxed']:.1e} | {line['plain']:.1e} "
        f"| {line['browser']:.1e} | {line['tolerance']:.0e} | {'pass' if passed else 'FAIL'} |"
    )
