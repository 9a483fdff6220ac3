"""From a graph to the bytes of a `.tflite` file, by TensorFlow's converter."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.errors import ExportError, missing_extra
from kerasport.exporter.formats.litert.computation import Computation
from kerasport.exporter.graph import Graph
from kerasport.exporter.refusal import Refusal, refuse

__all__ = ["converted"]

_STDOUT, _STDERR = 1, 2


def converted(
    graph: Graph,
    input_shape: tuple[int, int, int],
    *,
    typical: NDArray[np.uint8] | None = None,
) -> bytes:
    """Return a model of LiteRT that takes one picture.

    TensorFlow's converter writes it, not code of this package: what it does for kernels of whole
    numbers, and the forms that phones' delegates expect, is worth its seconds.

    Args:
        graph: lowered and optimized.
        input_shape: height, width, channels.
        typical: pictures like those of the training, uint8 `[n, height, width, channels]`; where
            they are given all is computed in whole numbers of 8 bits, input and output too.

    Raises:
        ExportError: LiteRT cannot express the graph.
    """
    refuse(
        [
            Refusal(node, "LiteRT has no rule for it")
            for node in graph
            if node.inputs and not Computation.knows(node)
        ],
        target="LiteRT",
    )
    tf = _tensorflow()
    computation = tf.function(Computation(tf, graph), autograph=False)
    signature = tf.TensorSpec((1, *input_shape), tf.float32, name="pixels")
    function = computation.get_concrete_function(signature)
    with _quiet(tf):
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if typical is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _one_by_one(typical)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
    try:
        with _quiet(tf):
            content: bytes = converter.convert()
    except Exception as error:
        # Whatever the converter raises: it says of which operation of TensorFlow it knows nothing.
        lines = [line for line in str(error).splitlines() if "error:" in line] or [repr(error)]
        raise ExportError(
            f"TensorFlow's converter cannot write the model {graph.name!r} for LiteRT: "
            f"{lines[0]:.300}. Leave that format out."
        ) from None
    return content


def _one_by_one(pictures: NDArray[np.uint8]) -> Iterator[list[NDArray[np.float32]]]:
    for picture in pictures:
        yield [picture[None].astype(np.float32)]


def _tensorflow() -> Any:
    models.import_keras()
    try:
        import tensorflow
    except ModuleNotFoundError:
        raise missing_extra("train", "Writing model.tflite") from None
    return tensorflow


@contextlib.contextmanager
def _quiet(tf: Any) -> Iterator[None]:
    """Keep back what the converter prints, which it does in C++ too."""
    logger = tf.get_logger()
    level, disabled = logger.level, logging.root.manager.disable
    logger.setLevel(logging.ERROR)
    # Its own advice to itself comes by way of absl's logger.
    logging.disable(logging.WARNING)
    try:
        with models.native_output_held_back(_STDOUT, _STDERR), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        logging.disable(disabled)
