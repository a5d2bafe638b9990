"""Cutting whole units into sessions and paths: what `paths` and `states` are counted from."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ethogram.ask.kernels import cutting
from ethogram.ask.kernels.cutting import END, ENDLESS, HEAD, START, Cut, Paths, cut, cut_whole
from ethogram.ask.kernels.events import Events
from ethogram.ask.questions.chunk import Chunk, chunk, frozen
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.nodes import Names, Naming, picture
from ethogram.ask.questions.pattern import NOTHING, Element, compiled
from ethogram.ask.questions.spec import Spec, gap_of, range_of
from ethogram.ask.questions.step import Step
from ethogram.ask.sequences.run import Int64s, Part


@dataclass(frozen=True)
class Looked:
    """The events that are looked at; ``back[i]`` is event ``i``'s place in the run's chunk."""

    events: Events
    pictured: cutting.Pictured
    back: Int64s | None = None


Narrow = Callable[[int, int, Looked], Looked]
"""Of the units ``low:high``: only a stretch of each."""


@dataclass(frozen=True)
class Plan:
    """What is cut: see `ethogram.ask.kernels.cutting.Cut`. A path may have any length if
    ``depth`` is None; ``narrow`` is made for a part, and with it nothing else parts sessions.
    """

    spec: Spec
    naming: Naming
    names: Names
    start: Step | None = None
    end: Step | None = None
    keep: int = HEAD
    depth: int | None = None
    collapse: bool = False
    pattern: list[Element] = field(default_factory=list[Element])
    matching: bool = False
    wholes: bool = True
    narrow: Callable[[Part], Narrow] | None = None


@dataclass(frozen=True)
class Cutting:
    """The first ``n`` of ``paths`` are those of a chunk; their nodes are called ``names``."""

    seen: Chunk
    looked: Looked
    names: Names
    paths: Paths
    n: int

    @property
    def firsts(self) -> Int64s:
        """The event of the run that each path begins with."""
        where = self.paths.where[self.paths.bounds[: self.n]]
        back = self.looked.back
        return self.seen.first + (where.astype(np.int64) if back is None else back[where])


def cutter(plan: Plan, part: Part) -> Callable[[int, int], Cutting]:
    """Cuts the units ``low:high`` of ``part``."""
    run, spec = part.run, plan.spec
    when = range_of(spec)
    picks = [pick for pick in (plan.start, plan.end) if pick is not None]
    marker = Marker(run, picks, spec.where, others=True)
    pictures = picture(run, plan.naming, plan.names)
    narrow = plan.narrow and plan.narrow(part)

    def cut_chunk(low: int, high: int) -> Cutting:
        seen = chunk(part, low, high, when)
        events, bits = marker.mark(seen)
        pictured, names = pictures(seen)
        looked = Looked(events, pictured)
        if narrow is not None:
            looked = narrow(low, high, looked)
        pattern = compiled(plan.pattern, names) if plan.pattern else NOTHING
        room = max(int((looked.events.ends - looked.events.begins).sum()), 1)
        paths = _room(room, high - low)
        rules = _rules(plan, bits)
        if picks or plan.pattern or plan.keep != HEAD:
            n = cut(looked.events, looked.pictured, rules, pattern, paths)
        else:
            n = cut_whole(looked.events, looked.pictured, rules, paths)
        return Cutting(seen, looked, names, paths, n)

    return cut_chunk


def _rules(plan: Plan, bits: Int64s) -> Cut:
    roles = np.zeros(len(bits), np.uint8)
    picks = [START] * (plan.start is not None) + [END] * (plan.end is not None)
    for k, role in enumerate(picks):
        roles |= ((bits >> k) & 1).astype(np.uint8) * np.uint8(role)
    return Cut(
        gap=ENDLESS if plan.narrow else gap_of(plan.spec),
        roles=frozen(roles),
        start=plan.start is not None,
        end=plan.end is not None,
        keep=plan.keep,
        depth=ENDLESS if plan.depth is None else plan.depth,
        collapse=plan.collapse,
        matching=plan.matching,
    )


def _room(events: int, units: int) -> Paths:
    """Room for whatever so many events are cut into."""
    return Paths(
        nodes=np.empty(events, np.uint16),
        where=np.empty(events, np.int32),
        bounds=np.empty(events + 1, np.int32),
        units=np.empty(events, np.int32),
        has=np.zeros(units, np.uint8),
        sessions=np.zeros(2, np.int64),
    )
