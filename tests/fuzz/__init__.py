"""Damaged pictures by the thousand, read in Python and in every engine: `make fuzz`."""
