"""The small graph that stands between Keras and TensorFlow.js, and what is asked of it."""

from kerasport.exporter.graph.cost import Cost, cost_of
from kerasport.exporter.graph.graph import Graph, Node, Weights
from kerasport.exporter.graph.names import rename_layers
from kerasport.exporter.graph.shapes import Shape, graph_shapes, output_shape
from kerasport.exporter.graph.topology import named_weights, topology

__all__ = [
    "Cost",
    "Graph",
    "Node",
    "Shape",
    "Weights",
    "cost_of",
    "graph_shapes",
    "named_weights",
    "output_shape",
    "rename_layers",
    "topology",
]
