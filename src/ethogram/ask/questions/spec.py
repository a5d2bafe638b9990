"""What every question's spec has in common."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from ethogram.events import predicate, times
from ethogram.events.errors import Invalid, nearest
from ethogram.events.event import Instant
from ethogram.events.predicate import Predicate

PropertyName: TypeAlias = str | tuple[str, ...]
"""A literal name, or a path into nested objects."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Events called ``event`` (none: any event) for which ``where`` holds."""

    event: str | None = None
    where: Predicate | None = None


class Spec(
    msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag_field="question"
):
    """The common part: which events are looked at, and how the answer is split.

    ``from_`` (written ``from``) is inclusive, ``to`` exclusive, ISO 8601; without an offset they
    are local to ``timezone``. Events for which ``where`` does not hold do not exist. ``by`` names
    the properties whose values split the answer; a missing value is a value of its own.
    """

    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    where: Predicate | None = None
    by: tuple[PropertyName, ...] = ()
    semantics: Literal["default"] = "default"
    timezone: str = "UTC"
    unit: Literal["person"] = "person"

    def __post_init__(self) -> None:
        names = (self.by,) if isinstance(self.by, str) else tuple(map(_literal, self.by))
        msgspec.structs.force_setattr(self, "by", names)


class Range(NamedTuple):
    """Instants from ``first`` (inclusive) to ``last`` (exclusive); None is unbounded."""

    first: Instant | None
    last: Instant | None


def step(said: Step | str) -> Step:
    """A step; a bare text is an event's name."""
    return Step(event=said) if isinstance(said, str) else said


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
    return range_between(spec.from_, spec.to, zone_of(spec), "$")


def range_between(from_: str | None, to: str | None, zone: ZoneInfo, at: str) -> Range:
    """The instants that a ``from_`` and a ``to`` mean, which stand ``at`` a place of a spec."""
    first, last = _instant(from_, zone, f"{at}.from"), _instant(to, zone, f"{at}.to")
    if first is not None and last is not None and first >= last:
        raise Invalid("empty_range", '"from" must lie before "to".', at=f"{at}.to")
    return Range(first, last)


def properties_in(where: Predicate | None, at: str) -> Iterator[tuple[str, str]]:
    """The properties that a predicate names, each with its place."""
    if where is None:
        return
    if where.property is not None:
        name = where.property
        yield (name if isinstance(name, str) else name[0]), f"{at}.property"
    for form, parts in (("all", where.all), ("any", where.any)):
        for i, part in enumerate(parts or ()):
            yield from properties_in(part, f"{at}.{form}[{i}]")
    yield from properties_in(where.not_, f"{at}.not")


def check_where(where: Predicate | None, at: str) -> None:
    """Raise `Invalid` where a predicate compares nonsense."""
    if where is not None:
        predicate.check(where, at)


def _instant(text: str | None, zone: ZoneInfo, at: str) -> Instant | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return times.parse(text, at)
    return times.parse(moment if moment.tzinfo else moment.replace(tzinfo=zone), at)


def _literal(name: PropertyName) -> PropertyName:
    return name if isinstance(name, str) else tuple(name)
