"""Who runs a question."""
