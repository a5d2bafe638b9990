"""What every question's spec has in common."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from ethogram.ask.questions.cohort import Cohort, parts_of
from ethogram.ask.questions.cohort import check as check_form
from ethogram.ask.questions.split import By, Split, heading, null_heading, split
from ethogram.ask.questions.split import check as check_split
from ethogram.ask.questions.step import PropertyName
from ethogram.ask.sequences.units import GROUP, OF_GROUP
from ethogram.events import predicate, times
from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid, nearest
from ethogram.events.event import Instant
from ethogram.events.predicate import Predicate, Whose
from ethogram.store.lake.changes import RESERVED

ENDLESS = 2**61
OF_PROFILE = RESERVED
"""What no property of events is called."""


class Spec(
    msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag_field="question"
):
    """The common part: which events are looked at, and how the answer is split.

    ``from_`` (written ``from``) is inclusive, ``to`` exclusive, ISO 8601; without an offset they
    are local to ``timezone``. Events for which ``where`` does not hold do not exist. ``by`` names
    what splits the answer: properties, of the event or of the person, and cohorts; of a property
    missing and null are values of their own. ``people`` are a cohort: only they are looked at,
    before all else. ``sample`` is a share of them, between 0 and 1: always the same people.

    ``now`` is the instant of asking, to the whole minute: periods that end later are not over, and
    cohorts see what happened up to the end of that minute. An answer's definition says it.

    ``unit`` is who behaves: ``person``, ``session`` (a person's events without a pause of
    ``session_gap`` or longer), ``device`` or ``group:TYPE``. ``persons_as_of`` is an instant: ids
    are one person's where that was known by then, however they were joined or parted since.
    ``semantics`` sets the defaults of
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
    now: str | None = None
    persons_as_of: str | None = None

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
    check_unit(spec)
    if spec.sample is not None and not 0 < spec.sample <= 1:
        raise Invalid("bad_sample", "A sample is a share above 0, at most 1.", at="$.sample",
                      hint='Write "sample": 0.1 for a tenth.')  # fmt: skip
    if persons_as_of(spec) is not None and spec.unit not in ("person", "session"):
        raise Invalid("not_of_persons", f"Who is who matters not to a {spec.unit[:64]!r}.",
                      at="$.persons_as_of", hint='Leave it out, or ask of "person".')  # fmt: skip
    _check_by(spec)


def _check_by(spec: Spec) -> None:
    headings: set[str] = set()
    for i, by in enumerate(spec.by):
        check_split(by, f"$.by[{i}]")
        if heading(by) in headings:
            raise Invalid("same_heading", f"Two groups of values are called {heading(by)[:64]!r}.",
                          at=f"$.by[{i}]", hint='Say "name" beside one of them.')  # fmt: skip
        headings |= {heading(by), null_heading(by)}


def check_unit(spec: Spec) -> None:
    """Raise `Invalid` where the spec's unit is none, whatever the data."""
    if spec.unit not in ("person", "session", "device") and not spec.unit.startswith("group:"):
        raise Invalid("unknown_unit", f"There is no unit {spec.unit[:64]!r}.", at="$.unit",
                      hint=nearest(spec.unit, ("person", "session", "device", "group:company")),
                      )  # fmt: skip


def cohorts_in(spec: Spec) -> Iterator[tuple[Cohort, str]]:
    """The cohorts that the common part names, each with its place."""
    if spec.people is not None:
        yield spec.people, "$.people"
    for i, by in enumerate(spec.by):
        if (cohort := split(by).cohort) is not None:
            yield cohort, f"$.by[{i}].cohort"


def check_cohort(cohort: Cohort, at: str, zone: ZoneInfo, now: Instant) -> None:
    """Raise `Invalid` where a cohort's form, or its times, make no sense."""
    check_form(cohort, at)
    for each, place in parts_of(cohort, at):
        range_within(each, instant_of(each, now, zone, place), zone, place)


def gap_of(spec: Spec) -> int:
    """The microseconds that part sessions; with ``"none"`` nothing does."""
    if spec.session_gap == "none":
        return ENDLESS
    gap = microseconds(spec.session_gap, "$.session_gap")
    if not gap:
        raise Invalid("bad_duration", "Sessions cannot be parted by nothing.", at="$.session_gap",
                      hint='Write "none" where nothing is to part them.')  # fmt: skip
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


def now_of(spec: Spec, asked_at: Instant) -> Instant:
    """The instant that the spec calls now, or ``asked_at``, at the beginning of its minute."""
    own = instant(spec.now, zone_of(spec), "$.now")
    return (asked_at if own is None else own) // times.MINUTE * times.MINUTE


def persons_as_of(spec: Spec) -> Instant | None:
    """The instant as of which ids are one person's; None is now."""
    return instant(spec.persons_as_of, zone_of(spec), "$.persons_as_of")


def end_of(now: Instant) -> Instant:
    """The end of the minute that begins ``now``."""
    return now + times.MINUTE


def range_of(spec: Spec) -> Range:
    """The instants that the spec's ``from`` and ``to`` mean."""
    return range_between(spec.from_, spec.to, zone_of(spec), "$")


def range_between(from_: str | None, to: str | None, zone: ZoneInfo, at: str) -> Range:
    """The instants that a ``from_`` and a ``to`` mean, which stand ``at`` a place of a spec."""
    first, last = instant(from_, zone, f"{at}.from"), instant(to, zone, f"{at}.to")
    return _ordered(first, last, f"{at}.to")


def range_within(said: Cohort, at: Instant, zone: ZoneInfo, place: str = "$") -> Range:
    """The instants that a cohort's ``from``, ``to`` and ``last`` mean when looked at ``at``.

    Nothing lies in a range that begins after ``at``: what is to be done then is not done yet.
    """
    if said.last is not None:
        return Range(at - microseconds(said.last, f"{place}.last"), at)
    first = instant(said.from_, zone, f"{place}.from")
    last = instant(said.to, zone, f"{place}.to")
    _ordered(first, last, f"{place}.to")
    return Range(first, at if last is None else min(last, at))


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


def meant(name: PropertyName, of: Whose) -> PropertyName:
    """``name`` as a property of events, or below `OF_PROFILE` as one of profiles."""
    if of in ("event", "then", "now") or name == ():
        return name
    top, *below = (name,) if isinstance(name, str) else name
    if of.startswith(GROUP):
        top = f"{OF_GROUP}{of.removeprefix(GROUP)}.{top}"
    return (OF_PROFILE, top, *below)


def properties_in(where: Predicate | None, at: str) -> Iterator[tuple[PropertyName, str]]:
    """The properties that a predicate names (`meant`), each with its place."""
    for each, place in () if where is None else predicate.comparisons(where, at):
        assert each.property is not None
        yield meant(each.property, each.of), f"{place}.property"


def check_where(where: Predicate | None, at: str) -> None:
    """Raise `Invalid` where a predicate compares nonsense."""
    if where is not None:
        predicate.check(where, at)


def _literal(by: By) -> By:
    return by if isinstance(by, str | Split) else tuple(by)
