"""The small graph that stands between Keras and TensorFlow.js, and what is asked of it."""
