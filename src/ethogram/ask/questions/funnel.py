"""Funnel: how many people take the steps, one after the other, and where they stop."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
import numpy as np

from ethogram.ask.kernels.funnel_bits import Climbed
from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import Breakdown, check_cells, chosen, in_order, shown
from ethogram.ask.questions.calendar import Calendar, calendar
from ethogram.ask.questions.earlier import range_before
from ethogram.ask.questions.funnel_counts import (
    Counts,
    Tally,
    climbed,
    climbed_by,
    differences,
    nothing,
    step_rows,
    summed,
    tallied,
    times,
)
from ethogram.ask.questions.funnel_course import UNLIMITED, Plan, Rows, rows_of
from ethogram.ask.questions.funnel_plain import plain
from ethogram.ask.questions.funnel_spec import (
    UNKNOWN,
    Exclude,
    Funnel,
    FunnelStep,
    Period,
    alternatives,
    settled,
    steps_of,
)
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.question import (
    Asked,
    Behind,
    Found,
    Named,
    Question,
    Scope,
    listed,
    period_asked,
)
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.spec import range_of, zone_of
from ethogram.ask.questions.step import Step
from ethogram.ask.sequences.run import Int64s, Part, Run
from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid
from ethogram.events.times import iso

MOST_STEPS = 60
"""What the bits of a number can tell apart."""

__all__ = ["FUNNEL", "Exclude", "Funnel", "FunnelStep", "Period", "Reach"]

RULES = {
    "window": "from the first step, inclusive; a step's own from the step before, inclusive",
    "range": "sequence: the whole sequence lies between from and to; entry: its first step does",
    "attempt": "every event of the first step starts an attempt, or with entry first the first "
    "one only; the furthest counts: of several the one that got there first, and of those the "
    "one that started last, or with prefer earliest first",
    "attempts": "with count attempts all count, each from the first step's event that follows "
    "the end of the one before: its last step, the end of its window, or an excluded event",
    "path": "each step is the earliest that comes after the step before; where steps have times "
    "of their own, the latest that the next one allows",
    "ties": "events of one instant are taken in step order, or with ties never not at all; one "
    "event serves one step",
    "exclusion": "an excluded event inside the window voids the attempt, or with exclusion stops "
    "ends it where it stands; another attempt that nothing ends restores the person",
    "optional": "an optional step happens between the required ones around it; who gets where "
    "does not depend on it",
    "any": "the most different steps within a window that any step's event opens",
    "strict": "each step lies in the instant of the step before or in the next one of the person",
    "by": "the value at the step that attribution names, of the attempt that counts; with all, "
    "a funnel for each value, and a person may be in several",
    "low": "with high the 95 % interval of the conversion (Wilson), of a difference (Newcombe); "
    "attempts have none, since those of one person do not depend on chance alone",
    "median_seconds": "from the required step before, over those who reached this one; a step "
    "that came within slack before it took no time",
    "times": "with a sample, of the people in it",
    "periods": "an attempt belongs to the period that it starts in; of each person the one that "
    "counts there, so that one person may be in several",
}


class Reach(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those who reached ``step`` (from 1); if ``dropped``, the one before and not this one.

    ``by`` and ``period`` (its start, as in the answer) mean one group and one period of the
    answer; ``compared`` the other period.
    """

    step: int
    dropped: bool = False
    by: dict[str, str | int | float | bool | None] | None = None
    period: str | None = None
    compared: bool = False


