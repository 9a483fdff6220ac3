"""The rule of each layer, by theme; the client's `model/rules/` is the twin."""
