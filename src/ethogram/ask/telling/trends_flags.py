"""Which points of a trend's series are hidden, before means and formulas are made of them."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ethogram.ask.questions.measures import percent
from ethogram.ask.questions.trends_spec import Series, Trends, name, series_of
from ethogram.ask.telling import filters
from ethogram.ask.telling.filters import Counts
from ethogram.ask.telling.periods import complemented, cumulated, grown, trailed
from ethogram.ask.telling.spreads import lonely
from ethogram.ask.telling.tables import is_small
from ethogram.ask.telling.trends_beside import (
    Counted,
    Line,
    counted,
    is_others,
    key_of,
    repeating,
)

Points: TypeAlias = list[bool]
"""Which points of a line are hidden."""
Flags: TypeAlias = dict[bytes, list[Points]]
"""By group those of each series."""
_EXTREMES = {"min": 0.0, "max": 100.0}


def flags_of(spec: Trends, lines: list[Line], counts: Counted, points: str, k: int) -> Flags:
    """The points hidden of each group; ``lines`` are the answer's, ``points`` what they are."""
    series, groups = series_of(spec), list(counts)
    alone = [complemented([counts[key][str(j)] for key in groups], k) for j in range(len(series))]
    apart = [_apart(spec, counts[key], k, others=is_others(key)) for key in groups]
    # What one group hides beside its other lines, everybody's number less the others' would tell.
    everywhere = [_any([rows[j] for rows in apart]) for j in range(len(series))] if groups else []
    found: Flags = {}
    for g, key in enumerate(groups):
        own = counts[key]
        shown = {line["name"]: [n or 0 for _, n in line[points]] for line in lines
                 if key_of(line) == key and points in line and "formula" not in line}  # fmt: skip
        each = [
            [_so_far(one, shown.get(name(one)), own[str(j)], k) for j, one in enumerate(series)]
            if spec.cumulative else [rows[g] for rows in alone],
            [_spread(one, own[str(j)], k) for j, one in enumerate(series)],
            _trailing(spec, own, k),
            _again(spec, own, shown, k),
            everywhere,
        ]  # fmt: skip
        found[key] = [_any(flags) for flags in zip(*each, strict=True)]
    return found


def _so_far(each: Series, shown: Sequence[int] | None, people: Sequence[int], k: int) -> Points:
    """Of a line that counts from its beginning on; ``people`` are those of each period.

    Who is counted once is counted where they come first.
    """
    growing = [False] * len(people) if shown is None else grown(shown, k)
    if each.measure == "people":
        return growing
    flags = cumulated(people, k)
    return _any([flags, growing]) if each.measure == "distinct" else flags


def _spread(each: Series, people: Sequence[int], k: int) -> Points:
    """A percentile beyond which few people are, and an extreme."""
    measure = each.statistic or "mean" if each.measure == "per_person" else each.measure
    named = percent(measure)
    share = _EXTREMES.get(measure) if named is None else float(named)
    return [share is not None and lonely(share, n, k) for n in people]


def _trailing(spec: Trends, own: Counts, k: int) -> list[Points]:
    """People of a time that ends with each period."""
    return [
        [False] * len(own[str(j)]) if each.trailing is None
        else trailed(own[str(j)], own[f"{j} now"], k, whole=spec.from_ is None)
        for j, each in enumerate(series_of(spec))
    ]  # fmt: skip


def _again(spec: Trends, own: Counts, shown: Mapping[str, Sequence[int]], k: int) -> list[Points]:
    """What few events are that people have beside their first, and both numbers say so."""
    series = series_of(spec)
    found = [[False] * len(own[str(j)]) for j in range(len(series))]
    for same in repeating(spec):
        events, people = own[f"{same[0]} events"], own[str(same[0])]
        told = {series[j].measure: shown.get(name(series[j])) for j in same}
        if spec.cumulative:
            events, people = told.get("total") or people, told.get("people") or events
        more = [a - b for a, b in zip(events, people, strict=True)]
        flags = grown(more, k) if spec.cumulative else [is_small(n, k) for n in more]
        for j in same:
            found[j] = flags if series[j].measure != "people" else found[j]
    return found


def _apart(spec: Trends, own: Counts, k: int, *, others: bool) -> list[Points]:
    """What is hidden of series beside others of the same events, or of any event.

    Of the groups without a line of their own it is not known by whom these differ.
    """
    people = counted(spec)
    if not others:
        return filters.hidden(spec, people, own, k)
    unknown = {j for each in filters.of_events(people) if len(each) > 1 for same in each
               for j in same}  # fmt: skip
    unknown |= set(range(len(people))) if filters.is_mixed(people) else set()
    return [[j in unknown] * len(own[str(j)]) for j in range(len(people))]


def _any(flags: Sequence[Points]) -> Points:
    return [any(column) for column in zip(*flags, strict=True)]
