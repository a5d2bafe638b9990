"""Paths: what people do one after the other, step by step."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from ethogram.ask.kernels.cutting import ENDS, HEAD, MATCHED, TAIL
from ethogram.ask.questions import around as arounds
from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.around import Around
from ethogram.ask.questions.breakdown import shown
from ethogram.ask.questions.cuts import Plan, cutter
from ethogram.ask.questions.funnel_spec import alternatives, steps_of
from ethogram.ask.questions.nodes import Grouping, Naming, check_grouping, grouped, names_of
from ethogram.ask.questions.paths_shown import Shape, picture
from ethogram.ask.questions.pattern import parse
from ethogram.ask.questions.question import Asked, Behind, Found, Named, Question, Scope, listed
from ethogram.ask.questions.spec import Spec, check_where, gap_of, properties_in, range_of
from ethogram.ask.questions.step import PropertyName, Step, step
from ethogram.ask.questions.walkers import Went, check_went, walkers
from ethogram.ask.questions.walks import Split, Walks, counted, merge, nothing, settled
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid, nearest
from ethogram.events.predicate import Predicate

MOST_STEPS = 20
MOST_SHOWN = 1000

RULES = {
    "sessions": "a person's events, parted where one is session_gap or more after the one before; "
    'with "none", or around a funnel\'s "between", nothing parts them',
    "order": "by time; events of one instant in the order they came in",
    "hidden": "events that are not shown stand in no path, but they hold a session together",
    "group": "the first group that has the name; what no group has keeps its name",
    "collapse": "of nodes of one name side by side, after hiding and grouping, the first counts",
    "paths": "one of each session: from the first start event, to the first end event after it; "
    "a session without them has none",
    "depth": "the first nodes; up to an end the last ones; from a start to an end half of them at "
    "each end, with ... in the middle",
    "step": "counts from 1; up to an end so that the end stands at step depth",
    "around": "one path of each person whom the funnel counts there, in the session of the event "
    "that took the step",
    "nodes": "count = starts + what comes in = ends + what goes out",
    "other": "the rest of a step's nodes; its people are null, since some of them overlap",
    "by": "the value at the event that the path begins with",
    "compare": "paths by what holds for the event that they begin with; a share is of the "
    "segment's paths",
    "pattern": "found anywhere in a session's nodes, one beside the other",
    "top": "null where there are more than 1,000,000 different paths",
}


class Paths(Spec, frozen=True, forbid_unknown_fields=True, tag="paths"):
    """What people do next: the ways through their events, step by step.

    From the beginning of each session, or from a ``start``, or up to an ``end``, or from the one
    to the other; or ``around`` a funnel's step. ``hide`` and ``only`` leave events out, ``group``
    puts them together by name, ``label`` adds a property's value to their names. ``pattern``,
    such as ``cart->[^cart]*->buy``, counts the sessions in which it is found; if ``matching``,
    their paths alone. ``compare`` sets two segments side by side. Each step shows at most
    ``most_nodes``, the rest as "other"; ``top`` whole paths are listed.

    >>> Paths(start="catalog", depth=3).start.event
    'catalog'
    """

    start: Step | str | None = None
    end: Step | str | None = None
    around: Around | None = None
    depth: int = 5
    collapse: bool = True
    hide: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    group: tuple[Grouping, ...] = ()
    label: PropertyName | None = None
    pattern: str | None = None
    matching: bool = False
    compare: tuple[Predicate, Predicate] | None = None
    most_nodes: int = 12
    top: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("start", "end"):
            said = getattr(self, name)
            msgspec.structs.force_setattr(self, name, None if said is None else step(said))
        for name in ("hide", "only", "group"):
            msgspec.structs.force_setattr(self, name, tuple(getattr(self, name)))


def names(spec: Paths) -> Named:
    """What paths name; raises `Invalid` where their fields do not fit each other."""
    gap_of(spec)
    check_grouping(spec.group)
    _check_fields(spec)
    steps = [(each, f"$.{name}") for name, each in _ends(spec).items()]
    if spec.around is not None:
        steps += arounds.names(spec.around).steps
    _check_shown(spec)
    properties: list[tuple[PropertyName, str]] = []
    for i, each in enumerate(spec.compare or ()):
        check_where(each, f"$.compare[{i}]")
        properties += properties_in(each, f"$.compare[{i}]")
    if spec.label is not None:
        properties.append((spec.label, "$.label"))
    events = [(name, f"$.{field}[{i}]") for field in ("hide", "only")
              for i, name in enumerate(getattr(spec, field))]  # fmt: skip
    return Named(steps, properties, events)


def ask(spec: Paths, scope: Scope) -> Asked[Walks]:
    """The numbers of the paths."""
    plan = _plan(spec, scope)
    split = Split(spec.by, spec.compare or ())
    over = partial(counted, plan, split)
    return Asked(over, merge, nothing(plan, split), partial(finish, spec))


def finish(spec: Paths, total: Walks) -> Found:
    """Paths in all, and with ``by`` each group's, with ``compare`` the difference."""
    shape = Shape(settled(total), spec.depth, spec.most_nodes, spec.top)
    results: Row = picture(shape, None)
    if spec.pattern is not None:
        kinds = ("sessions", "people", "matching_sessions", "matching_people")
        numbers = dict(zip(kinds, total.sessions.tolist(), strict=True))
        results["pattern"] = {"pattern": spec.pattern, **numbers}
    if spec.by:
        keys = shape.keys()
        results["groups"] = [{"by": shown(spec.by, key), **picture(shape, key)} for key in keys]
    if spec.compare is not None:
        segments = [picture(shape, segment) for segment in (0, 1)]
        results |= {"segments": segments, "difference": difference(*segments)}
    return Found(results, RULES)


