"""Heatmap: where on a page people click, on which elements, and how far they scroll."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import msgspec
import numpy as np

from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.listing import listing
from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import Breakdown, Typed, Value, check_cells, chosen
from ethogram.ask.questions.chunk import Chunk, chunk, frozen
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.measures import numbers
from ethogram.ask.questions.occurring import groups_at
from ethogram.ask.questions.question import Asked, Behind, Found, Named, Question, Scope, listed
from ethogram.ask.questions.spec import Spec, range_of
from ethogram.ask.questions.split import heading
from ethogram.ask.questions.step import PropertyName, Step, step
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate

MOST_CELLS = 10_000
DEPTHS = [k / 10 for k in range(1, 11)]

RULES = {
    "cells": "column 0 is the left, row 0 the top; a click's place is its x by its page's width, "
    "and its y by its page's height",
    "placed": "clicks whose place is known and on the page; unplaced: the others",
    "people": "each once per cell, per element and in all",
    "elements": "those with the most clicks; a missing element is none: such clicks are "
    "without_element",
    "scroll": "of the people with a scroll depth on the page, who came so deep or deeper; 1 is "
    "the page's end",
}


class Heatmap(Spec, frozen=True, forbid_unknown_fields=True, tag="heatmap"):
    """Where on a page people click, on which elements, and how far they scroll.

    ``page`` is a value of ``page_property``; ``event`` are the clicks on it, ``scroll`` the
    events that say how deep somebody came. The grid has ``columns`` times ``rows`` cells. The
    other fields name properties: of a click ``x``, ``y``, ``page_width`` and ``page_height``, all
    in one unit, and ``element``; of a scroll ``scroll_depth``, a share of the page's height
    between 0 and 1.

    >>> Heatmap("/shop").event.event
    'click'
    """

    page: str
    event: Step | str = Step("click")
    scroll: Step | str = Step("scroll")
    columns: int = 20
    rows: int = 40
    top: int = 20
    page_property: PropertyName = "page"
    x: PropertyName = "x"
    y: PropertyName = "y"
    page_width: PropertyName = "page_width"
    page_height: PropertyName = "page_height"
    element: PropertyName = "element"
    scroll_depth: PropertyName = "scroll_depth"

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "event", step(self.event))
        msgspec.structs.force_setattr(self, "scroll", step(self.scroll))


_USUAL = Heatmap("")
_PROPERTIES = ("x", "y", "page_width", "page_height", "element", "scroll_depth")


class Tally(NamedTuple):
    """Clicks, and the people who made them."""

    clicks: int
    people: int


@dataclass(frozen=True)
class Heat:
    """Per cell clicks and people, per element the same, and in all; people per depth reached.

    ``unplaced`` are clicks without a place on the page, and the people who made such.

    ``depths[k]`` are the people whose deepest scroll reached k of `DEPTHS`.
    """

    clicks: Int64s
    people: Int64s
    depths: Int64s
    all: Tally
    unplaced: Tally
    without_element: Tally
    elements: Mapping[Typed, Tally] = field(default_factory=dict[Typed, Tally])


def names(spec: Heatmap) -> Named:
    """What a heatmap names: its clicks, and what is not called as usual.

    Raises `Invalid` where a field makes no sense.
    """
    if spec.by:
        raise Invalid("no_groups", "A heatmap is not split into groups.", at="$.by",
                      hint='Ask for each group with "where".')  # fmt: skip
    if min(spec.columns, spec.rows) < 1 or spec.columns * spec.rows > MOST_CELLS:
        raise Invalid("bad_grid", f"A grid has 1 to {MOST_CELLS:,} cells.", at="$.columns")
    if not 0 <= spec.top <= MOST_CELLS:
        raise Invalid("bad_top", f"From 0 to {MOST_CELLS:,} elements can be shown.", at="$.top")
    steps = [(step(spec.event), "$.event")]
    if spec.scroll != _USUAL.scroll:
        steps.append((step(spec.scroll), "$.scroll"))
    said = [(getattr(spec, each), f"$.{each}") for each in _PROPERTIES
            if getattr(spec, each) != getattr(_USUAL, each)]  # fmt: skip
    return Named(steps, [(spec.page_property, "$.page_property"), *said])


def ask(spec: Heatmap, _scope: Scope) -> Asked[Heat]:
    """The heat."""
    none = np.zeros(spec.columns * spec.rows, np.int64)
    depths, nobody = np.zeros(len(DEPTHS) + 1, np.int64), Tally(0, 0)
    nothing = Heat(none, none, depths, nobody, nobody, nobody)
    return Asked(partial(_over, spec), merge, nothing, partial(finish, spec))


class Spot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those who clicked in a cell, or on an ``element``, or came to a ``depth``; else anywhere."""

    column: int | None = None
    row: int | None = None
    element: Value = None
    depth: float | None = None


