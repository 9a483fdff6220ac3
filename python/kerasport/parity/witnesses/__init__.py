"""Who can be asked about a bundle, and how each one is reached."""
