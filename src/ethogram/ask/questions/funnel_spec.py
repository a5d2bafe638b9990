"""What a funnel's spec says: its steps, its rules, and the defaults that other products have."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ethogram.ask.questions.calendar import Unit
from ethogram.ask.questions.spec import Spec
from ethogram.ask.questions.step import PropertyName, Step
from ethogram.events.predicate import Predicate


class FunnelStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One step: events called ``event`` for which ``where`` holds, or one of those in ``any``.

    It needs so many ``times`` of them. It comes at least ``after`` and at most ``within`` after
    the step before. An ``optional`` one may be left out.
    """

    event: str | None = None
    where: Predicate | None = None
    any: tuple[Step | str, ...] | None = None
    times: int = 1
    after: str | None = None
    within: str | None = None
    optional: bool = False
    name: str | None = None


class Exclude(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An event that ends an attempt between two steps, counted from 0."""

    event: str | None = None
    where: Predicate | None = None
    between: tuple[int, int] | None = None


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Another time, ISO 8601: ``from`` inclusive, ``to`` exclusive."""

    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None


class Funnel(Spec, frozen=True, forbid_unknown_fields=True, tag="funnel"):
    """How many people take one step after the other, and where they stop.

    All ``steps`` lie ``within`` a length of time from the first; without it, any.
    A step is an object or an event's name. ``order``: in order (others may come in between), in
    any order, or strictly one after the other. ``exclude`` ends attempts between two steps, in the
    first order only; without ``between``, from the first step to the last.

    What counts are ``people``, or all their ``attempts``. ``constant`` names properties, three at
    most, that have one value at all steps of an attempt. With ``trend``, a funnel for each hour,
    day, week or month in which attempts begin. ``compare`` is another period, or the
    ``previous`` one. ``attribution`` says at which step the values of ``by`` are looked at: at
    the ``first`` of the attempt, the ``last`` that it reached, the one with that number (from
    0), or at ``all`` of them, which then have one value.

    The rest is what products differ in: an attempt may begin at ``any`` first step or at the
    ``first`` only (``entry``); an excluded event ``voids`` an attempt or ``stops`` it where it
    stands (``exclusion``); steps of one instant are taken in ``step_order`` or ``never``
    (``ties``); instants are ``grain`` long, and steps may come ``slack`` too early; ``range`` holds
    the whole ``sequence`` or its ``entry``; in any order, ``first_needed`` or not; of attempts
    that end at once, the one that began ``latest`` or ``earliest`` (``prefer``).

    >>> Funnel(["catalog", "cart"], within="7d").steps[0].event
    'catalog'
    """

    steps: tuple[FunnelStep | str, ...]
    within: str | None = None
    order: Literal["ordered", "any", "strict"] = "ordered"
    exclude: tuple[Exclude, ...] = ()
    count: Literal["people", "attempts"] = "people"
    constant: tuple[PropertyName, ...] = ()
    trend: Unit | None = None
    compare: Period | Literal["previous"] | None = None
    attribution: Literal["first", "last", "all"] | int = "first"
    entry: Literal["any", "first"] | None = None
    exclusion: Literal["voids", "stops"] | None = None
    ties: Literal["step_order", "never"] | None = None
    grain: str | None = None
    slack: str | None = None
    range: Literal["sequence", "entry"] | None = None
    first_needed: bool | None = None
    prefer: Literal["latest", "earliest"] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        steps = tuple(_step(each) for each in self.steps)
        msgspec.structs.force_setattr(self, "steps", steps)
        one = isinstance(self.constant, str)
        constant = (self.constant,) if one else tuple(map(_name, self.constant))
        msgspec.structs.force_setattr(self, "constant", constant)


def _step(said: FunnelStep | Step | str) -> FunnelStep:
    if isinstance(said, FunnelStep):
        return said
    return FunnelStep(said) if isinstance(said, str) else FunnelStep(said.event, said.where)


def _name(said: PropertyName) -> PropertyName:
    return said if isinstance(said, str) else tuple(said)


_DEFAULTS: Mapping[str, Any] = {
    "entry": "any", "exclusion": "voids", "ties": "step_order", "range": "sequence",
    "first_needed": False, "prefer": "latest",
}  # fmt: skip
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "default": _DEFAULTS,
    "posthog": {**_DEFAULTS, "within": "14d"},
    "mixpanel": {**_DEFAULTS, "within": "7d", "entry": "first", "exclusion": "stops",
                 "slack": "2s"},
    "amplitude": {**_DEFAULTS, "within": "1d", "exclusion": "stops", "grain": "1s",
                  "range": "entry", "first_needed": True, "prefer": "earliest"},
}  # fmt: skip
"""What each product does where the spec says nothing (see the guide)."""


UNKNOWN: Mapping[str, tuple[str, ...]] = {
    "ordered": (),
    "strict": ("exclude", "slack"),
    "any": ("exclude", "slack", "constant", "trend", "entry", "ties", "grain", "prefer"),
}
"""What an order does not know of."""


def settled(spec: Funnel) -> Funnel:
    """``spec`` with what its ``semantics`` means where it says nothing, and its order knows it."""
    preset, unknown = PRESETS[spec.semantics], UNKNOWN[spec.order]
    if spec.ties == "never":
        unknown = (*unknown, "slack")
    said = {name: value for name, value in preset.items()
            if getattr(spec, name) is None and name not in unknown}  # fmt: skip
    return msgspec.structs.replace(spec, **said)


def steps_of(spec: Funnel) -> tuple[FunnelStep, ...]:
    """The steps, which the spec has made objects of."""
    return tuple(_step(each) for each in spec.steps)


def alternatives(each: FunnelStep) -> tuple[Step, ...]:
    """The events that can be the step."""
    if each.any is None:
        return (Step(each.event, each.where),)
    return tuple(Step(other) if isinstance(other, str) else other for other in each.any)


def label(each: FunnelStep) -> str | None:
    """The step's name in an answer: its own, or its events'; None for any event."""
    if each.name is not None or each.any is None:
        return each.name or each.event
    return " or ".join(step.event or "any event" for step in alternatives(each))
