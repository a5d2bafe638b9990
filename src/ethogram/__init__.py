"""Behavioural analytics, whole, in one Python package."""