def names(spec: Funnel) -> Named:
    """What a funnel names; raises `Invalid` where its fields do not fit each other."""
    if not spec.steps:
        raise Invalid("no_steps", "A funnel needs a step.", at="$.steps")
    _check_steps(spec)
    _check_order(spec)
    _check_excluded(spec)
    if isinstance(spec.attribution, int) and not 0 <= spec.attribution < len(spec.steps):
        raise Invalid("no_such_step", f"There is no step {spec.attribution}.", at="$.attribution",
                      hint=f"Steps count from 0 to {len(spec.steps) - 1}.")  # fmt: skip
    if spec.attribution not in ("first", 0) and not spec.by:
        raise Invalid("needs_by", "Nothing is looked at where the answer has no groups.",
                      at="$.attribution", hint='Say "by", or leave it out.')  # fmt: skip
    if spec.ties == "never" and spec.slack is not None:
        raise Invalid("bad_slack", "A step that may come too early may come in the same instant.",
                      at="$.slack", hint='Leave it out, or say "ties": "step_order".')  # fmt: skip
    if isinstance(spec.compare, Period) and spec.compare == Period():
        raise Invalid("bad_period", "The other period has no beginning and no end.",
                      at="$.compare", hint='Say "from", "to" or both.')  # fmt: skip
    if len(spec.constant) > 3:
        raise Invalid("too_many_constants", "Three properties at most can be held constant.",
                      at="$.constant")  # fmt: skip
    if spec.compare == "previous" and None in range_of(spec):
        raise Invalid("no_previous", "What comes before needs a beginning and an end.",
                      at="$.compare", hint='Say "from" and "to".')  # fmt: skip
    for name in ("within", "grain", "slack"):
        if (length := getattr(spec, name)) is not None:
            microseconds(length, f"$.{name}")
    picks = [(pick, f"$.steps[{i}]" if each.any is None else f"$.steps[{i}].any[{j}]")
             for i, each in enumerate(steps_of(spec))
             for j, pick in enumerate(alternatives(each))]  # fmt: skip
    picks += [(Step(each.event, each.where), f"$.exclude[{i}]")
              for i, each in enumerate(spec.exclude)]  # fmt: skip
    return Named(picks, [(name, f"$.constant[{i}]") for i, name in enumerate(spec.constant)])


def _check_steps(spec: Funnel) -> None:
    needed = 0
    for i, each in enumerate(steps_of(spec)):
        at = f"$.steps[{i}]"
        if each.any is not None and (each.event is not None or each.where is not None):
            raise Invalid("bad_step", 'A step is an event, or "any" of several.', at=at)
        if each.any == () or each.times < 1:
            raise Invalid("bad_step", "A step needs an event, at least once.", at=at)
        needed += each.times
        if needed > MOST_STEPS:
            raise Invalid("too_many_steps", f"A funnel has at most {MOST_STEPS} steps, each as "
                          "often as it is needed.", at=at if each.times == 1 else f"{at}.times",
                          hint="Ask for fewer.")  # fmt: skip
        if i == 0 and (each.optional or each.after or each.within):
            raise Invalid("bad_step", "The first step has none before it and is not optional.",
                          at=at)  # fmt: skip
        if each.optional and (each.times > 1 or each.after or each.within):
            raise Invalid("bad_step", "An optional step has no times of its own.", at=at)
        for name in ("after", "within"):
            if (length := getattr(each, name)) is not None:
                microseconds(length, f"{at}.{name}")


def _check_order(spec: Funnel) -> None:
    """What the orders do not know of."""
    timed = any(each.times > 1 or each.optional or each.after or each.within
                for each in steps_of(spec))  # fmt: skip
    said = {name: getattr(spec, name) not in (None, ()) for name in UNKNOWN[spec.order]}
    if spec.order != "ordered":
        said["steps"] = timed
    if spec.order == "any":
        said |= {"count": spec.count == "attempts", "attribution": spec.attribution != "first"}
    for name, unfit in said.items():
        if unfit:
            raise Invalid(
                "exclude_needs_order" if name == "exclude" else "needs_order",
                f'The order "{spec.order}" does not know of what "{name}" says.',
                at=f"$.{name}",
                hint=f'Leave out "{name}", or say "order": "ordered".',
            )


def _check_excluded(spec: Funnel) -> None:
    for i, excluded in enumerate(spec.exclude):
        first, last = excluded.between or (0, len(spec.steps) - 1)
        if not 0 <= first < last < max(len(spec.steps), 2):
            raise Invalid(
                "bad_between",
                f"There are no steps {first} and {last}, one after the other.",
                at=f"$.exclude[{i}].between",
                hint=f"Steps count from 0 to {len(spec.steps) - 1}.",
            )


