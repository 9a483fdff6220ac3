"""Whether a `weightsManifest` and the files agree, before one of them is read.

The twin of the client's `bundle/manifest.ts`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from kerasport.bundle.field import MISSING, Field, dimensions
from kerasport.bundle.limits import MAX_LAYER_VALUES, MAX_WEIGHT_VALUES

__all__ = ["read_manifest"]

_BYTES = {"float32": 4, "float16": 2, "uint16": 2, "uint8": 1}
"""Bytes of a value by the type that it is stored in."""

_MAX_RANK = 6


def read_manifest(manifest: Field, sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all weights by name.

    Args:
        manifest: `weightsManifest` of a `model.json`.
        sizes: bytes of the files that `metadata.json` lists, by path.

    Raises:
        BundleError: it names files twice or such as are not listed, has weights of other types
            or sizes than the files, or more values than `MAX_WEIGHT_VALUES`.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    named: set[str] = set()
    values = 0
    for group in manifest.items():
        paths = group.get("paths")
        names = [path.path() for path in paths.items()]
        for path in paths.items():
            if path.value in named:
                path.fail("each file once")
            if path.value not in sizes:
                path.fail("a file that metadata.json lists")
            named.add(path.value)
        held = sum(sizes[name] for name in names)
        files = ", ".join(names)
        needed = 0
        for weight in group.get("weights").items():
            name = weight.get("name").text()
            if name in shapes:
                weight.get("name").fail("each weight once")
            sides = weight.get("shape").each(lambda side: side.integer(1, MAX_LAYER_VALUES))
            if len(sides) > _MAX_RANK:
                weight.get("shape").fail(f"at most {_MAX_RANK} sides")
            values += math.prod(sides)
            if values > MAX_WEIGHT_VALUES:
                weight.get("shape").refuse(
                    f"with the weight {weight.get('name').shown()} of {dimensions(sides)} values "
                    f"there are more than {MAX_WEIGHT_VALUES}. Expected fewer."
                )
            needed += math.prod(sides) * _BYTES[_stored_type(weight)]
            if needed > held:
                manifest.refuse(
                    f"the weights end before {weight.get('name').shown()} is complete. Expected at "
                    f"least {needed} bytes in {files}, received {held}."
                )
            shapes[name] = tuple(sides)
        if needed != held:
            manifest.refuse(
                f"the weights have {held} bytes in {files}. Expected {needed}: the files and the "
                "manifest are of different models."
            )
    return shapes


def _stored_type(weight: Field) -> str:
    if weight.get("dtype").value != "float32":
        weight.get("dtype").fail("float32, or fewer bits that stand for it")
    quantization = weight.get("quantization")
    if quantization.value in (None, MISSING):
        return "float32"
    kind = quantization.get("dtype").one_of("float16", "uint16", "uint8")
    for key in ("scale", "min"):
        if kind != "float16":
            quantization.get(key).number()
        elif quantization.get(key).value is not MISSING:
            quantization.get(key).fail("nothing beside float16")
    return kind
