"""A TypeScript module with a type for each planned event, for our tracker and for plain fetch."""

import re
from collections.abc import Iterator

import msgspec

from ethogram.events.plan import Plan, PlannedEvent, PlannedProperty, PropertyType
from ethogram.show.code.names import pascal, quoted, sentence, unique

_TYPES: dict[PropertyType, str] = {
    "text": "string",
    "number": "number",
    "flag": "boolean",
    "time": "Time",
    "json": "Json",
}
_HEAD = """/**
 * What the tracking plan says can be tracked.
 *
 * Written by `ethogram plan code`: change the plan, and write this file anew.
 */

/** A time: ISO 8601, a Unix time, or a date, which is sent as ISO 8601. */
export type Time = string | number | Date;
/** An object or a list. */
export type Json = Record<string, unknown> | readonly unknown[];

/** Whatever tracks, such as what `connect` of `@ethogram/tracker` gives. */
export interface Tracker {
  track(event: string, properties?: Record<string, unknown>): void;
}

/** Who did it, one of the first two, and when. */
export interface Who {
  user_id?: string;
  anonymous_id?: string;
  session_id?: string;
  device_id?: string;
  event_id?: string;
  timestamp?: Time;
  context?: Record<string, unknown>;
}
"""
_TAIL = """/** The properties of an event; they may be left out where none is required. */
type Of<Name extends keyof Events> =
  Record<string, never> extends Events[Name]
    ? [properties?: Events[Name]]
    : [properties: Events[Name]];

/** Track an event that is planned, with the properties that are planned. */
export type Track = <Name extends keyof Events>(event: Name, ...properties: Of<Name>) => void;

/** `tracker`, held to the plan. */
export function planned(tracker: Tracker): Track {
  return (event, ...properties) => tracker.track(event, properties[0]);
}

/** Send one event to the server at `url` under its write `key`; retrying is up to the caller. */
export function send<Name extends keyof Events>(
  url: string,
  key: string,
  who: Who,
  event: Name,
  ...properties: Of<Name>
): Promise<Response> {
  return fetch(`${url}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ ...who, event, properties: properties[0] ?? {} }),
  });
}
"""
_BARE = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_TAKEN = ("Time", "Json", "Tracker", "Who", "Events", "Of", "Track", "Record", "Date", "Promise",
          "Response")  # fmt: skip


def typescript(plan: Plan) -> str:
    """The module for ``plan``; it needs nothing, and passes ``tsc --strict``."""
    names = unique(plan.events, pascal, _TAKEN)
    types = ["\n".join(_shape(names[name], event)) for name, event in plan.events.items()]
    return "\n".join([_HEAD, *types, "\n".join(_events(plan, names)), _TAIL])


def _shape(called: str, event: PlannedEvent) -> Iterator[str]:
    """A type and no interface: those cannot be given where any properties may be."""
    yield from _comment(event.description, "")
    if not event.properties:
        yield f"export type {called} = Record<string, unknown>;\n"
        return
    yield f"export type {called} = {{"
    for name, wanted in event.properties.items():
        yield from _comment(wanted.description, "  ")
        yield f"  {_key(name)}{'' if wanted.required else '?'}: {_type(wanted)};"
    yield "};\n"


def _events(plan: Plan, names: dict[str, str]) -> Iterator[str]:
    yield "/** Everything that is planned, by name. */"
    yield "export interface Events {"
    for name, event in plan.events.items():
        yield from _comment(event.description, "  ")
        yield f"  {_key(name)}: {names[name]};"
    yield "}\n"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else quoted(name)


def _type(wanted: PlannedProperty) -> str:
    if wanted.values:
        return " | ".join(msgspec.json.encode(value).decode() for value in wanted.values)
    return _TYPES[wanted.type]


def _comment(text: str, indent: str) -> Iterator[str]:
    if text:
        yield f"{indent}/** {sentence(text).replace('*/', '* /')} */"
