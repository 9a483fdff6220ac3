"""What is expected, what was answered, and where the two part."""
