"""The tracking plan: which events there are, and what their properties look like.

A plan is data, in TOML or JSON::

    mode = "warn"                       # off, warn or reject; an event may have its own
    closed = true                       # an event that is not planned is a finding
    sealed = ["company"]                # these properties are personal in every event

    [events.cart]
    description = "Something was put into the cart."
    properties.price = { type = "number", required = true }
    properties.currency = { type = "text", values = ["EUR", "USD"] }
    properties.email = { type = "text", personal = true }

A finding never holds a property's value, and an event's name only where it is the plan's or
reads like an identifier: others may be personal.
"""

import tomllib
from functools import cached_property
from typing import Any, Literal, TypeAlias, TypeVar, get_args

import msgspec

from ethogram.events import times
from ethogram.events.errors import Invalid, nearest
from ethogram.events.event import Event, Json
from ethogram.events.repeated import repeatable

Mode: TypeAlias = Literal["off", "warn", "reject"]
PropertyType: TypeAlias = Literal["text", "number", "flag", "time", "json"]
T = TypeVar("T", bound=msgspec.Struct)

_CLASSES: dict[PropertyType, frozenset[type]] = {
    "text": frozenset({str}),
    "number": frozenset({int, float}),
    "flag": frozenset({bool}),
    "time": frozenset({str, int, float}),
    "json": frozenset({dict, list}),
}
_HINTS: dict[PropertyType, str] = {
    "text": 'Send a text, such as "EUR".',
    "number": "Send a number, such as 20, without quotation marks.",
    "flag": "Send true or false, without quotation marks.",
    "time": 'Send ISO 8601, such as "2026-03-01T12:00:00Z", or a Unix time.',
    "json": "Send an object or a list.",
}
_SAID = {str: "a text", int: "a number", float: "a number", bool: "a flag", dict: "an object"}


