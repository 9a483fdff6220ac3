"""Find, install, open and close browsers."""