def ask(spec: Funnel, scope: Scope) -> Asked[list[Counts]]:
    """The funnel's numbers, and those that it is compared with."""
    days, other = _days(spec, scope), _compared(spec)
    asked: list[tuple[Funnel, Calendar | None]] = [(spec, None), *((each, None) for each in other)]
    asked += [] if days is None else [(_everyone(spec), days)]
    asked += [(_everyone(spec), None)] if _shares(spec) else []

    def over(part: Part) -> Callable[[int, int], list[Counts]]:
        partials = [_over(each, part, own) for each, own in asked]
        return lambda low, high: [found(low, high) for found in partials]

    return Asked(over, merge, [Counts() for _ in asked], partial(finish, spec, days))


def people(spec: Funnel, scope: Scope, cell: Reach) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means."""
    step, dropped = cell.step, cell.dropped
    if not 1 + dropped <= step <= len(spec.steps):
        raise Invalid("no_such_step", f"There is no step {step}.", at="step",
                      hint=f"Steps here go from {1 + dropped} to {len(spec.steps)}.")  # fmt: skip
    chosen(spec.by, [], cell.by)
    other = _compared(spec)
    if cell.compared and not other:
        raise Invalid("not_compared", "The question compares nothing.", at="compared")
    asked = other[0] if cell.compared else spec if cell.by is not None else _everyone(spec)
    days = None if cell.period is None else _days(asked, scope)
    day = None if cell.period is None else _period(days, cell.period)
    before = Plan(asked).columns.index(Plan(asked).before[step - 2]) if dropped else 0

    def over(part: Part) -> Callable[[int, int], Int64s]:
        found = rows_of(Plan(asked), part, days)

        def ids(low: int, high: int) -> Int64s:
            rows = found(low, high)
            meant = _meant(rows, cell, asked, day)
            there = np.unique(rows.ids[meant & rows.reached[:, step - 1]])
            if not dropped:
                return there
            return np.setdiff1d(rows.ids[meant & rows.reached[:, before]], there)

        return ids

    return listed(over)


def merge(a: list[Counts], b: list[Counts]) -> list[Counts]:
    """The people of both, who are different people."""
    both = [x + y for x, y in zip(a, b, strict=True)]
    for counts in both:
        check_cells(len(counts.cells), 1)
    return both


def finish(spec: Funnel, days: Calendar | None, found: list[Counts]) -> Found:
    """The funnel's rows; those of each group, of each period, and of what it is compared with."""
    each, steps = {key: tally for (_, key), tally in found[0].cells.items()}, len(spec.steps)
    overall = summed((found[-1] if _shares(spec) else found[0]).cells.values(), steps)
    results: dict[str, Any] = {"steps": step_rows(spec, overall), "times": times(overall)}
    if spec.by:
        keys = in_order(list(each))
        groups = [each[key] for key in keys]
        results["groups"] = [
            {"by": shown(spec.by, key), "steps": step_rows(spec, group)}
            for key, group in zip(keys, groups, strict=True)
        ]
        if len(groups) == 2:
            results["difference"] = differences(spec, *groups)
    if days is not None:
        cells = found[-2 if _shares(spec) else -1].cells
        results["periods"] = [
            {"from": days.label(p), **_people(spec, cells.get((p, ()), nothing(steps)))}
            for p in range(len(days))
        ]
    if spec.compare is not None:
        other = summed(found[1].cells.values(), steps)
        results["compared"] = {
            "steps": step_rows(spec, other), "difference": differences(spec, overall, other),
        }  # fmt: skip
    return Found(results, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The steps; with ``by`` those of each group, with its values."""
    if "groups" not in results:
        return results["steps"]
    return [{**group["by"], **step} for group in results["groups"] for step in group["steps"]]


def _people(spec: Funnel, tally: Tally) -> Row:
    rows = step_rows(spec, tally)
    return {"people": [row["people"] for row in rows], "conversion": rows[-1]["conversion"]}


def _over(spec: Funnel, part: Part, days: Calendar | None) -> Callable[[int, int], Counts]:
    quick = _plain(spec, part) if days is None else None
    if quick is not None:
        return partial(_quickly, part.run, Breakdown(part, spec.by), quick)
    found = rows_of(Plan(spec), part, days)
    return lambda low, high: tallied(found(low, high))


def _plain(spec: Funnel, part: Part) -> Callable[[int, int], Climbed] | None:
    """The quick way, where the spec asks for nothing that it does not know."""
    said = steps_of(spec)
    usual = settled(Funnel(()))
    if (
        spec.order != "ordered" or spec.exclude or spec.constant or spec.count != "people"
        or spec.slack or spec.grain or spec.attribution not in ("first", 0)
        or any(getattr(spec, name) != getattr(usual, name)
               for name in ("entry", "ties", "range", "prefer"))
        or any(each != FunnelStep(each.event, each.where, name=each.name) for each in said)
    ):  # fmt: skip
        return None
    marker = Marker(part.run, [Step(each.event, each.where) for each in said], spec.where)
    within = UNLIMITED if spec.within is None else microseconds(spec.within, "$.within")
    return plain(part, marker, range_of(spec), within, each=bool(spec.by))


def _quickly(
    run: Run, breakdown: Breakdown, quick: Callable[[int, int], Climbed], low: int, high: int
) -> Counts:
    found = quick(low, high)
    if not breakdown.columns:
        return Counts({(0, ()): climbed(found)})
    n = found.counts[0]
    return climbed_by(found, *breakdown.groups(found.starts[:n] + run.offsets[low], n))


def _everyone(spec: Funnel) -> Funnel:
    """The same funnel without groups."""
    return msgspec.structs.replace(spec, by=(), attribution="first")


def _shares(spec: Funnel) -> bool:
    """Whether one person may be in several groups, so that these do not add up to everybody."""
    return bool(spec.by) and (spec.attribution == "all" or spec.count == "attempts")


def _compared(spec: Funnel) -> list[Funnel]:
    """The other funnel that ``compare`` asks for, if any."""
    if spec.compare is None:
        return []
    spec, change = _everyone(spec), msgspec.structs.replace
    if isinstance(spec.compare, Period):
        return [change(spec, from_=spec.compare.from_, to=spec.compare.to, compare=None)]
    first, last = range_of(spec)
    assert first is not None
    assert last is not None
    zone = zone_of(spec)
    before = range_before(first, last, zone)
    ends = [None if at is None else iso(at) for at in (before.first, before.last)]
    return [change(spec, from_=ends[0], to=ends[1], compare=None)]


def _days(spec: Funnel, scope: Scope) -> Calendar | None:
    if spec.trend is None:
        return None
    first, last = period_asked(range_of(spec), scope)
    days = calendar(spec.trend, zone_of(spec), first, last, at="$.trend")
    check_cells(1, len(days) * len(spec.steps))
    return days


def _period(days: Calendar | None, said: str) -> int:
    labels = [] if days is None else [days.label(p) for p in range(len(days))]
    if said not in labels:
        raise Invalid("no_such_period", f"The answer has no period {said[:64]!r}.", at="period",
                      hint="Periods are called by their start, as the answer says it.")  # fmt: skip
    return labels.index(said)


def _meant(rows: Rows, cell: Reach, spec: Funnel, day: int | None) -> Bools:
    """The rows of the cell's group and period."""
    meant = np.ones(len(rows.ids), np.bool_) if day is None else rows.periods == day
    own = np.flatnonzero(chosen(spec.by, rows.keys, cell.by))
    return meant & np.isin(rows.groups, own)


FUNNEL = Question(
    Funnel, names, ask, rows, Behind(Reach, people), settled, frozenset({"people", "attempts"})
)
