"""Exact sums: the same to the last digit, however the values are ordered and split.

A number that is a decimal of at most six places (money is) counts as that decimal; any other as
the exact binary fraction that it is. Both are summed as integers without end, so that sums add.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from ethogram.ask.sequences.run import Int64s

Floats = npt.NDArray[np.float64]
PLACES = 6
UNIT = 10**PLACES
_EXACT = 2.0**53
_LOWEST = 1074 + 53
"""Every finite double is a whole number of ``2 ** -_LOWEST``."""


@dataclass(frozen=True)
class Sums:
    """Per cell: a sum of ``10 ** -12``, a sum of ``2 ** -_LOWEST``, and how many values."""

    decimal: npt.NDArray[np.object_]
    binary: npt.NDArray[np.object_]
    counts: Int64s

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.decimal + other.decimal, self.binary + other.binary, self.counts + other.counts
        )

    def values(self) -> list[Fraction]:
        """The exact sums."""
        return [
            Fraction(decimal, UNIT**2) + Fraction(binary, 2**_LOWEST)
            for decimal, binary in zip(self.decimal, self.binary, strict=True)
        ]

    def quotients(self, divisors: Int64s) -> Floats:
        """The sums, each divided by a whole number and rounded once."""
        return np.array(
            [
                float((Fraction(decimal, UNIT**2) + Fraction(binary, 2**_LOWEST)) / divisor)
                if binary
                else decimal / (UNIT**2 * divisor)
                for decimal, binary, divisor in zip(
                    self.decimal, self.binary, divisors.tolist(), strict=True
                )
            ],
            np.float64,
        )


def sums(factors: list[Floats], cells: Int64s, size: int) -> Sums:
    """The sums, per cell ``0:size``, of the products of one or two ``factors``."""
    scaled = [np.rint(factor * UNIT) for factor in factors]
    decimal = np.ones(len(cells), np.bool_)
    for factor, whole in zip(factors, scaled, strict=True):
        decimal &= (np.abs(whole) < _EXACT) & (whole / UNIT == factor)
    counts = np.bincount(cells, minlength=size)
    binary = _nothing(size)
    if not decimal.all():
        product = np.prod([factor[~decimal] for factor in factors], axis=0)
        binary = _binary(product, cells[~decimal], size)
    return Sums(
        _decimal([whole[decimal] for whole in scaled], cells[decimal], size), binary, counts
    )


def _decimal(scaled: list[Floats], cells: Int64s, size: int) -> npt.NDArray[np.object_]:
    """Sums in ``10 ** -12`` of products of whole numbers of ``10 ** -6``."""
    if len(scaled) == 1:
        return _whole(scaled[0].astype(np.int64), cells, size) * UNIT
    # Most factors have few places: without their common zeros the products are small.
    (a, one), (b, two) = (_short(factor) for factor in scaled)
    if np.abs(a).max(initial=0) * np.abs(b).max(initial=0) < _EXACT:
        return _whole((a * b).astype(np.int64), cells, size) * (one * two)
    total = _nothing(size)
    exact = a.astype(np.int64).astype(object) * b.astype(np.int64).astype(object)
    np.add.at(total, cells, exact * (one * two))
    return total


def _short(scaled: Floats) -> tuple[Floats, int]:
    """``scaled`` divided by the highest power of ten, at most `UNIT`, that divides all of it."""
    power = UNIT
    while power > 1 and np.any(np.fmod(scaled, power)):
        power //= 10
    return scaled / power, power


def _whole(values: Int64s, cells: Int64s, size: int) -> npt.NDArray[np.object_]:
    """Exact sums of int64 below 2**53: their halves add exactly as floats, up to 2**21 of them."""
    if len(values) > 1 << 21:
        half = len(values) // 2
        return _whole(values[:half], cells[:half], size) + _whole(values[half:], cells[half:], size)
    high, low = values >> 32, values & 0xFFFFFFFF
    highs, lows = (np.bincount(cells, weights=half, minlength=size) for half in (high, low))
    return _integers(highs) * 2**32 + _integers(lows)


def _binary(values: Floats, cells: Int64s, size: int) -> npt.NDArray[np.object_]:
    """Exact sums of doubles in ``2 ** -_LOWEST``: mantissas of one exponent add as integers."""
    mantissas, exponents = np.frexp(values)
    whole = (mantissas * 2.0**53).astype(np.int64)
    total = _nothing(size)
    for exponent in np.unique(exponents):
        own = exponents == exponent
        total += _whole(whole[own], cells[own], size) * 2 ** int(exponent - 53 + _LOWEST)
    return total


def _integers(values: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    return np.array([int(value) for value in values], object)


def _nothing(size: int) -> npt.NDArray[np.object_]:
    return np.zeros(size, object)
