"""What is told of a funnel: steps, of which each is a part of the people of the one before.

Who did not take a step is a group too: the people of a step less those of the next.
"""

from functools import partial

from ethogram.ask.questions.funnel import Funnel, Period
from ethogram.ask.questions.spec import range_between, range_of, zone_of
from ethogram.ask.telling import groups
from ethogram.ask.telling.groups import Row, Split
from ethogram.ask.telling.periods import overlap
from ethogram.ask.telling.spreads import lonely, percentiles
from ethogram.ask.telling.tables import (
    folded,
    hidden,
    hidden_beside,
    is_small,
    levels,
    parts_of,
)
from ethogram.ask.telling.told import Hiding, Results, Rule

STEP = ("people", "attempts", "conversion", "conversion_from_previous", "median_seconds",
        "mean_seconds", "low", "high")  # fmt: skip
DIFFERENCE = ("difference", "low", "high")


def hide(spec: Funnel, hiding: Hiding, _: Results) -> None:
    """Hide the steps that few took, or that few did not take."""
    results = hiding.results
    last = results["steps"][-1]["people"]
    split = Split(_parts, levels, partial(_hide, hiding), partial(_total, hiding))
    groups.hide(hiding, split, disjoint=spec.attribution != "all")
    _hide_times(hiding, last)
    if "compared" in results:
        other = results["compared"]
        _alone(hiding, split, "$.compared", other)
        _hide_differences(hiding, "$.compared", other, [results, other])
    optional = [i for i, step in enumerate(results["steps"]) if step.get("optional")]
    _hide_periods(hiding, results.get("periods", []), optional)
    if "difference" in results:
        if len(results["groups"]) == 2:
            _hide_differences(hiding, "$", results, results["groups"])
        else:
            hiding.keep("difference", results, [])


def refused(spec: Funnel) -> str | None:
    """Attempts say nothing of how many people made them, times that overlap of the difference."""
    if spec.count == "attempts":
        return "A count of attempts does not say"
    if isinstance(spec.compare, Period):
        other = range_between(spec.compare.from_, spec.compare.to, zone_of(spec), "$.compare")
        if overlap(range_of(spec), other):
            return "A funnel compared with a time that overlaps its own does not say"
    return None


def _required(row: Row) -> list[tuple[int, Row]]:
    return [(i, step) for i, step in enumerate(row["steps"]) if not step.get("optional")]


def _parts(row: Row) -> list[int]:
    return parts_of([step["people"] for _, step in _required(row)])


def _hide(hiding: Hiding, place: str, row: Row, places: set[int]) -> None:
    required = _required(row)
    _hide_optional(hiding, place, row)
    for level, (i, step) in enumerate(required):
        at = f"{place}.steps[{i}]"
        if level in places:
            hiding.null(at, step, STEP)
        elif level - 1 in places:
            hiding.null(at, step, ["conversion_from_previous"])
        if step["people"] is not None and lonely(50, step["people"], hiding.k):
            hiding.null(at, step, ["median_seconds"])


def _hide_optional(hiding: Hiding, place: str, row: Row) -> None:
    """Of a group its optional steps; everybody's, where few took it, or few of those before."""
    before = 0
    for i, step in enumerate(row["steps"]):
        if not step.get("optional"):
            before = step["people"]
            continue
        few = any(is_small(n, hiding.k) for n in (step["people"], before - step["people"]))
        if few or "by" in row or lonely(50, step["people"], hiding.k):
            hiding.null(f"{place}.steps[{i}]", step, STEP)


def _total(hiding: Hiding, place: str, row: Row) -> None:
    for i, step in enumerate(row["steps"]):
        hiding.null(f"{place}.steps[{i}]", step, STEP)


def _alone(hiding: Hiding, split: Split, place: str, row: Row) -> None:
    """Hide what is small in a row that has no groups."""
    parts = split.parts(row)
    if sum(parts) < hiding.k:
        if any(parts):
            split.total(place, row)
        return
    split.hide(place, row, hidden([parts], hiding.k, levels)[0][0])


def _hide_differences(hiding: Hiding, place: str, holder: Row, both: list[Row]) -> None:
    for i, each in enumerate(holder["difference"]):
        if any(row["steps"][i]["people"] is None for row in both):
            hiding.null(f"{place}.difference[{i}]", each, DIFFERENCE)


def _hide_periods(hiding: Hiding, periods: list[Row], optional: list[int]) -> None:
    """Who began in no other period is in one only: so periods are hidden as groups are."""
    steps = range(len(periods[0]["people"]) if periods else 0)
    required = [i for i in steps if i not in optional]
    rows = [parts_of([period["people"][i] for i in required]) for period in periods]
    out = folded([sum(row) for row in rows], hiding.k)
    rest = [sum(column) for column in zip(*(rows[p] for p in out), strict=True)] or [0] * len(steps)
    kept = [p for p in range(len(rows)) if p not in out]
    found, sums = hidden_beside([rows[p] for p in kept], rest, hiding.k, levels)
    for p, period in enumerate(periods):
        if p in out:
            places = set(range(len(required))) if sum(rows[p]) else set[int]()
        else:
            places = found[kept.index(p)] | sums
        names = [*optional, *(required[level] for level in sorted(places))]
        hiding.null(f"$.periods[{p}].people", period["people"], names)
        if period["people"][-1] is None:
            hiding.null(f"$.periods[{p}]", period, ["conversion"])


def _hide_times(hiding: Hiding, people: int) -> None:
    """The times of those who took all steps."""
    results = hiding.results
    times = results["times"]
    if results["steps"][-1]["people"] is None:
        hiding.null("$", results, ["times"])
        return
    percentiles(hiding, "$.times", times, people)
    hiding.keep("bins", times, [])


RULE = Rule(hide, refused=refused)
