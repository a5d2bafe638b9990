"""Computed traits: a number or a flag for each person, kept up as they go on."""
