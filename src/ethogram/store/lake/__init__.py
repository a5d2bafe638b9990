"""Delta tables, loaded from the log exactly once."""
