"""How long what is kept: rules by event and property, and what they have go at a moment.

A rule is saved under a name, as JSON::

    {"event": "search", "keep": "90d"}          events of a name
    {"keep": "400d"}                            all events that have no rule of their own
    {"property": "ip_city", "keep": "30d"}      a property's values, in all events or one's
    {"letters": true, "keep": "30d"}            refused events
    {"hold": "2026-01-01"}                      nothing goes that happened from that day on
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ethogram.events.duration import microseconds
from ethogram.events.errors import EthogramError, Invalid
from ethogram.events.event import Instant
from ethogram.events.times import DAY, parse


class RetentionRule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """See the module; either ``keep`` or ``hold`` is said."""

    keep: str | None = None
    event: str | None = None
    property: str | None = None
    letters: bool = False
    hold: str | None = None


class Due(msgspec.Struct, frozen=True):
    """By the rule ``name`` this goes: what happened, or was refused, before ``until``."""

    name: str
    until: Instant
    event: str | None = None
    property: str | None = None
    letters: bool = False


def rule(body: bytes | str | Mapping[str, Any]) -> RetentionRule:
    """The rule in ``body``, JSON or what it decodes to. Raises `Invalid` (``bad_rule``)."""
    try:
        given = msgspec.convert(body, RetentionRule) if isinstance(body, Mapping) else _decode(body)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        message, _, at = str(error).partition(" - at ")
        raise _bad(f"{message}.", at.strip("`") or "$") from None
    if (given.keep is None) == (given.hold is None):
        raise _bad("A rule says how long to keep, or from when to hold.", "$.keep")
    if given.keep is not None and microseconds(given.keep, "$.keep") < DAY:
        raise _bad("Nothing is kept for less than a day.", "$.keep")
    if given.hold is not None:
        parse(given.hold, "$.hold")
    about = given.event is not None or given.property is not None
    if about and (given.letters or given.hold is not None):
        raise _bad("A hold, and a rule of letters, are of all events.", "$.event")
    return given


def due(rules: Mapping[str, RetentionRule], events: Iterable[str], now: Instant) -> list[Due]:
    """What goes ``now``, up to whole days; ``events`` are the names that there are."""
    holds = [parse(each.hold) // DAY * DAY for each in rules.values() if each.hold is not None]
    own = {each.event for each in rules.values() if each.event and each.property is None}
    found: list[Due] = []
    for name, each in sorted(rules.items()):
        if each.keep is None:
            continue
        until = (now - microseconds(each.keep, "$.keep")) // DAY * DAY
        until = min([until, *holds])
        whole = each.event is None and each.property is None and not each.letters
        names = sorted({*events} - own) if whole and own else [each.event]
        found += [Due(name, until, event, each.property, each.letters) for event in names]
    return found


_decode = msgspec.json.Decoder(RetentionRule).decode


def _bad(message: str, at: str) -> EthogramError:
    return Invalid("bad_rule", message, at=at,
                   hint='Write {"event": "search", "keep": "90d"}.')  # fmt: skip