def people(spec: Heatmap, _scope: Scope, cell: Spot) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means."""
    kinds = [cell.column is not None, cell.element is not None, cell.depth is not None]
    if sum(kinds) > 1 or (cell.column is None) != (cell.row is None):
        raise Invalid("bad_spot", "A spot is a column and a row, an element, or a depth.",
                      at="column")  # fmt: skip

    def over(part: Part) -> Callable[[int, int], Int64s]:
        look = _look(spec, part)

        def ids(low: int, high: int) -> Int64s:
            seen = look(low, high)
            if cell.depth is not None:
                return seen.chunk.units[seen.scrolled[seen.depths >= cell.depth]]
            if cell.element is not None:
                element = {heading(spec.element): cell.element}
                wanted = chosen((spec.element,), [(each,) for each in seen.elements], element)
                meant = np.append(wanted, False)[seen.element]
                return seen.chunk.units[seen.units[meant]]
            if cell.column is not None and cell.row is not None:
                here = seen.cells == cell.row * spec.columns + cell.column
                return seen.chunk.units[seen.placed[here]]
            return seen.chunk.units[seen.units]

        return ids

    return listed(over)


def merge(a: Heat, b: Heat) -> Heat:
    """The heat of both, who are different people."""
    elements = dict(a.elements)
    for element, more in b.elements.items():
        elements[element] = _added(elements.get(element, Tally(0, 0)), more)
    check_cells(len(elements), 1)
    return Heat(a.clicks + b.clicks, a.people + b.people, a.depths + b.depths,
                _added(a.all, b.all), _added(a.unplaced, b.unplaced),
                _added(a.without_element, b.without_element), elements)  # fmt: skip


def finish(spec: Heatmap, total: Heat) -> Found:
    """The cells that have clicks, the elements that have most, and how deep people scroll."""
    most = sorted(total.elements.items(), key=lambda each: (-each[1].clicks, str(each[0])))
    rest = [tally for _, tally in most[spec.top :]]
    deep, scrolled = total.depths[::-1].cumsum()[::-1][1:], int(total.depths.sum())
    return Found(
        {
            "page": spec.page,
            **total.all._asdict(),
            "placed": int(total.clicks.sum()),
            "unplaced": total.unplaced._asdict(),
            "cells": [
                {"column": i % spec.columns, "row": i // spec.columns,
                 "clicks": int(total.clicks[i]), "people": int(total.people[i])}
                for i in np.flatnonzero(total.clicks).tolist()
            ],
            "elements": [
                {"element": value, **tally._asdict()} for (_, value), tally in most[: spec.top]
            ],
            "without_element": total.without_element._asdict(),
            "other_elements": {"elements": len(rest), "clicks": sum(each.clicks for each in rest)},
            "scrolled": scrolled,
            "scroll": [
                {"depth": depth, "people": n, "share": n / scrolled if scrolled else None}
                for depth, n in zip(DEPTHS, deep.tolist(), strict=True)
            ],
        },
        RULES,
    )  # fmt: skip


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The cells that have clicks."""
    return results["cells"]


class Seen(NamedTuple):
    """Of a chunk: each click's unit and element (the last: none); of the clicks that have a place
    the unit and the cell; of the others the unit; and the units that scrolled and how deep.
    """

    chunk: Chunk
    units: Int64s
    element: Int64s
    elements: list[Typed]
    placed: Int64s
    cells: Int64s
    unplaced: Int64s
    scrolled: Int64s
    depths: np.ndarray


