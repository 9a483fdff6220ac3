"""Run a bundle in Python without TensorFlow: the layers of TensorFlow.js in numpy."""

from kerasport.runtime.runtime import Runtime

__all__ = ["Runtime"]
