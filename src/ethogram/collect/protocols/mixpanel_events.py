"""Mixpanel's events: who it is, which ids are one person's, and what else stands in them.

``distinct_id`` is a person's, or a device's where it begins with ``$device:`` or is the
``$device_id`` itself. An event that has ``$user_id`` and ``$device_id`` ties them (Mixpanel's
simplified merge); ``$identify`` ties a person to an id that a client made up, and to no other
(its original merge). Ids leave the properties: they are not kept in the open.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from ethogram.collect.protocols.fields import amount_of, object_of, text_of, time_of
from ethogram.events.errors import Invalid
from ethogram.events.event import EndKind, Event, Exposure, Json, Kind, Link, Source

DEVICE = "$device:"
NOBODY = "mixpanel:nobody"
"""Who did what nobody is said to have done; never counted as a person."""
_KINDS: dict[str, Kind] = {
    "$mp_web_page_view": "page",
    "$identify": "identify",
    "$create_alias": "alias",
    "$merge": "alias",
    "$experiment_started": "exposure",
    "$opt_in": "consent",
}
_KNOWN = frozenset({"event", "properties"})
_MADE_UP = re.compile(r"(?i)[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass(frozen=True)
class Beside:
    """What a request says beside its events; times of ``imported`` ones are as they are."""

    sent_at: int | None = None
    imported: bool = False
    ignores_address: bool = False


@dataclass(frozen=True)
class Ids:
    """The ids that an event or a profile names."""

    user: str | None = None
    anonymous: str | None = None
    device: str | None = None

    @property
    def personless(self) -> bool:
        """Whether it names none."""
        return not (self.user or self.anonymous)


def event_of(message: dict[str, Any], beside: Beside) -> Event:
    """The event that ``message`` says, which is taken apart for it. Raises `Invalid`."""
    name = text_of(message.get("event"), "event") or ""
    properties = object_of(message, "properties")
    kind = _KINDS.get(name, "track")
    said = text_of(properties.pop("distinct_id", None), "properties.distinct_id")
    ids, links = ids_of(said, properties), list[Link]()
    if kind in ("identify", "alias"):
        ids, links = _tied(name, said, ids, properties)
    insert = text_of(properties.pop("$insert_id", None), "properties.$insert_id")
    at = when(properties, "time")
    if at is None and beside.imported and name not in ("$merge", "$create_alias"):
        raise Invalid("missing_field", "Imported events have a time.", at="$.properties.time")
    properties.pop("time", None)
    event = Event(
        event=name,
        kind=kind,
        user_id=ids.user,
        anonymous_id=NOBODY if ids.personless else ids.anonymous,
        device_id=ids.device,
        session_id=text_of(properties.pop("$session_id", None), "properties.$session_id"),
        timestamp=at,
        sent_at=beside.sent_at,
        event_id=insert,
        identity_links=links,
        source=source_of(properties),
        properties=properties,
    )
    event.time_is_true, event.personless = beside.imported, ids.personless
    if insert:
        event.dedup_key = "\0".join([name, _second(at), said or "", insert])
    _add_rare(event, beside)
    if not _KNOWN.issuperset(message):
        rest = {key: value for key, value in message.items() if key not in _KNOWN and value}
        event.x = {"mixpanel": rest} if rest else {}
    return event


def _add_rare(event: Event, beside: Beside) -> None:
    """What only some events' properties say: money, an experiment, consent."""
    said = event.properties
    event.value = _first_amount(said)
    event.currency = _first_text(said, "currency", "$currency", "Currency")
    event.order_id = _first_text(said, "order_id", "Order ID")
    if isinstance(said.get("items"), list):
        event.items = said["items"]
    if event.kind == "exposure":
        event.exposure = _exposure(said)
    elif event.kind == "consent":
        event.consent = {"analytics": True}
    if beside.ignores_address:
        event.ip_policy = "ignore"


