"""Cleaning: visible steps between what a client says and what is kept."""