class PlannedProperty(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a property's value must be; null counts as not there.

    ``json`` is an object or a list. ``values`` are the only ones allowed, where there are any.
    With a ``purpose`` it is kept only of persons who gave that.
    """

    type: PropertyType
    description: str = ""
    required: bool = False
    values: tuple[str | int | float | bool, ...] = ()
    personal: bool = False
    purpose: str = ""


class PlannedEvent(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An event's schema; properties that it does not name are allowed.

    With a ``purpose`` it is kept only of persons who gave that.
    """

    description: str = ""
    mode: Mode | None = None
    purpose: str = ""
    properties: dict[str, PlannedProperty] = {}


class Finding(msgspec.Struct, frozen=True):
    """How an event departs from the plan: a stable code, what is wrong, where, what to do."""

    code: str
    message: str
    at: str
    hint: str


Rule: TypeAlias = tuple[str, bool, frozenset[type], bool, frozenset[Any] | None]
"""Name, required, the classes its value may have, whether it is a time, the values allowed."""


class Plan(msgspec.Struct, frozen=True, dict=True, omit_defaults=True, forbid_unknown_fields=True):
    """Event schemas by name; ``closed`` means that there are no other events.

    Properties that are ``sealed`` are personal in every event.
    """

    mode: Mode = "warn"
    closed: bool = False
    sealed: tuple[str, ...] = ()
    events: dict[str, PlannedEvent] = {}

    @cached_property
    def rules(self) -> dict[str, tuple[Rule, ...]]:
        """What `check` goes through, by event; events whose mode is off are not there."""
        checked = {name: event for name, event in self.events.items() if mode(self, name) != "off"}
        return {
            name: tuple(_rule(key, wanted) for key, wanted in event.properties.items())
            for name, event in checked.items()
        }

    @cached_property
    def personal(self) -> dict[str, frozenset[str]]:
        """The personal properties by event, for those that are planned."""
        own = (
            (name, [key for key, wanted in event.properties.items() if wanted.personal])
            for name, event in self.events.items()
        )
        return {name: self.everywhere.union(keys) for name, keys in own}

    @cached_property
    def everywhere(self) -> frozenset[str]:
        """The properties that are personal in every event."""
        return frozenset(self.sealed)


def read(source: str | bytes, form: Literal["toml", "json"] = "toml") -> Plan:
    """The plan written in ``source``.

    Raises `Invalid` (``bad_plan``) with the place, such as ``$.events.cart.properties.price``.
    """
    text = source if isinstance(source, str) else source.decode(errors="replace")
    try:
        raw: Json = tomllib.loads(text) if form == "toml" else msgspec.json.decode(text)
    except (tomllib.TOMLDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise Invalid("bad_plan", f"This is not {form.upper()}: {error}.", at="$") from None
    outline = _converted(raw, _Outline, "$")
    events = {name: _event(event, f"$.events.{name}") for name, event in outline.events.items()}
    return Plan(outline.mode, outline.closed, outline.sealed, events)


def mode(plan: Plan, event: str) -> Mode:
    """What is to be done about findings in events called ``event``: its own mode or the plan's."""
    planned = plan.events.get(event)
    return plan.mode if planned is None or planned.mode is None else planned.mode


def personal(plan: Plan, event: str) -> frozenset[str]:
    """The properties of ``event`` that name a person and are sealed, whatever the mode."""
    return plan.personal.get(event, plan.everywhere)


def check(event: Event, plan: Plan) -> list[Finding]:
    """How ``event`` departs from ``plan``; nothing where the mode is off.

    Codes are ``unplanned_event``, ``missing_property``, ``wrong_type``, ``value_not_allowed``.

    >>> plan = read('events.cart.properties.price = { type = "number", required = true }')
    >>> [(finding.code, finding.at) for finding in check(Event("cart"), plan)]
    [('missing_property', '$.properties.price')]
    """
    rules = plan.rules.get(event.event)
    if rules is None:
        return [unplanned(event.event, plan)] if is_refused(event.event, plan) else []
    findings: list[Finding] = []
    value_of = event.properties.get
    for name, required, classes, is_time, allowed in rules:
        value = value_of(name)
        if value is None:
            if required:
                findings.append(missing(name))
        elif value.__class__ not in classes or (is_time and not means_time(value)):
            wanted = plan.events[event.event].properties[name].type
            findings.append(wrong_type(name, value.__class__, wanted))
        elif allowed is not None and value not in allowed:
            findings.append(not_allowed(name, allowed))
    return findings


def is_refused(event: str, plan: Plan) -> bool:
    """Whether ``plan`` is closed to events called ``event``."""
    return plan.closed and plan.mode != "off" and event not in plan.events


def means_time(value: str | int | float) -> bool:
    """Whether ``value`` is a time, as a client may write one."""
    try:
        times.parse(value)
    except Invalid:
        return False
    return True


def unplanned(event: str, plan: Plan) -> Finding:
    """``unplanned_event``: a closed plan has no event called ``event``."""
    said = f"event {event!r}" if repeatable(event) else "such event"
    hint = nearest(event, plan.events)
    return Finding("unplanned_event", f"The tracking plan has no {said}.", "$.event", hint)


def missing(name: str) -> Finding:
    """``missing_property``: the required property ``name`` is not there, or null."""
    message = f"The property {name!r} is required and is not there."
    return Finding("missing_property", message, f"$.properties.{name}", "Send it with a value.")


def wrong_type(name: str, sent: type, wanted: PropertyType) -> Finding:
    """``wrong_type``: the property ``name`` is of the class ``sent``, or no time."""
    message = f"The property {name!r} is {_SAID.get(sent, 'a list')}, not of type {wanted}."
    return Finding("wrong_type", message, f"$.properties.{name}", _HINTS[wanted])


def not_allowed(name: str, allowed: frozenset[Any]) -> Finding:
    """``value_not_allowed``: the property ``name`` has another value than ``allowed``."""
    message = f"The property {name!r} has a value that the tracking plan does not allow."
    hint = f"Allowed are: {', '.join(sorted(map(str, allowed)))}."
    return Finding("value_not_allowed", message, f"$.properties.{name}", hint)


class _Outline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan whose events are not looked into yet, so that an error can say where it is."""

    mode: Mode = "warn"
    closed: bool = False
    sealed: tuple[str, ...] = ()
    events: dict[str, dict[str, Json]] = {}


def _converted(raw: Json, wanted: type[T], at: str) -> T:
    try:
        return msgspec.convert(raw, wanted)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        at += place.rstrip("`")
        raise Invalid("bad_plan", f"{message}.", at=at, hint=_known(message, at, wanted)) from None


def _known(message: str, at: str, wanted: type[msgspec.Struct]) -> str:
    """A hint for a word that is none of those that may stand there."""
    if "unknown field" in message:
        said = message.partition("`")[2][:-1]
        return nearest(said, [field.name for field in msgspec.structs.fields(wanted)])
    if "enum value" in message:
        said = message.partition("'")[2][:-1]
        return nearest(said, _WORDS[at.rpartition(".")[2]])
    return ""


_WORDS: dict[str, tuple[str, ...]] = {"mode": get_args(Mode), "type": get_args(PropertyType)}


def _event(raw: dict[str, Json], at: str) -> PlannedEvent:
    properties = raw.get("properties", {})
    if isinstance(properties, dict):
        planned = {
            key: _property(value, f"{at}.properties.{key}") for key, value in properties.items()
        }
        raw = raw | {"properties": planned}
    return _converted(raw, PlannedEvent, at)


def _property(raw: Json, at: str) -> PlannedProperty:
    wanted = _converted(raw, PlannedProperty, at)
    classes = _CLASSES[wanted.type]
    strange = [value for value in wanted.values if value.__class__ not in classes]
    if strange:
        message = f"{strange[0]!r} can never be allowed: it is not of the type {wanted.type}."
        raise Invalid("bad_plan", message, at=f"{at}.values")
    return wanted


def _rule(name: str, wanted: PlannedProperty) -> Rule:
    allowed = frozenset(wanted.values) if wanted.values else None
    return name, wanted.required, _CLASSES[wanted.type], wanted.type == "time", allowed
