"""Numeric functions, arrays in and arrays out; NumPy and Numba only."""
