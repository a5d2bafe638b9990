"""Whole persons as columns sorted by time: the index that makes questions fast."""
