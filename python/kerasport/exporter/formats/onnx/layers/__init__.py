"""One rule a layer of TensorFlow.js: what it is in ONNX."""
