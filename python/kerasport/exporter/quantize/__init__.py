"""Storing weights in fewer bits: how, how well, and which way is worth it."""
