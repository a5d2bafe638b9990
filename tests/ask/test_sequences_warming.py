"""Warming compiles what the index will call."""

from ethogram.ask.kernels.copying import copy_mapped, copy_ranges, copy_shifted, copy_values
from ethogram.ask.kernels.sorting import find_units, group_rows, sort_units, unsorted_units
from ethogram.ask.sequences.warming import warm


def test_warming_compiles_what_a_refresh_calls() -> None:
    """No kernel on the way of a fresh event is left to be compiled by it."""
    warm()
    kernels = [copy_mapped, copy_ranges, copy_shifted, copy_values]
    kernels += [find_units, group_rows, sort_units, unsorted_units]
    assert all(kernel.signatures for kernel in kernels)
