"""What can be asked of retention, and what each of the known systems means by it."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ethogram.ask.questions.question import Named, Scope, period_asked
from ethogram.ask.questions.retention_clock import Clock, clock
from ethogram.ask.questions.spec import Spec, range_of, zone_of
from ethogram.ask.questions.step import Step, step
from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid
from ethogram.events.event import Instant

MOST_PERIODS = 1000

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "default": {"mode": "on", "start_mode": "first_in_range", "clock": "calendar",
                "floored": False, "period_zero": "returned", "by_must_match": False},
    "posthog": {"mode": "on", "start_mode": "first_ever", "clock": "calendar",
                "floored": True, "period_zero": "everyone", "by_must_match": True},
    "mixpanel": {"mode": "on_or_after", "start_mode": "first_in_range", "clock": "rolling",
                 "floored": False, "period_zero": "returned", "by_must_match": False},
    "amplitude": {"mode": "on_or_after", "start_mode": "recurring", "clock": "rolling",
                  "floored": True, "period_zero": "returned", "by_must_match": False},
}  # fmt: skip
"""By ``semantics``: what the fields are that a spec leaves out."""


class Retention(Spec, frozen=True, forbid_unknown_fields=True, tag="retention"):
    """Who comes back: people by the period of their start, and how many of them return later.

    ``periods`` (8) follow that of the start, or ``brackets``: each so many periods wide. ``mode``:
    returned in that very period, in it or a later one, in it or an earlier one, or in each one
    from the first on (streak), and ``at_least`` so many times in a period.

    ``start_mode``: a person's first start ever (and it must lie in the range); that, if it is
    also the first event of its name, whatever ``where`` the start has; the first in the range;
    or the first in each period (recurring: one person in several cohorts).

    ``clock``: periods of the calendar, or of 1, 7 or 30 times 24 hours from the start's instant;
    ``floored``, from the hour it lies in, or for weeks and months the day. ``period_zero``: who
    returned in the period of the start, or everyone. ``by_must_match``: each value of ``by`` is
    looked at as if there were no events of others. ``silent``: a person is gone after so long
    without a return, and the answer has a survival curve.

    What is not given is as ``semantics`` has it.

    >>> settled(Retention("signup", "login", semantics="amplitude")).clock
    'rolling'
    """

    start: Step | str
    return_: Step | str = msgspec.field(name="return")
    period: Literal["day", "week", "month"] = "day"
    periods: int | None = None
    brackets: tuple[int, ...] = ()
    mode: Literal["on", "on_or_after", "on_or_before", "streak"] | None = None
    at_least: int = 1
    start_mode: Literal["first_ever", "first_event_ever", "first_in_range", "recurring"] | None = (
        None
    )
    clock: Literal["calendar", "rolling"] | None = None
    floored: bool | None = None
    period_zero: Literal["returned", "everyone"] | None = None
    by_must_match: bool | None = None
    silent: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        decide = msgspec.structs.force_setattr
        decide(self, "start", step(self.start))
        decide(self, "return_", step(self.return_))


def settled(spec: Retention) -> Retention:
    """``spec`` with what its ``semantics`` means where it says nothing."""
    preset = {**PRESETS[spec.semantics]}
    if spec.semantics == "posthog" and spec.start_mode == "first_event_ever":
        # PostHog asks the event's first ever for no value but its own.
        preset["by_must_match"] = False
    # What a preset says of rolling periods and of groups is not said of others.
    preset["floored"] &= (spec.clock or preset["clock"]) == "rolling"
    preset["by_must_match"] &= bool(spec.by)
    said = {name: value for name, value in preset.items() if getattr(spec, name) is None}
    if spec.periods is None:
        said["periods"] = sum(spec.brackets) if spec.brackets else 8
    return msgspec.structs.replace(spec, **said)


def names(spec: Retention) -> Named:
    """What a retention names; raises `Invalid` where its fields do not fit."""
    periods = spec.periods or 0
    if not 0 <= periods <= MOST_PERIODS:
        raise Invalid("bad_periods", f"From 0 to {MOST_PERIODS} periods can be asked.",
                      at="$.brackets" if spec.brackets else "$.periods")  # fmt: skip
    for i, width in enumerate(spec.brackets):
        if width < 1:
            raise Invalid("bad_brackets", "A bracket is at least one period wide.",
                          at=f"$.brackets[{i}]")  # fmt: skip
    if spec.brackets and periods != sum(spec.brackets):
        raise Invalid("bad_periods", f"The brackets are {sum(spec.brackets)} periods in all.",
                      at="$.periods", hint='Leave out "periods".')  # fmt: skip
    if spec.floored and spec.clock == "calendar":
        raise Invalid("bad_floored", "Periods of the calendar begin with its days, not with a "
                      "start's hour.", at="$.floored", hint='Say "clock": "rolling".')  # fmt: skip
    if spec.by_must_match and not spec.by:
        raise Invalid("nothing_to_match", "There are no values that a return must have.",
                      at="$.by_must_match", hint='Say "by".')  # fmt: skip
    if spec.at_least < 1:
        raise Invalid("bad_at_least", "A return is at least one event.", at="$.at_least")
    if spec.silent is not None and spec.start_mode == "recurring":
        raise Invalid("silent_needs_one_start", "A person who starts several times has no one "
                      "lifetime.", at="$.silent",
                      hint='Say "start_mode": "first_in_range".')  # fmt: skip
    if silence(spec) == 0 and spec.silent is not None:
        raise Invalid("bad_duration", "A silence takes time.", at="$.silent")
    return Named([(step(spec.start), "$.start"), (step(spec.return_), "$.return")])


def clock_of(spec: Retention, scope: Scope) -> Clock:
    """How the periods are counted, and for which cohorts."""
    widths = spec.brackets or (1,) * (spec.periods or 0)
    style = "calendar"
    if spec.clock == "rolling":
        style = "floored" if spec.floored else "rolling"
    extent = period_asked(range_of(spec), scope)
    return clock(spec.period, zone_of(spec), extent, widths, style)


def until_of(spec: Retention, scope: Scope) -> Instant:
    """The instant up to which things are known."""
    last = range_of(spec).last
    return scope.now if last is None else min(last, scope.now)


def matched(spec: Retention) -> bool:
    """Whether returns are told apart by their values."""
    return bool(spec.by and spec.by_must_match)


def silence(spec: Retention) -> int:
    """The silence after which a person is gone, in microseconds; 0: none is asked for."""
    return 0 if spec.silent is None else microseconds(spec.silent, "$.silent")
