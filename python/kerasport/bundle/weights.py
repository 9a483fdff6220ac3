"""The weights beside a `model.json`: their manifest, the types on disk, the values they stand for.

Bundles and the TensorFlow.js models of other programs are read by the same rules.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ManifestProblem", "dequantize", "read_weights"]

_STORED_TYPES = {
    "float32": "<f4",
    "float16": "<f2",
    "int32": "<i4",
    "uint16": "<u2",
    "uint8": "u1",
    "bool": "?",
}


class ManifestProblem(Exception):
    """Why weights cannot be read, in sentences; whoever asked adds where and what helps."""


def read_weights(manifest: Any, read: Callable[[str], bytes]) -> dict[str, NDArray[np.generic]]:
    """Return all weights by name, in their type, as float32 where they are stored in fewer bits.

    Args:
        manifest: `weightsManifest` of a `model.json`, not checked yet.
        read: returns the content of one of the files that it names, after looking at the name.

    Raises:
        ManifestProblem: the manifest is not complete, names a type that is not known, or has
            other sizes than the files.
    """
    try:
        return dict(_arrays(manifest, read))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ManifestProblem(
            f"The weightsManifest is not complete: {error!r}. Expected groups of 'paths' and "
            "'weights' with name, shape and dtype."
        ) from None


def dequantize(
    stored: NDArray[np.generic], quantization: Mapping[str, Any] | None
) -> NDArray[np.float32]:
    """Return stored values as float32, bit by bit what TensorFlow.js makes of them.

    Args:
        stored: values of the type on disk.
        quantization: the entry of the manifest, with `scale` and `min` for the affine types.
    """
    if quantization is None or "scale" not in quantization:
        return stored.astype(np.float32)
    # JavaScript multiplies and adds in double precision, and rounds once.
    scale, low = float(quantization["scale"]), float(quantization["min"])
    return (stored.astype(np.float64) * scale + low).astype(np.float32)


def _arrays(
    manifest: Any, read: Callable[[str], bytes]
) -> Iterator[tuple[str, NDArray[np.generic]]]:
    for group in manifest:
        data = b"".join(read(str(name)) for name in group["paths"])
        files = ", ".join(map(str, group["paths"]))
        offset = 0
        for entry in group["weights"]:
            name, quantization = str(entry["name"]), entry.get("quantization")
            kind = _stored_type(entry, quantization)
            shape = entry["shape"]
            if not all(isinstance(side, int) and side >= 0 for side in shape):
                raise ManifestProblem(
                    f"The weight {name!r:.200} has the shape {shape!r:.80}. Expected whole numbers."
                )
            count = math.prod(shape)
            end = offset + count * kind.itemsize
            if end > len(data):
                raise ManifestProblem(
                    f"The weights end before {name!r} is complete: expected at least {end:,} bytes "
                    f"in {files}, received {len(data):,}."
                )
            array = np.frombuffer(data, kind, count, offset).reshape(shape)
            yield name, array if quantization is None else dequantize(array, quantization)
            offset = end
        if offset != len(data):
            raise ManifestProblem(
                f"The weights have {len(data):,} bytes in {files}; expected {offset:,}. The files "
                "and model.json are of different models."
            )


def _stored_type(
    entry: Mapping[str, Any], quantization: Mapping[str, Any] | None
) -> np.dtype[np.generic]:
    dtype = str((quantization or entry)["dtype"])
    if dtype not in _STORED_TYPES:
        how = (
            f"has dtype {dtype!r}"
            if quantization is None
            else (f"is stored as {dtype} of {entry['dtype']}")
        )
        raise ManifestProblem(
            f"The weight {str(entry['name'])!r} {how}. "
            f"Expected one of: {', '.join(sorted(_STORED_TYPES))}."
        )
    return np.dtype(_STORED_TYPES[dtype])
