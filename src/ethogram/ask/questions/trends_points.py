"""From what a trend found to its lines: formulas, moving averages, what they are compared with."""

from collections.abc import Iterator, Sequence
from math import fsum
from typing import Any

from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import Key, in_order, other, shown
from ethogram.ask.questions.formulas import formula
from ethogram.ask.questions.measures import Number
from ethogram.ask.questions.sampling import enlarged
from ethogram.ask.questions.trends_over import Drawn
from ethogram.ask.questions.trends_plan import Plan
from ethogram.ask.questions.trends_spec import name

GROWING = frozenset({"total", "people", "sum"})
"""Measures that grow with the number of people: those of a sample are enlarged."""


def lines(plan: Plan, total: Drawn) -> list[Row]:
    """The series, each with its points; with ``by``, a line per group; then the formulas."""
    keys = [_keys(plan, total, j) for j in range(len(plan.series))]
    found: list[Row] = []
    for j, each in enumerate(plan.series):
        for key in keys[j]:
            values = [_values(plan, total, s, j, key) for s in range(len(plan.spans))]
            found.append(_line(plan, {"name": name(each)}, key, values))
    for i, each in enumerate(plan.spec.formulas):
        compute, named = formula(each.formula, len(plan.series), f"$.formulas[{i}].formula")
        called = {"name": each.name or each.formula, "formula": each.formula}
        for key in in_order(list({key for j in named or range(len(keys)) for key in keys[j]})):
            spans = range(len(plan.spans))
            points = [zip(*_every(plan, total, s, key), strict=True) for s in spans]
            found.append(_line(plan, called, key, [list(map(compute, each)) for each in points]))
    return found


def largest(plan: Plan, total: Drawn) -> tuple[Key, ...]:
    """The groups that have lines of their own: those of the most events, of equals the first."""
    keys = in_order(list(total.totals))
    keys.sort(key=lambda key: -total.totals[key])
    return tuple(keys[: plan.spec.most_groups])


def _keys(plan: Plan, total: Drawn, j: int) -> list[Key]:
    """The groups that have events of series ``j``, the others last."""
    return in_order(list({key for _, i, key in total.cells if i == j})) if plan.spec.by else [()]


def _every(plan: Plan, total: Drawn, s: int, key: Key) -> list[list[Number]]:
    """The values of every series."""
    return [_values(plan, total, s, j, key) for j in range(len(plan.series))]


def _values(plan: Plan, total: Drawn, s: int, j: int, key: Key) -> list[Number]:
    """The values of series ``j`` for one group, a value per period of the span ``s``."""
    measure, n = plan.measures[j], len(plan.spans[s].days)
    found = total.cells.get((s, j, key))
    if found is None:
        return [0 if plan.adds(j) else None] * n
    if plan.spec.cumulative and plan.series[j].measure != "people" and measure.so_far:
        found = measure.so_far(found)
    values, share = measure.finish(found), plan.spec.sample
    grows = plan.series[j].measure in GROWING
    return values if share is None or not grows else enlarged(values, share)


def _line(plan: Plan, called: Row, key: Key, values: Sequence[list[Number]]) -> Row:
    """A line of the answer; ``values`` are those of each span."""
    by = shown(plan.spec.by, key)
    rest = {"others": True} if by and key == other(plan.spec.by) else {}
    now, *before = (_points(plan, s, each) for s, each in enumerate(values))
    line = {**called, **({"by": by} if by else {}), **rest, "points": now}
    return {**line, "compared": before[0]} if before else line


def _points(plan: Plan, s: int, values: list[Number]) -> list[list[Any]]:
    days, n = plan.spans[s].days, plan.spec.moving_average
    if n is not None:
        values = list(_averages(values, n))
    return [[days.label(p), value] for p, value in enumerate(values)]


def _averages(values: list[Number], n: int) -> Iterator[Number]:
    """Of each value and those before it the mean of ``n``; null where one is not there."""
    for p in range(len(values)):
        window = [value for value in values[max(p + 1 - n, 0) : p + 1] if value is not None]
        yield fsum(window) / n if len(window) == n else None