def ids_of(distinct: str | None, said: dict[str, Any]) -> Ids:
    """Who is meant by ``distinct`` and the ids beside it, which are taken out of ``said``."""
    device = text_of(said.pop("$device_id", None), "$device_id")
    user = text_of(said.pop("$user_id", None), "$user_id")
    if distinct and (distinct.startswith(DEVICE) or (distinct == device and user is None)):
        return Ids(user, distinct, device)
    return Ids(user or distinct, _device(device) if user and device else None, device)


def _device(device: str) -> str:
    """The distinct id of a device that has none of its own."""
    return device if device.startswith(DEVICE) else DEVICE + device


def _tied(
    name: str, distinct: str | None, ids: Ids, properties: dict[str, Any]
) -> tuple[Ids, list[Link]]:
    """(who it is, the link) of an event that says which ids are one person's."""
    if name == "$merge":
        pair = properties.pop("$distinct_ids", None)
        if not isinstance(pair, list) or len(pair) != 2:
            raise Invalid("wrong_type", "Two ids are merged.", at="$.properties.$distinct_ids")
        one, other = (text_of(each, "properties.$distinct_ids") or "" for each in pair)
        return ids_of(one, {}), [Link("merge", other, one, False, _kind(other), _kind(one))]
    if name == "$create_alias":
        alias = text_of(properties.pop("alias", None), "properties.alias")
        if not (alias and distinct) or alias == distinct:
            return ids, []
        return ids, [Link("alias", alias, distinct, True, _kind(alias), _kind(distinct))]
    user = text_of(properties.pop("$identified_id", None), "properties.$identified_id") or distinct
    said = [properties.pop(each, None) for each in ("$anon_distinct_id", "$anon_id")]
    before = text_of(said[0] or said[1], "properties.$anon_distinct_id")
    if not (user and before) or user == before or not _is_made_up(before, ids):
        return Ids(user or ids.user, ids.anonymous, ids.device), []
    link = Link("identify", before, user, a_kind="anonymous" if _is_device(before) else "user")
    return Ids(user, before, ids.device), [link]


def _kind(id_: str) -> EndKind:
    return "anonymous" if _is_device(id_) else "either"


def _is_device(id_: str) -> bool:
    return id_.startswith(DEVICE)


def _is_made_up(id_: str, ids: Ids) -> bool:
    """Whether a client made it up; two people's ids are no reason to take them for one."""
    return _is_device(id_) or id_ == ids.device or _MADE_UP.fullmatch(id_) is not None


def when(said: dict[str, Any], name: str) -> str | int | float | None:
    """A time as it was said; digits are a number."""
    at = time_of(said, name)
    if isinstance(at, str) and at.isdecimal() and len(at) < 20:
        return int(at)
    return None if at == "" else at


def _second(at: str | int | float | None) -> str:
    """A time as Mixpanel's export says it, which knows no parts of a second."""
    if isinstance(at, int | float) and math.isfinite(at):
        return str(int(at // 1000 if abs(at) >= 1e11 else at))
    return str(at)


def source_of(properties: dict[str, Any]) -> Source:
    """Which client says so; its key is no property."""
    if isinstance(properties.get("token"), str):
        del properties["token"]
    return Source(
        "mixpanel",
        sdk=_first_text(properties, "mp_lib") or "",
        sdk_version=_first_text(properties, "$lib_version") or "",
    )


def _first_amount(properties: dict[str, Any]) -> float | None:
    for name in ("revenue", "$revenue", "Revenue", "$amount"):
        if name in properties:
            return amount_of(properties[name])
    return None


def _first_text(properties: dict[str, Any], *names: str) -> str | None:
    for name in names:
        said = properties.get(name)
        if isinstance(said, str) and len(said) <= 200:
            return said
    return None


def _exposure(properties: dict[str, Json]) -> Exposure | None:
    flag, variant = properties.get("Experiment name"), properties.get("Variant name")
    if not isinstance(flag, str):
        return None
    return Exposure(flag, variant=variant if isinstance(variant, str) else None, value=variant)
