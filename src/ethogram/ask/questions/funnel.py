"""Funnel: how many people take the steps, one after the other, and where they stop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels.funnel import Levels, Rules, ordered
from ethogram.ask.kernels.funnel_any import unordered
from ethogram.ask.kernels.funnel_bits import Climbed
from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import Breakdown, Key, in_order, shown
from ethogram.ask.questions.chunk import Chunk, chunk, frozen
from ethogram.ask.questions.funnel_plain import plain
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.question import Asked, Behind, Found, Named, Question, Scope, listed
from ethogram.ask.questions.spec import Spec, range_of
from ethogram.ask.questions.step import Step, step
from ethogram.ask.sequences.run import Int64s, Part, Run
from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate

SECOND = 1_000_000
UNLIMITED = 2**61

RULES = {
    "window": "from the first step, inclusive",
    "range": "the whole sequence lies between from and to",
    "attempt": "every event of the first step starts an attempt; the furthest counts: of several "
    "the one that got there first, and of those the one that started last",
    "ties": "events of one instant are taken in step order; one event serves one step",
    "exclusion": "an excluded event inside the window voids the attempt; another attempt that "
    "nothing voids restores the person",
    "any": "the most different steps within a window that any step's event opens",
    "strict": "each step lies in the instant of the step before or in the next one of the person",
    "by": "the value at the first event of the attempt that counts",
    "median_seconds": "from the step before, over the people who reached this one",
}


class Exclude(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An event that voids an attempt between two steps, counted from 0."""

    event: str | None = None
    where: Predicate | None = None
    between: tuple[int, int] | None = None


class Funnel(Spec, frozen=True, forbid_unknown_fields=True, tag="funnel"):
    """How many people take one step after the other, and where they stop.

    All ``steps`` lie ``within`` a length of time from the first; without it, any.
    A step is ``{"event", "where"}`` or an event's name. ``order``: in order (others may come in
    between), in any order, or strictly one after the other. ``exclude`` voids attempts, in the
    first order only; without ``between``, from the first step to the last.

    >>> Funnel(["catalog", "cart"], within="7d").steps[0].event
    'catalog'
    """

    steps: tuple[Step | str, ...]
    within: str | None = None
    order: Literal["ordered", "any", "strict"] = "ordered"
    exclude: tuple[Exclude, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "steps", tuple(map(step, self.steps)))


@dataclass(frozen=True)
class Reached:
    """Of each group: people per level (index 0: one step), and the gaps before each later step.

    ``gaps[key][k]`` are arrays of microseconds from step k to step k + 1.
    """

    people: dict[Key, Int64s] = field(default_factory=dict[Key, Int64s])
    gaps: dict[Key, list[list[Int64s]]] = field(default_factory=dict[Key, list[list[Int64s]]])


Climb: TypeAlias = Callable[[int, int], tuple[Chunk, Levels]]


def names(spec: Funnel) -> Named:
    """What a funnel names; raises `Invalid` where its fields do not fit each other."""
    if not spec.steps:
        raise Invalid("no_steps", "A funnel needs a step.", at="$.steps")
    if spec.exclude and spec.order != "ordered":
        raise Invalid(
            "exclude_needs_order",
            f'Exclusions lie between steps, which order "{spec.order}" does not know.',
            at="$.exclude",
            hint='Leave out "exclude", or say "order": "ordered".',
        )
    for i, excluded in enumerate(spec.exclude):
        first, last = excluded.between or (0, len(spec.steps) - 1)
        if not 0 <= first < last < max(len(spec.steps), 2):
            raise Invalid(
                "bad_between",
                f"There are no steps {first} and {last}, one after the other.",
                at=f"$.exclude[{i}].between",
                hint=f"Steps count from 0 to {len(spec.steps) - 1}.",
            )
    _within(spec)
    picks = [(each, f"$.steps[{i}]") for i, each in enumerate(_steps(spec))]
    picks += [(Step(each.event, each.where), f"$.exclude[{i}]")
              for i, each in enumerate(spec.exclude)]  # fmt: skip
    return Named(picks)


def ask(spec: Funnel, _scope: Scope) -> Asked[Reached]:
    """The funnel's numbers."""
    return Asked(partial(_over, spec), merge, Reached(), partial(finish, spec))


