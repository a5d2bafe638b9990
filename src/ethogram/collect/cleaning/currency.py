"""The step ``currency``: what was paid, in one currency, by the rates of a file.

The file is CSV: ``currency,rate``, or ``day,currency,rate`` where rates change; a rate is what
one unit is worth in the base currency, from that day on. Amounts are exact decimals of at most
six places, as questions count them.
"""

import csv
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path
from typing import TypeAlias

from ethogram.collect.cleaning.facts import Facts
from ethogram.collect.cleaning.step import NOTHING, Found
from ethogram.events.errors import Invalid
from ethogram.events.times import DAY

PLACES = Decimal("0.000001")
Rates: TypeAlias = Mapping[str, tuple[list[int], list[Decimal]]]
"""For each currency the days since 1970 from which its rates hold, and the rates."""
_EPOCH = date(1970, 1, 1)
_UNKNOWN = Found({}, "unknown")
_COLUMNS = ({"currency", "rate"}, {"day", "currency", "rate"})
_LARGEST = 1e15


def currency(base: str, rates: Rates) -> Callable[[Facts], Found]:
    """``value_base`` and ``currency_base`` of whatever has a value and a currency.

    A currency that has no rate on that day is said to be ``unknown``, and nothing is added.

    >>> currency("EUR", {"USD": ([0], [Decimal("0.9")])})(Facts(value=20, currency="usd")).adds
    {'value_base': 18.0, 'currency_base': 'EUR'}
    """

    def find(facts: Facts) -> Found:
        if facts.value is None or not facts.currency or not abs(facts.value) < _LARGEST:
            return NOTHING
        rate = _rate(facts.currency.strip().upper(), facts.happened // DAY)
        if rate is None:
            return _UNKNOWN
        value = (Decimal(repr(facts.value)) * rate).quantize(PLACES, ROUND_HALF_EVEN)
        return Found({"value_base": float(value), "currency_base": base}, True)

    def _rate(name: str, day: int) -> Decimal | None:
        if name == base:
            return Decimal(1)
        days, values = rates.get(name, ([], []))
        at = bisect_right(days, day)
        return values[at - 1] if at else None

    return find


def read_rates(path: Path) -> Rates:
    """The rates of a file. Raises `Invalid` with the line where something is wrong."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _rates(csv.DictReader(file), path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Invalid("bad_rates", f"{error}.", at=str(path)) from None


def _rates(rows: "csv.DictReader[str]", path: Path) -> Rates:
    if set(rows.fieldnames or ()) not in _COLUMNS:
        raise Invalid("bad_rates", "The columns are currency and rate, and perhaps day.",
                      at=str(path))  # fmt: skip
    found: dict[str, dict[int, Decimal]] = {}
    for row in rows:
        try:
            day = (date.fromisoformat(row["day"]) - _EPOCH).days if "day" in row else 0
            rate = Decimal(row["rate"])
            if not (rate.is_finite() and rate > 0):
                raise InvalidOperation
        except (ValueError, InvalidOperation, TypeError):
            raise Invalid("bad_rates", "This line has no day as 2026-03-01 or no rate above 0.",
                          at=f"{path}:{rows.line_num}") from None  # fmt: skip
        found.setdefault(row["currency"].strip().upper(), {})[day] = rate
    return {name: _in_order(by_day.items()) for name, by_day in found.items()}


def _in_order(rates: Iterable[tuple[int, Decimal]]) -> tuple[list[int], list[Decimal]]:
    ordered = sorted(rates)
    return [day for day, _ in ordered], [rate for _, rate in ordered]
