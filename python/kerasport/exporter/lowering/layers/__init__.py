"""One rewriter per layer class of Keras."""
