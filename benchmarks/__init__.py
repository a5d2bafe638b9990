"""Figures side by side with peers: the same events, the same questions, one run, medians."""