class Reach(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those who reached ``step`` (from 1); if ``dropped``, the one before and not this one."""

    step: int
    dropped: bool = False


def people(spec: Funnel, _scope: Scope, cell: Reach) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means."""
    step, dropped = cell.step, cell.dropped
    if not 1 + dropped <= step <= len(spec.steps):
        raise Invalid("no_such_step", f"There is no step {step}.", at="step",
                      hint=f"Steps here go from {1 + dropped} to {len(spec.steps)}.")  # fmt: skip

    def over(part: Part) -> Callable[[int, int], Int64s]:
        climb = _climb(spec, part)

        def ids(low: int, high: int) -> Int64s:
            seen, reached = climb(low, high)
            level = reached.levels
            return seen.units[level == step - 1 if dropped else level >= step]

        return ids

    return listed(over)


def merge(a: Reached, b: Reached) -> Reached:
    """The people of both, who are different people."""
    counts, gaps = dict(a.people), dict(a.gaps)
    for key, levels in b.people.items():
        counts[key] = counts[key] + levels if key in counts else levels
    for key, steps in b.gaps.items():
        known = gaps.get(key)
        gaps[key] = [x + y for x, y in zip(known, steps, strict=True)] if known else steps
    return Reached(counts, gaps)


def finish(spec: Funnel, total: Reached) -> Found:
    """The funnel's rows, and with ``by`` each group's."""
    keys = in_order(list(total.people))
    overall = Reached()
    for key in keys:
        overall = merge(overall, Reached({(): total.people[key]}, {(): total.gaps[key]}))
    steps = _steps_reached(spec, overall, ())
    if not spec.by:
        return Found({"steps": steps}, RULES)
    groups = [
        {"by": shown(spec.by, key), "steps": _steps_reached(spec, total, key)} for key in keys
    ]
    return Found({"steps": steps, "groups": groups}, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The steps; with ``by`` those of each group, with its values."""
    if "groups" not in results:
        return results["steps"]
    return [{**group["by"], **step} for group in results["groups"] for step in group["steps"]]


def _over(spec: Funnel, part: Part) -> Callable[[int, int], Reached]:
    breakdown = Breakdown(part, spec.by)
    if spec.order == "ordered" and not spec.exclude:
        found = _marker(spec, part), range_of(spec), _within(spec)
        quick = plain(part, *found, each=bool(spec.by))
        if quick is not None:
            return partial(_quickly, part.run, breakdown, quick)
    climb = _climb(spec, part)

    def slowly(low: int, high: int) -> Reached:
        seen, reached = climb(low, high)
        entered = np.flatnonzero(reached.levels)
        starts = reached.starts[entered] + seen.first
        groups, keys = breakdown.groups(starts, len(starts))
        return _tally(keys, groups, reached.levels[entered], reached.gaps[entered])

    return slowly


def _quickly(
    run: Run, breakdown: Breakdown, quick: Callable[[int, int], Climbed], low: int, high: int
) -> Reached:
    counts, levels, starts, gaps, _ = quick(low, high)
    if not breakdown.columns:
        each = [[gaps[k, : counts[k + 1]].copy()] for k in range(len(gaps))]
        return Reached({(): counts}, {(): each})
    n = counts[0]
    groups, keys = breakdown.groups(starts[:n] + run.offsets[low], n)
    of_unit = np.zeros((n, len(gaps)), np.int64)
    for k, packed in enumerate(gaps):
        of_unit[levels[:n] > k + 1, k] = packed[: counts[k + 1]]
    return _tally(keys, groups, levels[:n], of_unit)


def _tally(keys: list[Key], groups: Int64s, levels: npt.NDArray[np.uint8], gaps: Int64s) -> Reached:
    width = gaps.shape[1] + 2
    counts = np.bincount(groups * width + levels, minlength=width * len(keys))
    counts = counts.reshape(len(keys), width)[:, :0:-1].cumsum(1)[:, ::-1]
    result = Reached()
    order = np.argsort(groups, kind="stable") if len(keys) > 1 else slice(None)
    bounds = np.concatenate([[0], np.bincount(groups, minlength=len(keys)).cumsum()])
    levels, gaps = levels[order], gaps[order]
    for g, key in enumerate(keys):
        own = slice(bounds[g], bounds[g + 1])
        result.people[key] = counts[g]
        result.gaps[key] = [[gaps[own, k][levels[own] > k + 1]] for k in range(gaps.shape[1])]
    return result


def _climb(spec: Funnel, part: Part) -> Climb:
    """The kernel that fits the spec, made ready for a part."""
    steps, when, within = len(spec.steps), range_of(spec), _within(spec)
    marker, excluded = _marker(spec, part), len(spec.exclude)

    def climb(low: int, high: int) -> tuple[Chunk, Levels]:
        seen = chunk(part, low, high, when)
        events, bits = marker.mark(seen)
        n = high - low
        out = Levels(
            np.empty(n, np.uint8), np.empty(n, np.int64), np.empty((n, steps - 1), np.int64)
        )
        serves = frozen(bits >> excluded)
        rules = Rules(serves, _voids(spec, bits), steps, within, spec.order == "strict")
        (unordered if spec.order == "any" else ordered)(events, rules, out)
        return seen, out

    return climb


def _marker(spec: Funnel, part: Part) -> Marker:
    """Marks exclusions first, then steps: in that order events of one instant are taken."""
    excluded = [Step(each.event, each.where) for each in spec.exclude]
    others = spec.order == "strict"
    return Marker(part.run, [*excluded, *_steps(spec)], spec.where, others=others)


def _voids(spec: Funnel, bits: Int64s) -> Int64s:
    """For each mark, the steps at which it voids an attempt, as bits."""
    voids = np.zeros_like(bits)
    for e, excluded in enumerate(spec.exclude):
        first, last = excluded.between or (0, len(spec.steps) - 1)
        voids |= ((bits >> e) & 1) * ((1 << last) - (1 << first))
    return frozen(voids)


def _steps_reached(spec: Funnel, total: Reached, key: Key) -> list[Row]:
    steps = _steps(spec)
    counts = total.people.get(key, np.zeros(len(steps), np.int64)).tolist()
    gaps = total.gaps.get(key, [[] for _ in steps[1:]])
    return [
        {
            "event": each.event,
            "people": counts[k],
            "conversion": _ratio(counts[k], counts[0]),
            "conversion_from_previous": _ratio(counts[k], counts[max(k - 1, 0)]),
            "median_seconds": _median(gaps[k - 1]) if k else None,
        }
        for k, each in enumerate(steps)
    ]


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _median(arrays: list[Int64s]) -> float | None:
    values = np.concatenate(arrays) if arrays else np.empty(0)
    return float(np.median(values)) / SECOND if len(values) else None


def _steps(spec: Funnel) -> tuple[Step, ...]:
    return tuple(step(each) for each in spec.steps)


def _within(spec: Funnel) -> int:
    return UNLIMITED if spec.within is None else microseconds(spec.within, "$.within")


FUNNEL = Question(Funnel, names, ask, rows, Behind(Reach, people))
