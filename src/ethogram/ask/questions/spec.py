"""What every question's spec has in common."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from ethogram.ask.questions.cohort import Cohort, parts_of
from ethogram.ask.questions.cohort import check as check_cohort
from ethogram.ask.questions.split import By, Split, split
from ethogram.ask.questions.split import check as check_split
from ethogram.ask.questions.step import PropertyName
from ethogram.events import predicate, times
from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid, nearest
from ethogram.events.event import Instant
from ethogram.events.predicate import Predicate


class Spec(
    msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag_field="question"
):
    """The common part: which events are looked at, and how the answer is split.

    ``from_`` (written ``from``) is inclusive, ``to`` exclusive, ISO 8601; without an offset they
    are local to ``timezone``. Events for which ``where`` does not hold do not exist. ``by`` names
    what splits the answer: properties, of the event or of the person, whose missing value is a
    value of its own, and cohorts. ``people`` are a cohort: only they are looked at, before all
    else. ``sample`` is a share of them, between 0 and 1: always the same people.

    ``unit`` is who behaves: ``person``, ``session`` (a person's events without a pause of
    ``session_gap`` or longer), ``device`` or ``group:TYPE``. ``semantics`` sets the defaults of
    another product, as far as the question knows of a difference.
    """

    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    where: Predicate | None = None
    by: tuple[By, ...] = ()
    people: Cohort | None = None
    sample: float | None = None
    semantics: Literal["default", "posthog", "mixpanel", "amplitude"] = "default"
    timezone: str = "UTC"
    unit: str = "person"
    session_gap: str = "30m"

    def __post_init__(self) -> None:
        by = (self.by,) if isinstance(self.by, str) else tuple(map(_literal, self.by))
        msgspec.structs.force_setattr(self, "by", by)


class Range(NamedTuple):
    """Instants from ``first`` (inclusive) to ``last`` (exclusive); None is unbounded."""

    first: Instant | None
    last: Instant | None


def check_common(spec: Spec) -> None:
    """Raise `Invalid` where fields of the common part say nonsense."""
    zone_of(spec)
    gap_of(spec)
    check_where(spec.where, "$.where")
    if spec.unit not in ("person", "session", "device") and not spec.unit.startswith("group:"):
        raise Invalid("unknown_unit", f"There is no unit {spec.unit[:64]!r}.", at="$.unit",
                      hint=nearest(spec.unit, ("person", "session", "device", "group:company")),
                      )  # fmt: skip
    if spec.sample is not None and not 0 < spec.sample <= 1:
        raise Invalid("bad_sample", "A sample is a share above 0, at most 1.", at="$.sample",
                      hint='Write "sample": 0.1 for a tenth.')  # fmt: skip
    if spec.people is not None:
        check_cohort(spec.people, "$.people")
    for i, by in enumerate(spec.by):
        check_split(by, f"$.by[{i}]")
    for cohort, at in cohorts_in(spec):
        instant = instant_of(cohort, times.now(), zone_of(spec), at)
        range_within(cohort, instant, zone_of(spec), at)


def cohorts_in(spec: Spec) -> Iterator[tuple[Cohort, str]]:
    """The cohorts that the common part names, and those within them, each with its place."""
    if spec.people is not None:
        yield from parts_of(spec.people, "$.people")
    for i, by in enumerate(spec.by):
        if (cohort := split(by).cohort) is not None:
            yield from parts_of(cohort, f"$.by[{i}].cohort")


def gap_of(spec: Spec) -> int:
    """The pause that parts two sessions, in microseconds."""
    gap = microseconds(spec.session_gap, "$.session_gap")
    if not gap:
        raise Invalid("bad_duration", "Without a pause there is no end of a session.",
                      at="$.session_gap")  # fmt: skip
    return gap


def zone_of(spec: Spec) -> ZoneInfo:
    """The time zone that the spec names."""
    try:
        return ZoneInfo(spec.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            "unknown_timezone",
            f"There is no time zone {spec.timezone[:64]!r}.",
            at="$.timezone",
            hint=nearest(spec.timezone, available_timezones()),
        ) from None


def range_of(spec: Spec) -> Range:
    """The instants that the spec's ``from`` and ``to`` mean."""
    zone = zone_of(spec)
    first, last = instant(spec.from_, zone, "$.from"), instant(spec.to, zone, "$.to")
    return _ordered(first, last, "$.to")


def range_within(said: Cohort, at: Instant, zone: ZoneInfo, place: str = "$") -> Range:
    """The instants that a cohort's ``from``, ``to`` and ``last`` mean when looked at ``at``."""
    if said.last is not None:
        return Range(at - microseconds(said.last, f"{place}.last"), at)
    first = instant(said.from_, zone, f"{place}.from")
    last = instant(said.to, zone, f"{place}.to")
    return _ordered(first, at if last is None else min(last, at), f"{place}.to")


def instant_of(said: Cohort, at: Instant, zone: ZoneInfo, place: str = "$") -> Instant:
    """The instant at which a cohort is looked at: its own ``at``, or the one given."""
    own = instant(said.at, zone, f"{place}.at")
    return at if own is None else own


def _ordered(first: Instant | None, last: Instant | None, at: str) -> Range:
    if first is not None and last is not None and first >= last:
        raise Invalid("empty_range", '"from" must lie before "to".', at=at)
    return Range(first, last)


def instant(text: str | None, zone: ZoneInfo, at: str) -> Instant | None:
    """The instant that ``text`` means, local to ``zone`` without an offset."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return times.parse(text, at)
    return times.parse(moment if moment.tzinfo else moment.replace(tzinfo=zone), at)


def properties_in(where: Predicate | None, at: str) -> Iterator[tuple[PropertyName, str]]:
    """The properties that a predicate names, each with its place."""
    if where is None:
        return
    if where.property is not None:
        yield where.property, f"{at}.property"
    for form, parts in (("all", where.all), ("any", where.any)):
        for i, part in enumerate(parts or ()):
            yield from properties_in(part, f"{at}.{form}[{i}]")
    yield from properties_in(where.not_, f"{at}.not")


def check_where(where: Predicate | None, at: str) -> None:
    """Raise `Invalid` where a predicate compares nonsense."""
    if where is not None:
        predicate.check(where, at)


def _literal(by: By) -> By:
    return by if isinstance(by, str | Split) else tuple(by)
