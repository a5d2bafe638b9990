"""The stretch of each person's events around a step of a funnel."""

from collections.abc import Callable
from typing import Literal

import msgspec
import numpy as np

from ethogram.ask.kernels.cutting import Pictured, stretch
from ethogram.ask.questions import funnel
from ethogram.ask.questions.chunk import frozen
from ethogram.ask.questions.cuts import Looked, Narrow
from ethogram.ask.questions.funnel_course import steps_taken
from ethogram.ask.questions.funnel_spec import Funnel, steps_of
from ethogram.ask.questions.question import Named
from ethogram.ask.questions.spec import Spec, gap_of
from ethogram.ask.sequences.run import Codes, Int64s, Part
from ethogram.events.errors import Invalid

_OWN = ("from_", "to", "where", "by", "people", "sample", "timezone", "unit", "session_gap",
        "count", "trend", "compare", "attribution")  # fmt: skip


class Around(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Those who reached ``step`` (from 1) of a funnel; ``dropped``: the one before and not it.

    One path for each of them: ``before`` or ``after`` the last step they reached of the two, or
    ``between`` the step before and this one.
    """

    funnel: Funnel
    step: int
    side: Literal["before", "after", "between"] = "after"
    dropped: bool = False

    @property
    def anchors(self) -> list[int]:
        """The steps (from 0) that the paths begin or end with."""
        if self.side == "between":
            return [self.step - 2, self.step - 1]
        return [self.step - 1 - self.dropped]


def names(around: Around) -> Named:
    """What the funnel names; raises `Invalid` where it or its step does not fit."""
    for name in _OWN:
        field = {each.name: each for each in msgspec.structs.fields(Funnel)}[name]
        if getattr(around.funnel, name) != field.default:
            raise Invalid("not_here", f'"{field.encode_name}" is said for the paths, not for the '
                          "funnel.", at=f"$.around.funnel.{field.encode_name}")  # fmt: skip
    try:
        named = funnel.names(around.funnel)
    except Invalid as error:
        at = error.at.replace("$", "$.around.funnel", 1)
        raise Invalid(error.code, error.message, at=at, hint=error.hint) from None
    if any(step.optional for step in steps_of(around.funnel)):
        raise Invalid("not_here", "Paths go around steps that are required.",
                      at="$.around.funnel.steps", hint="Leave out the optional ones.")  # fmt: skip
    if around.funnel.order == "any":
        raise Invalid("around_needs_order", 'Around a step there is nothing in order "any".',
                      at="$.around.funnel.order", hint='Say "ordered" or "strict".')  # fmt: skip
    if around.dropped and around.side == "between":
        raise Invalid("nothing_between", "Who dropped has no events between the two steps.",
                      at="$.around.side", hint='Say "before" or "after".')  # fmt: skip
    first = 1 + (around.dropped or around.side == "between")
    if not first <= around.step <= len(around.funnel.steps):
        raise Invalid("no_such_step", f"There is no step {around.step} to look around here.",
                      at="$.around.step",
                      hint=f"Steps go from {first} to {len(around.funnel.steps)}.")  # fmt: skip
    return Named([(step, at.replace("$", "$.around.funnel", 1)) for step, at in named.steps])


def narrowing(around: Around, spec: Spec) -> Callable[[Part], Narrow]:
    """Narrows each unit's events to those around the step."""
    common = {name: getattr(spec, name) for name in ("from_", "to", "where", "timezone")}
    asked = msgspec.structs.replace(around.funnel, **common)
    gap = gap_of(spec)

    def of(part: Part) -> Narrow:
        taken = steps_taken(asked, part)

        def narrow(low: int, high: int, looked: Looked) -> Looked:
            levels, where = taken(low, high)
            meant = levels == around.step - 1 if around.dropped else levels >= around.step
            anchors = np.where(meant[:, None], where[:, around.anchors], -1)
            if around.side == "between":
                return _between(anchors, looked)
            begins, ends = stretch(looked.events, anchors[:, 0].copy(), gap, around.side == "after")
            return Looked(looked.events._replace(begins=begins, ends=ends), looked.pictured)

        return narrow

    return of


def _between(anchors: Int64s, looked: Looked) -> Looked:
    """From the one anchor to the other; where they are of one instant, in the funnel's order."""
    a, b = anchors.T
    events, pictured, back = looked.events, looked.pictured, None
    turned = np.flatnonzero(b < a)
    if len(turned):
        a, b = np.minimum(a, b), np.maximum(a, b)
        back = np.arange(len(events.symbols))
        back[a[turned]], back[b[turned]] = b[turned], a[turned]
        events = events._replace(symbols=_turned(events.symbols, back))
        pictured = Pictured(_turned(pictured.symbols, back), pictured.nodes)
    begins, ends = np.where(a < 0, events.begins, a), np.where(a < 0, events.begins, b + 1)
    return Looked(events._replace(begins=begins, ends=ends), pictured, back)


def _turned(symbols: Codes, back: Int64s) -> Codes:
    return frozen(symbols[back[: len(symbols)]])