def difference(a: Row, b: Row) -> list[Row]:
    """Of each edge of two segments the counts, the shares, and the second's less the first's."""
    edges: dict[tuple[int, str, str], list[Row | None]] = {}
    for i, segment in enumerate((a, b)):
        for edge in segment["edges"]:
            place = (edge["step"], edge["from"], edge["to"])
            edges.setdefault(place, [None, None])[i] = edge
    rows: list[Row] = []
    for (at, from_, to), pair in edges.items():
        counts = [edge["count"] if edge else 0 for edge in pair]
        shares = [n / whole["paths"] if whole["paths"] else None
                  for n, whole in zip(counts, (a, b), strict=True)]  # fmt: skip
        people = [edge["people"] if edge else 0 for edge in pair]
        gap = _less(*shares)
        rows.append({"from": from_, "to": to, "step": at, "counts": counts, "people": people,
                     "shares": shares, "difference": gap})  # fmt: skip
    return sorted(rows, key=lambda row: -abs(row["difference"] or 0))


def _less(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else b - a


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The edges; of a comparison their differences, with ``by`` each group's with its values."""
    if "difference" in results:
        return results["difference"]
    if "groups" in results:
        return [{**group["by"], **edge} for group in results["groups"] for edge in group["edges"]]
    return results["edges"]


class Way(Went, frozen=True, forbid_unknown_fields=True):
    """Those who went ``from`` one node at ``step`` ``to`` another; without ``to``, who were there.

    Without a step at any, without nodes those with a path; or those whose whole ``path`` was
    this; or, if ``matching``, those with a session in which the pattern is found. Of a group the
    values ``by``, of a comparison the ``segment``, 1 or 2.
    """

    path: tuple[str, ...] | None = None
    matching: bool = False
    segment: int | None = None


def people(spec: Paths, scope: Scope, cell: Way) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means."""
    plan = _plan(spec, scope)
    _check_cell(spec, plan, cell)
    if cell.matching:
        return listed(partial(_matching, plan))
    compare = () if cell.segment is None else ((spec.compare or ())[cell.segment - 1],)
    return walkers(plan, cell, compare, cell.path)


def _matching(plan: Plan, part: Part) -> Callable[[int, int], Int64s]:
    cut = cutter(plan, part)

    def ids(low: int, high: int) -> Int64s:
        cutting = cut(low, high)
        return cutting.seen.units[cutting.paths.has & MATCHED != 0]

    return ids


def _check_cell(spec: Paths, plan: Plan, cell: Way) -> None:
    check_went(cell, plan, spec.depth)
    if cell.matching and spec.pattern is None:
        raise Invalid("no_pattern", "No pattern was asked for.", at="matching")
    if cell.segment not in ((None, 1, 2) if spec.compare is not None else (None,)):
        raise Invalid("no_such_segment", f"There is no segment {cell.segment}.", at="segment",
                      hint="They are 1 and 2, where two are compared.")  # fmt: skip


def _plan(spec: Paths, scope: Scope) -> Plan:
    naming = Naming(frozenset(spec.hide), frozenset(spec.only), spec.label, spec.group)
    named = names_of(() if spec.label else grouped(sorted(scope.events), spec.group))
    elements = [] if spec.pattern is None else parse(spec.pattern)
    for each in elements:
        if each.name is not None and each.name not in named and spec.label is None:
            raise Invalid("unknown_node", f"There is no node {each.name[:64]!r}.", at="$.pattern",
                          hint=nearest(each.name, named[2:]))  # fmt: skip
    around = spec.around
    return Plan(
        spec,
        naming,
        named,
        **_ends(spec),
        keep=_keep(spec),
        depth=spec.depth,
        collapse=spec.collapse,
        pattern=elements,
        matching=spec.matching,
        wholes=spec.top > 0,
        narrow=around and arounds.narrowing(around, spec),
    )


def _ends(spec: Paths) -> dict[str, Step]:
    both = {"start": spec.start, "end": spec.end}
    return {name: step(each) for name, each in both.items() if each is not None}


def _keep(spec: Paths) -> int:
    side = spec.around and spec.around.side
    if side == "between" or (spec.start is not None and spec.end is not None):
        return ENDS
    return TAIL if side == "before" or spec.end is not None else HEAD


def _check_fields(spec: Paths) -> None:
    range_of(spec)
    least = 3 if _keep(spec) == ENDS else 2
    bounds = {"depth": (least, MOST_STEPS), "most_nodes": (2, MOST_SHOWN), "top": (0, MOST_SHOWN)}
    for name, (low, high) in bounds.items():
        if not low <= getattr(spec, name) <= high:
            raise Invalid(f"bad_{name}", f"It is {low} to {high} here.", at=f"$.{name}")
    if spec.around is not None and _ends(spec):
        raise Invalid("around_has_ends", "Around a funnel's step, paths have their ends already.",
                      at=f"$.{next(iter(_ends(spec)))}")  # fmt: skip
    if spec.compare is not None and spec.by:
        raise Invalid("compare_or_by", 'Paths are split by "by" or by "compare".', at="$.by")
    if spec.matching and spec.pattern is None:
        raise Invalid("no_pattern", "There is no pattern to match.", at="$.matching")


def _check_shown(spec: Paths) -> None:
    """The events that paths begin or end with must be seen."""
    naming = Naming(frozenset(spec.hide), frozenset(spec.only))
    anchors = [(each, f"$.{name}") for name, each in _ends(spec).items()]
    if spec.around is not None and (spec.hide or spec.only):
        steps = [alternatives(each) for each in steps_of(spec.around.funnel)]
        anchors += [(each, f"$.around.funnel.steps[{k}]")
                    for k in spec.around.anchors for each in steps[k]]  # fmt: skip
        if any(each.event is None for each, _ in anchors):
            raise Invalid("hidden_step", "A step of any event might be a hidden one.", at="$.hide")
    for each, at in anchors:
        if each.event is not None and not naming.shows(each.event):
            raise Invalid("hidden_step", f"The event {each.event[:64]!r} is left out, and paths "
                          "begin or end with it.", at=f"{at}.event")  # fmt: skip


COUNTED = {"paths", "people", "count", "counts", "starts", "ends", "sessions", "matching_sessions",
           "matching_people"}  # fmt: skip
PATHS = Question(Paths, names, ask, rows, Behind(Way, people), counted=frozenset(COUNTED))