def _over(spec: Heatmap, part: Part) -> Callable[[int, int], Heat]:
    look, size = _look(spec, part), spec.columns * spec.rows

    def heat(low: int, high: int) -> Heat:
        seen = look(low, high)
        check_cells(len(seen.elements), 1)
        clicks, people = _tallies(seen.units, seen.element, len(seen.elements) + 1)
        *tallies, without = map(Tally, clicks.tolist(), people.tolist())
        reached = np.searchsorted(DEPTHS, seen.depths, side="right")
        return Heat(
            *_tallies(seen.placed, seen.cells, size),
            np.bincount(reached, minlength=len(DEPTHS) + 1),
            _tally(seen.units),
            _tally(seen.unplaced),
            without,
            dict(zip(seen.elements, tallies, strict=True)),
        )

    return heat


def _tally(units: Int64s) -> Tally:
    return Tally(len(units), len(np.unique(units)))


def _tallies(units: Int64s, places: Int64s, size: int) -> tuple[Int64s, Int64s]:
    """How many clicks, and how many units, each place has."""
    pairs = np.unique(units * size + places)
    return np.bincount(places, minlength=size), np.bincount(pairs % size, minlength=size)


def _look(spec: Heatmap, part: Part) -> Callable[[int, int], Seen]:
    page = Predicate(property=spec.page_property, op="=", value=spec.page)
    picks = [Step(each.event, page if each.where is None else page & each.where)
             for each in (step(spec.event), step(spec.scroll))]  # fmt: skip
    marker, when = Marker(part.run, picks, spec.where), range_of(spec)
    elements = Breakdown(part, (spec.element,))

    def look(low: int, high: int) -> Seen:
        seen = chunk(part, low, high, when)
        events, bits = marker.mark(seen)
        where, units = listing(_only(events, bits & 1))
        groups, keys = groups_at(elements, seen, where)
        known = [g for g, ((_, value),) in enumerate(keys) if value is not None]
        place = np.full(len(keys), len(known))
        place[known] = np.arange(len(known))
        return Seen(
            seen, units, place[groups], [keys[g][0] for g in known],
            *_cells(spec, seen, where, units), *_depths(spec, seen, _only(events, bits >> 1)),
        )  # fmt: skip

    return look


def _only(events: Events, chosen: Int64s) -> Events:
    """The events whose mark is 1 in ``chosen``."""
    return events._replace(table=frozen(chosen.astype(np.uint8)[events.table]))


def _cells(
    spec: Heatmap, seen: Chunk, where: Int64s, units: Int64s
) -> tuple[Int64s, Int64s, Int64s]:
    """The units and the cells of the clicks that are on the page; the units of the others."""
    named = (spec.x, spec.y, spec.page_width, spec.page_height)
    there, (x, y, width, height) = numbers(seen.run, named, where + seen.first)
    on = (x >= 0) & (y >= 0) & (x <= width) & (y <= height) & (width > 0) & (height > 0)
    column = np.minimum(x[on] / width[on] * spec.columns, spec.columns - 1).astype(np.int64)
    row = np.minimum(y[on] / height[on] * spec.rows, spec.rows - 1).astype(np.int64)
    return units[there][on], row * spec.columns + column, np.delete(units, there[on])


def _depths(spec: Heatmap, seen: Chunk, events: Events) -> tuple[Int64s, np.ndarray]:
    """The units that have scrolled, and how deep they came."""
    where, units = listing(events)
    there, (depths,) = numbers(seen.run, (spec.scroll_depth,), where + seen.first)
    units = units[there]
    first = np.flatnonzero(np.diff(units, prepend=-1))
    return units[first], np.maximum.reduceat(depths, first) if len(first) else depths


def _added(a: Tally, b: Tally) -> Tally:
    return Tally(a.clicks + b.clicks, a.people + b.people)


HEATMAP = Question(
    Heatmap,
    names,
    ask,
    rows,
    Behind(Spot, people),
    counted=frozenset({"clicks", "people", "placed", "scrolled"}),
)
