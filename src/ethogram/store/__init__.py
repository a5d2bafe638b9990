"""What is kept: the log, which is the truth, and the lake that is loaded from it."""
