"""Which picture files Python and the web engines read alike."""
