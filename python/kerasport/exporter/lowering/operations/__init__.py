"""One rewriter per operation that Keras records."""
