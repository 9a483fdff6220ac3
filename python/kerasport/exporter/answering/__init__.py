"""Who answers for the original model and for the exported one, and how they are compared."""
